"""Consultation requests: what visitors ask for, what staff do with it, and the messages that tell both. No Rasa."""
