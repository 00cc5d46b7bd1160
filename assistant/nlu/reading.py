"""The text that the components read: the message as typed, or with its spelling mended."""

from __future__ import annotations

from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

READING = "clinic_reading"  # the message key of the mended text; the visitor's own words stay as they are


def reading(message: Message) -> str:
    """What a message says, as far as spelling goes."""
    return message.get(READING) or message.get(TEXT) or ""
