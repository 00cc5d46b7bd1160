"""One conversation as staff read it.

`transcript(session, conversation_id)` is all of it; `news(session, conversation_id, after)` is what was said since, for
those who watch. An event or a field that cannot be read is left out, and the conversation says so (`is_damaged`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from assistant.conversations.lines import Line, StaffNote, read_json, read_lines, read_notes
from assistant.conversations.models import Conversation, Event, Tag

_CONVERSATIONS, _EVENTS, _TAGS = Conversation.__table__, Event.__table__, Tag.__table__
_MOST_NEWS = 200  # messages at once


@dataclass(frozen=True)
class Standing:
    """Who looks after a conversation, and how far it is."""

    id: str
    channel: str
    started_at: float
    last_at: float
    message_count: int
    lowest_confidence: float | None
    booking_reference: str | None
    assigned_to: str | None
    assigned_by: str | None
    assigned_at: float | None
    reviewed_at: float | None
    reviewed_by: str | None
    taken_by: str | None
    taken_until: float
    busy_until: float

    @property
    def is_reviewed(self) -> bool:
        """Whether somebody has reviewed all that was said."""
        return self.reviewed_at is not None and self.reviewed_at >= self.last_at


@dataclass(frozen=True)
class Transcript:
    """A whole conversation; `notes` are those about no single message."""

    standing: Standing
    lines: tuple[Line, ...]
    tags: tuple[str, ...]
    notes: tuple[StaffNote, ...]
    is_damaged: bool


@dataclass(frozen=True)
class News:
    """What has been said after a message, and where the conversation stands now."""

    standing: Standing
    lines: tuple[Line, ...]


def transcript(session: Session, conversation_id: str) -> Transcript | None:
    """A conversation with all that was said; None if there is no such conversation, or it was deleted."""
    standing = _standing(session, conversation_id)
    if standing is None:
        return None
    slots, events_damaged = _slots(session, conversation_id)
    notes = read_notes(session, conversation_id)
    lines = read_lines(session, conversation_id, 0, None, slots, notes)
    tags = sa.select(_TAGS.c.tag).where(_TAGS.c.conversation_id == conversation_id).order_by(_TAGS.c.tag)
    return Transcript(
        standing,
        lines,
        tuple(session.execute(tags).scalars()),
        tuple(notes.get(None, ())),
        events_damaged or any(line.is_damaged for line in lines),
    )


def news(session: Session, conversation_id: str, after: int) -> News | None:
    """What was said after a message, at most 200 messages; without slots. None if the conversation is gone."""
    standing = _standing(session, conversation_id)
    if standing is None:
        return None
    if standing.message_count <= after:
        return News(standing, ())
    notes = read_notes(session, conversation_id)
    return News(standing, read_lines(session, conversation_id, after, _MOST_NEWS, {}, notes))


def _standing(session: Session, conversation_id: str) -> Standing | None:
    query = sa.select(*(_CONVERSATIONS.c[name] for name in Standing.__dataclass_fields__))
    row = session.execute(query.where(_CONVERSATIONS.c.id == conversation_id)).mappings().first()
    return Standing(**row) if row else None


def _slots(session: Session, conversation_id: str) -> tuple[dict[str, dict[str, Any]], bool]:
    """What was noted down, by the key of the message before it; and whether an event could not be read."""
    columns = (_EVENTS.c.seq, _EVENTS.c.type_name, _EVENTS.c.data)
    query = sa.select(*columns).where(_EVENTS.c.sender_id == conversation_id).order_by(_EVENTS.c.seq)
    damage: list[str] = []
    slots: dict[str, dict[str, Any]] = {}
    key = ""
    for row in session.execute(query):
        event = read_json(row.data, dict, damage)
        if event.get("event") == "user":
            key = str(event.get("message_id") or f"e{row.seq}")
        elif event.get("event") == "slot" and event.get("name"):
            slots.setdefault(key, {})[str(event["name"])] = event.get("value")
        elif event.get("event") != row.type_name:
            damage.append("event")
    return slots, bool(damage)
