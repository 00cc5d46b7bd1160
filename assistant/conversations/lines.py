"""A message as staff read it: beside it how it was understood, why it is flagged, and what staff think of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from assistant.conversations.messages import VISITOR, Message
from assistant.conversations.models import Acknowledgement, Feedback, Flag, Note, Prediction, Verdict
from assistant.conversations.models import Message as MessageRow

_MESSAGES, _PREDICTIONS, _FLAGS = MessageRow.__table__, Prediction.__table__, Flag.__table__
_FEEDBACK, _ACKNOWLEDGEMENTS = Feedback.__table__, Acknowledgement.__table__
_NOTES, _VERDICTS = Note.__table__, Verdict.__table__
_T = TypeVar("_T")


@dataclass(frozen=True)
class Reading:
    """How a visitor's message was understood; `runners_up` are the next likely intents, each with its confidence."""

    intent: str
    confidence: float
    runners_up: tuple[tuple[str, float], ...]
    actions: tuple[str, ...]


@dataclass(frozen=True)
class Alarm:
    """Why staff should look at a message, and who of them has acknowledged it."""

    kind: str
    at: float
    acknowledged_by: str | None
    acknowledged_at: float | None


@dataclass(frozen=True)
class Judged:
    """What a reviewer said of how a message was understood; `version` is what the next change has to name."""

    is_right: bool
    intent: str
    question: str
    examples: tuple[str, ...]
    by: str
    at: float
    version: int
    published_in: str | None


@dataclass(frozen=True)
class StaffNote:
    """What somebody of the staff wrote about a conversation, or about one message of it."""

    id: int
    number: int | None
    author: str
    text: str
    at: float


@dataclass(frozen=True)
class Line:
    """A message and all that is known of it.

    Attributes:
        reason: why the visitor rated the answer as they did; the rating is the message's.
        slots: what the assistant noted down while it answered, by name; only of a visitor's message.
        is_damaged: whether something of it could not be read.
    """

    message: Message
    reading: Reading | None
    alarms: tuple[Alarm, ...]
    verdict: Judged | None
    notes: tuple[StaffNote, ...]
    reason: str
    slots: Mapping[str, Any]
    is_damaged: bool


def read_lines(
    session: Session,
    conversation_id: str,
    after: int,
    limit: int | None,
    slots: Mapping[str, Mapping[str, Any]],
    notes: Mapping[int | None, list[StaffNote]],
) -> tuple[Line, ...]:
    """The messages of a conversation after a number, oldest first.

    Args:
        slots: by the key of a visitor's message.
        notes: by the number of the message that they are about.
    """
    messages = _of(_MESSAGES, conversation_id, after).order_by(_MESSAGES.c.number).limit(limit)
    rows = session.execute(messages).mappings().all()
    readings = _by_number(session, _of(_PREDICTIONS, conversation_id, after))
    verdicts = _by_number(session, _of(_VERDICTS, conversation_id, after))
    ratings = _by_number(session, _of(_FEEDBACK, conversation_id, after))
    alarms = _alarms(session, conversation_id, after)
    return tuple(
        _line(
            row,
            readings.get(row["number"]),
            verdicts.get(row["number"]),
            ratings.get(row["number"]),
            tuple(alarms.get(row["number"], ())),
            tuple(notes.get(row["number"], ())),
            slots.get(row["key"], {}) if row["author"] == VISITOR else {},
        )
        for row in rows
    )


def _line(
    row: Mapping[str, Any],
    reading: Mapping[str, Any] | None,
    verdict: Mapping[str, Any] | None,
    rating: Mapping[str, Any] | None,
    alarms: tuple[Alarm, ...],
    notes: tuple[StaffNote, ...],
    slots: Mapping[str, Any],
) -> Line:
    damage: list[str] = []
    buttons = [one for one in read_json(row["buttons"] or "[]", list, damage) if _is_button(one, damage)]
    fields = dict(row) | {"buttons": json.dumps(buttons), "rating": rating["rating"] if rating else None}
    return Line(
        message=Message.of_row(fields),
        reading=_reading(reading, damage) if reading else None,
        alarms=alarms,
        verdict=_judged(verdict, damage) if verdict else None,
        notes=notes,
        reason=rating["reason"] if rating else "",
        slots=slots,
        is_damaged=bool(damage),
    )


def _is_button(button: object, damage: list[str]) -> bool:
    is_one = isinstance(button, dict) and {"title", "payload"} <= button.keys()
    if not is_one:
        damage.append("button")
    return is_one


def _reading(row: Mapping[str, Any], damage: list[str]) -> Reading:
    runners_up = []
    for one in read_json(row["runners_up"], list, damage):
        try:
            runners_up.append((str(one[0]), float(one[1])))
        except (TypeError, ValueError, IndexError, KeyError):
            damage.append("runners_up")
    actions = tuple(str(action) for action in read_json(row["actions"], list, damage))
    return Reading(row["intent"], row["confidence"], tuple(runners_up), actions)


def _judged(row: Mapping[str, Any], damage: list[str]) -> Judged:
    fields = {name: row[name] for name in Judged.__dataclass_fields__}
    return Judged(**fields | {"examples": tuple(str(one) for one in read_json(row["examples"], list, damage))})


def _alarms(session: Session, conversation_id: str, after: int) -> dict[int, list[Alarm]]:
    acknowledged = {
        (row.number, row.kind): row for row in session.execute(_of(_ACKNOWLEDGEMENTS, conversation_id, after))
    }
    alarms: dict[int, list[Alarm]] = {}
    for row in session.execute(_of(_FLAGS, conversation_id, after).order_by(_FLAGS.c.kind)):
        seen = acknowledged.get((row.number, row.kind))
        alarm = Alarm(row.kind, row.at, seen.by if seen else None, seen.at if seen else None)
        alarms.setdefault(row.number, []).append(alarm)
    return alarms


def read_notes(session: Session, conversation_id: str) -> dict[int | None, list[StaffNote]]:
    """What staff wrote about a conversation, by the number of the message; None: about no single one."""
    notes: dict[int | None, list[StaffNote]] = {}
    query = sa.select(_NOTES).where(_NOTES.c.conversation_id == conversation_id).order_by(_NOTES.c.id)
    for row in session.execute(query):
        notes.setdefault(row.number, []).append(StaffNote(row.id, row.number, row.author, row.text, row.at))
    return notes


def read_json(text: str | None, kind: type[_T], damage: list[str]) -> _T:
    """A stored JSON value of a kind; if it is none, an empty one, and a note of the damage."""
    try:
        value = json.loads(text or "")
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, kind):
        return value
    damage.append(kind.__name__)
    return kind()


def _of(table: sa.Table, conversation_id: str, after: int) -> Any:
    return sa.select(table).where(table.c.conversation_id == conversation_id, table.c.number > after)


def _by_number(session: Session, query: Any) -> dict[int, Mapping[str, Any]]:
    return {row["number"]: row for row in session.execute(query).mappings()}
