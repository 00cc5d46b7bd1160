"""Writes a turn: its events and all that is read from them, in one transaction."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row
from sqlalchemy.orm import Session

from assistant.conversations import alerts
from assistant.conversations.daily import note_late
from assistant.conversations.lean import lean_event
from assistant.conversations.messages import VISITOR, Message
from assistant.conversations.models import (
    Conversation,
    Deleted,
    Event,
    Flag,
    InboxMessage,
    Prediction,
    Replayed,
)
from assistant.conversations.models import Message as MessageRow
from assistant.conversations.projection import Projection
from assistant.conversations.sealing import stored_event, stored_text, vault

_EVENTS, _CONVERSATIONS, _MESSAGES = Event.__table__, Conversation.__table__, MessageRow.__table__
_PREDICTIONS, _FLAGS, _INBOX = Prediction.__table__, Flag.__table__, InboxMessage.__table__
_WORDS = ("events", "window", "known")  # of a turn
_DELETED, _REPLAYED = Deleted.__table__, Replayed.__table__


class ConversationDeleted(Exception):
    """Its visitor deleted the conversation: nothing more is written to it."""


@dataclass(frozen=True)
class Window:
    """Where the next turn begins to read.

    Attributes:
        seq: the first event that it reads.
        snapshot: events that stand for all before it.
    """

    seq: int
    snapshot: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class Turn:
    """The new events of a conversation.

    Attributes:
        first_seq: how many events the conversation had when the turn began, as far as the writer knew; None: unknown.
        window: where the next turn begins to read, if that changes.
        turn_id: makes sure that a turn which waited in the spool is written once.
        known: names and addresses that the visitor gave in a form: they go into no text that is stored.
    """

    conversation_id: str
    events: Sequence[Mapping[str, Any]]
    first_seq: int | None
    window: Window | None = None
    turn_id: str = field(default_factory=lambda: secrets.token_hex(16))
    known: Sequence[str] = ()

    def as_json(self) -> str:
        """The turn as a line of text, in which the words are encrypted."""
        fields = asdict(self)
        words = {name: fields.pop(name) for name in _WORDS}
        return json.dumps(fields | {"sealed": vault().seal(json.dumps(words))})

    def stored(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """An event of the turn as it is stored."""
        return lean_event(stored_event(event, self.known))

    def renamed(self) -> Turn:
        """The same turn with other ids of its messages."""
        events = [dict(event) for event in self.events]
        for event in events:
            if event.get("message_id"):
                event["message_id"] = f"{event['message_id']}~{self.turn_id[:8]}"
        return replace(self, events=events)

    @classmethod
    def of_json(cls, line: str) -> Turn:
        """The turn of a line."""
        fields = json.loads(line)
        if "sealed" in fields:
            fields |= json.loads(vault().open(fields.pop("sealed")))
        window = fields.pop("window")
        return cls(**fields, window=Window(**window) if window else None)


@dataclass(frozen=True)
class Written:
    """What became of a turn.

    Attributes:
        alone: whether no other process has added events meanwhile: what the writer knows is all there is.
    """

    messages: Sequence[Message]
    event_count: int
    alone: bool


def write_turn(session: Session, turn: Turn, replayed: bool = False) -> Written:
    """Add a turn to its conversation.

    Raises: ConversationDeleted.
    """
    connection = session.connection()
    row = _locked(connection, turn.conversation_id)
    projection = Projection(row.message_count + 1, row.event_count).add(turn.events)
    alone = turn.first_seq == row.event_count
    _insert(
        connection,
        _EVENTS,
        [event_row(turn.conversation_id, row.event_count + i, turn.stored(e)) for i, e in enumerate(turn.events)],
    )
    insert_read_model(connection, turn.conversation_id, projection, turn.known)
    alerts.enqueue(connection, turn.conversation_id, projection.flags, time.time())
    note_late(connection, (message.at for message in projection.messages), time.time())
    _answer_inbox(connection, turn)
    if replayed:
        connection.execute(_REPLAYED.insert().values(turn_id=turn.turn_id, at=time.time()))
    values: dict[str, Any] = {
        "channel": projection.channel or row.channel,
        "last_at": max(row.last_at, projection.last_at),
        "event_count": projection.next_seq,
        "message_count": projection.next_number - 1,
        "booking_reference": projection.booking_reference or row.booking_reference,
        "lowest_confidence": _lowest(row.lowest_confidence, projection.lowest_confidence),
    }
    if turn.window and alone:
        values |= {
            "window_seq": turn.window.seq,
            "snapshot": json.dumps([turn.stored(e) for e in turn.window.snapshot]) if turn.window.snapshot else None,
        }
    connection.execute(_CONVERSATIONS.update().where(_CONVERSATIONS.c.id == turn.conversation_id).values(values))
    return Written(projection.messages, projection.next_seq, alone)


def insert_read_model(
    connection: Connection, conversation_id: str, projection: Projection, known: Collection[str] = ()
) -> None:
    """Add what a projection has found to the tables of messages, predictions and flags, without personal details."""
    of_it = {"conversation_id": conversation_id}
    texts = [stored_text(message.text, message.author == VISITOR, known) for message in projection.messages]
    messages = [replace(message, text=text) for message, text in zip(projection.messages, texts)]
    _insert(connection, _MESSAGES, [message.as_row(conversation_id) for message in messages])
    _insert(
        connection,
        _PREDICTIONS,
        [
            of_it
            | {
                "number": one.number,
                "intent": one.intent,
                "confidence": one.confidence,
                "runners_up": json.dumps(one.runners_up),
                "actions": json.dumps(one.actions),
            }
            for one in projection.predictions
        ],
    )
    _insert(connection, _FLAGS, [of_it | asdict(flag) for flag in projection.flags])


def is_replayed(session: Session, turn: Turn) -> bool:
    """Whether a turn from the spool is in the database already."""
    query = sa.select(_REPLAYED.c.turn_id).where(_REPLAYED.c.turn_id == turn.turn_id)
    return session.execute(query).first() is not None


def ensure_conversation(connection: Connection, conversation_id: str, channel: str, now: float) -> None:
    """Make the row of a conversation that has none.

    Raises: ConversationDeleted.
    """
    query = sa.select(_DELETED.c.conversation_id).where(_DELETED.c.conversation_id == conversation_id)
    if connection.execute(query).first():
        raise ConversationDeleted
    new = {
        "id": conversation_id,
        "channel": channel,
        "started_at": now,
        "last_at": now,
        "event_count": 0,
        "message_count": 0,
        "window_seq": 0,
        "busy_until": 0.0,
    }
    connection.execute(insert_or_leave(connection, _CONVERSATIONS).values(new))


def insert_or_leave(connection: Connection, table: sa.Table) -> Any:
    """An insert that leaves a row alone which another process has just made."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert
    else:
        from sqlalchemy.dialects.sqlite import insert
    return insert(table).on_conflict_do_nothing()


def _locked(connection: Connection, conversation_id: str) -> Row:
    """The conversation's row, kept from other writers until the transaction ends."""
    query = sa.select(_CONVERSATIONS).where(_CONVERSATIONS.c.id == conversation_id).with_for_update()
    row = connection.execute(query).first()
    if row is None:
        ensure_conversation(connection, conversation_id, "", time.time())
        row = connection.execute(query).one()
    return row


def _answer_inbox(connection: Connection, turn: Turn) -> None:
    """Note that the messages of this turn are answered: were it a transaction of its own, a crash could double them."""
    answered = [event["message_id"] for event in turn.events if event["event"] == "user" and event.get("message_id")]
    if answered:
        connection.execute(
            _INBOX.update()
            .where(_INBOX.c.conversation_id == turn.conversation_id, _INBOX.c.client_id.in_(answered))
            .values(answered_at=time.time(), text="")
        )


def event_row(conversation_id: str, seq: int, event: Mapping[str, Any]) -> dict[str, Any]:
    """An event as its table has it."""
    return {
        "sender_id": conversation_id,
        "seq": seq,
        "type_name": event["event"],
        "timestamp": event.get("timestamp"),
        "intent_name": (event.get("parse_data") or {}).get("intent", {}).get("name"),
        "action_name": event.get("name"),
        "data": json.dumps(event),
    }


def _insert(connection: Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(table.insert(), rows)


def _lowest(*values: float | None) -> float | None:
    return min((value for value in values if value is not None), default=None)
