"""One conversation as staff read it.

`transcript(session, conversation_id)` is all of it; `news(session, conversation_id, after)` is what was said since, for
those who watch. `names` are what the visitor was called in forms: whoever masks personal data has to know them. An
event or a field that cannot be read is left out, and the conversation says so (`is_damaged`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from assistant.conversations import addresses, deliveries
from assistant.conversations.addresses import Optout
from assistant.conversations.lines import Line, StaffNote, read_json, read_lines, read_notes
from assistant.conversations.models import Conversation, Event, Tag
from assistant.conversations.sealing import opened_event

_CONVERSATIONS, _EVENTS, _TAGS = Conversation.__table__, Event.__table__, Tag.__table__
_MOST_NEWS = 200  # messages at once
_NAME_SLOT = "booking_name"


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
class Origin:
    """What an answer came from.

    Attributes:
        facts: ids of the statements of the article that it rests on; None: it is no answer to a question.
        model: the id of the model that was live.
    """

    facts: tuple[str, ...] | None
    model: str


@dataclass(frozen=True)
class Messaging:
    """How a conversation on a messaging channel stands with the platform.

    Attributes:
        optout: the visitor wants no more messages.
        failed: why messages did not reach the visitor, by their number.
        waiting: messages that have not gone out yet.
    """

    optout: Optout | None = None
    failed: Mapping[int, str] = field(default_factory=dict)
    waiting: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Transcript:
    """A whole conversation.

    Attributes:
        notes: those about no single message.
        origins: of the assistant's messages, by number.
    """

    standing: Standing
    lines: tuple[Line, ...]
    tags: tuple[str, ...]
    notes: tuple[StaffNote, ...]
    is_damaged: bool
    names: tuple[str, ...] = ()
    origins: Mapping[int, Origin] = field(default_factory=dict)
    messaging: Messaging = Messaging()


@dataclass(frozen=True)
class News:
    """What has been said after a message, and where the conversation stands now."""

    standing: Standing
    lines: tuple[Line, ...]
    names: tuple[str, ...] = ()
    origins: Mapping[int, Origin] = field(default_factory=dict)
    messaging: Messaging = Messaging()


@dataclass
class _Told:
    """What of a conversation stands in its events only.

    Attributes:
        slots: what was noted down, by the key of the message before it.
        origins: by moment and text of the answer.
    """

    slots: dict[str, dict[str, Any]] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    origins: dict[tuple[float, str], Origin] = field(default_factory=dict)
    is_damaged: bool = False

    def of(self, lines: tuple[Line, ...]) -> dict[int, Origin]:
        """The origins of messages, by number."""
        found = ((line.message.number or 0, self.origins.get((line.message.at, line.message.text))) for line in lines)
        return {number: origin for number, origin in found if origin}


def transcript(session: Session, conversation_id: str) -> Transcript | None:
    """A conversation with all that was said; None if there is no such conversation, or it was deleted."""
    standing = _standing(session, conversation_id)
    if standing is None:
        return None
    told = _told(session, conversation_id)
    notes = read_notes(session, conversation_id)
    lines = read_lines(session, conversation_id, 0, None, told.slots, notes)
    tags = sa.select(_TAGS.c.tag).where(_TAGS.c.conversation_id == conversation_id).order_by(_TAGS.c.tag)
    return Transcript(
        standing,
        lines,
        tuple(session.execute(tags).scalars()),
        tuple(notes.get(None, ())),
        told.is_damaged or any(line.is_damaged for line in lines),
        tuple(told.names),
        told.of(lines),
        _messaging(session, conversation_id),
    )


def news(session: Session, conversation_id: str, after: int) -> News | None:
    """What was said after a message, at most 200 messages. None if the conversation is gone."""
    standing = _standing(session, conversation_id)
    if standing is None:
        return None
    if standing.message_count <= after:
        return News(standing, ())
    told = _told(session, conversation_id)
    notes = read_notes(session, conversation_id)
    lines = read_lines(session, conversation_id, after, _MOST_NEWS, told.slots, notes)
    return News(standing, lines, tuple(told.names), told.of(lines), _messaging(session, conversation_id))


def _standing(session: Session, conversation_id: str) -> Standing | None:
    query = sa.select(*(_CONVERSATIONS.c[name] for name in Standing.__dataclass_fields__))
    row = session.execute(query.where(_CONVERSATIONS.c.id == conversation_id)).mappings().first()
    return Standing(**row) if row else None


def _messaging(session: Session, conversation_id: str) -> Messaging:
    return Messaging(
        addresses.opted_out(session, conversation_id),
        deliveries.troubles(session, conversation_id),
        frozenset(deliveries.waiting(session, conversation_id)),
    )


def _told(session: Session, conversation_id: str) -> _Told:
    columns = (_EVENTS.c.seq, _EVENTS.c.type_name, _EVENTS.c.data)
    query = sa.select(*columns).where(_EVENTS.c.sender_id == conversation_id).order_by(_EVENTS.c.seq)
    damage: list[str] = []
    told = _Told()
    key = ""
    for row in session.execute(query):
        event = read_json(row.data, dict, damage)
        if event.get("event") != row.type_name:
            damage.append("event")
        elif row.type_name == "user":
            key = str(event.get("message_id") or f"e{row.seq}")
        elif row.type_name == "slot" and event.get("name"):
            name, value = str(event["name"]), _value(event, damage)
            told.slots.setdefault(key, {})[name] = value
            if name == _NAME_SLOT and isinstance(value, str) and value and value not in told.names:
                told.names.append(value)
        elif row.type_name == "bot":
            told.origins[_moment(event), str(event.get("text") or "")] = _origin(event)
    told.is_damaged = bool(damage)
    return told


def _value(event: Mapping[str, Any], damage: list[str]) -> Any:
    try:
        return opened_event(event).get("value")
    except ValueError:  # encrypted with a key that is gone
        damage.append("slot")
        return None


def _origin(event: Mapping[str, Any]) -> Origin:
    metadata = event.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    about = metadata.get("metadata")
    facts = about.get("facts") if isinstance(about, dict) else None
    known = tuple(str(fact) for fact in facts) if isinstance(facts, list) else None
    return Origin(known, str(metadata.get("model_id") or ""))


def _moment(event: Mapping[str, Any]) -> float:
    at = event.get("timestamp")
    return float(at) if isinstance(at, (int, float)) else 0.0
