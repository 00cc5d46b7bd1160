"""How long a visitor waits for the action server."""

from __future__ import annotations

from rasa.core.actions import action

PATIENCE = 4  # seconds; Rasa itself waits five minutes, and has no setting for it


def limit_waiting() -> None:
    """Let Rasa give up on the action server soon enough to tell the visitor."""
    action.DEFAULT_REQUEST_TIMEOUT = PATIENCE
