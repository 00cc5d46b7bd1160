"""Rasa policies of the assistant: what is said next."""
