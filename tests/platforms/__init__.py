"""Stands in for the messaging platforms: their APIs with documented limits and errors, and their signed requests."""
