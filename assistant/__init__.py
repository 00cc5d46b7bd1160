"""What runs inside the Rasa server: NLU components, answers, channels, safety, settings."""
