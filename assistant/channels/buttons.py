"""Which buttons a conversation was shown: no other payload is obeyed."""

from __future__ import annotations

from rasa.shared.core.events import BotUttered
from rasa.shared.core.trackers import DialogueStateTracker


def button_title(tracker: DialogueStateTracker, payload: str) -> str | None:
    """What stood on the button with this payload that the conversation was shown; None if it was shown none."""
    shown = (event.data.get("buttons") or [] for event in tracker.events if isinstance(event, BotUttered))
    fitting = (button for buttons in shown for button in buttons if button.get("payload") == payload)
    return next((str(button.get("title")) for button in fitting), None)
