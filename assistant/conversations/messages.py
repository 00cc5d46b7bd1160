"""A message as visitor and staff read it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

VISITOR, ASSISTANT, STAFF = "visitor", "assistant", "staff"
UP, DOWN = "up", "down"
FALLBACK_ANSWERS = frozenset({"utter_fallback", "utter_followup_not_covered", "utter_tell_side_effect"})
_QUESTION = "utter_ask_"
_FORM_QUESTIONS = ("utter_ask_booking_", "utter_ask_change_")


@dataclass(frozen=True)
class Message:
    """One message of a conversation.

    Attributes:
        number: its place in the conversation, from 1; None while the database could not store it.
        key: names it for good: of a visitor's message the id that their browser gave it.
        at: unix seconds.
        action: the answer's name in `domain.yml`; None for what a person said.
        source: the section of the clinic's article that the answer rests on.
        danger: the kind of danger that it is an answer to.
        booking: the reference of the consultation request that it confirms.
        name: of the member of staff who wrote it.
    """

    number: int | None
    key: str
    author: str
    text: str
    at: float
    buttons: tuple[Mapping[str, str], ...] = ()
    action: str | None = None
    source: str | None = None
    danger: str | None = None
    booking: str | None = None
    name: str | None = None
    rating: str | None = None

    @property
    def rateable(self) -> bool:
        """Whether it answers something that the visitor wanted to know."""
        return is_rateable(self.action)

    def as_row(self, conversation_id: str) -> dict[str, Any]:
        """Its row in the table of messages."""
        row = asdict(self) | {
            "conversation_id": conversation_id,
            "buttons": json.dumps(self.buttons) if self.buttons else None,
        }
        del row["rating"]
        return row

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Message:
        """The message of a row; `rating` may be joined to it."""
        fields = {name: row[name] for name in cls.__dataclass_fields__ if name in row}
        return cls(**fields | {"buttons": tuple(json.loads(row["buttons"] or "[]"))})

    def numbered(self, number: int | None) -> Message:
        """The same message with its place in the conversation."""
        return replace(self, number=number)

    def for_visitor(self) -> dict[str, Any]:
        """What the visitor's browser is told."""
        return {
            "id": self.number,
            "key": self.key,
            "from": self.author,
            "name": self.name,
            "text": self.text,
            "at": self.at,
            "buttons": [dict(button) for button in self.buttons],
            "source": self.source,
            "danger": self.danger,
            "booking": self.booking,
            "rateable": self.rateable,
            "rating": self.rating,
        }


def is_rateable(action: str | None) -> bool:
    """Whether an answer of this name answers something that the visitor wanted to know."""
    action = action or ""
    return action in FALLBACK_ANSWERS or (action.startswith(_QUESTION) and not action.startswith(_FORM_QUESTIONS))
