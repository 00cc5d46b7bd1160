"""Rasa NLU components of the assistant; `config.yml` names them by module path."""
