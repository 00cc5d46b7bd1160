"""Measures the safety gate, and writes the page that the clinic publishes about it."""
