"""Teaches the assistant what reviewers say: trains, evaluates and puts live, or goes back. No web server here."""
