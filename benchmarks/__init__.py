"""Measurements: each one a command that prints a table."""
