"""Alerts to staff that somebody may be in danger: written with the turn, and sent until each receiver has them.

They hold no words of the visitor's. A worker borrows an alert for a minute; if it dies in between, the alert is sent
again with the same id: at least once, and the receiver can tell.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from assistant import metrics
from assistant.conversations.models import Acknowledgement, Alert
from assistant.conversations.projection import Flagged
from assistant.safety import CRISIS, MEDICAL_EMERGENCY

EMAIL, WEBHOOK = "email", "webhook"
TARGETS = (EMAIL, WEBHOOK)
LEASE = 60.0  # seconds that a worker has for one alert
GIVE_UP = 24 * 3600.0  # seconds; the console shows the danger all the same, for as long as nobody acknowledges it
QUIET = 600.0  # seconds for which a second danger in the same conversation alarms nobody anew
_FIRST_DELAY, _LONGEST_DELAY = 2.0, 30.0  # seconds
_KINDS = (CRISIS, MEDICAL_EMERGENCY)
_ROWS, _SEEN = Alert.__table__, Acknowledgement.__table__


@dataclass(frozen=True)
class Due:
    """An alert that one worker has for a minute."""

    id: int
    delivery_id: str
    conversation_id: str
    number: int
    kind: str
    created_at: float
    attempts: int


def enqueue(connection: Connection, conversation_id: str, flags: Iterable[Flagged], now: float) -> None:
    """Have staff told of a danger, unless they have just been told of one in the same conversation."""
    flag = next((flag for flag in flags if flag.kind in _KINDS), None)
    if flag is None:
        return
    of_it = sa.and_(_ROWS.c.conversation_id == conversation_id, _ROWS.c.created_at > now - QUIET)
    if connection.execute(sa.select(_ROWS.c.id).where(of_it).limit(1)).first():
        return
    fixed = {"conversation_id": conversation_id, "number": flag.number, "kind": flag.kind, "attempts": 0}
    rows = [
        {**fixed, "target": target, "delivery_id": secrets.token_hex(16), "created_at": now, "next_at": now}
        for target in TARGETS
    ]
    connection.execute(_ROWS.insert(), rows)
    metrics.ALERTS.labels(flag.kind).inc()


def claim(session: Session, target: str, now: float, limit: int = 10) -> list[Due]:
    """Borrow alerts for a receiver that are due, oldest first; those that somebody has acknowledged go to nobody."""
    _drop_needless(session, target, now)
    query = sa.select(_ROWS).where(*_due(target, now)).order_by(_ROWS.c.id).limit(limit)
    rows = session.execute(query.with_for_update(skip_locked=True)).fetchall()
    borrowed = {"next_at": now + LEASE, "attempts": _ROWS.c.attempts + 1}
    session.execute(_ROWS.update().where(_ROWS.c.id.in_([row.id for row in rows])).values(borrowed))
    return [
        Due(row.id, row.delivery_id, row.conversation_id, row.number, row.kind, row.created_at, row.attempts + 1)
        for row in rows
    ]


def are_due(session: Session, target: str, now: float) -> bool:
    """Whether alerts wait for a receiver: a question that holds up no writer."""
    return session.execute(sa.select(_ROWS.c.id).where(*_due(target, now)).limit(1)).first() is not None


def delivered(session: Session, alert_id: int, now: float) -> None:
    """Note that the receiver has an alert."""
    session.execute(_ROWS.update().where(_ROWS.c.id == alert_id).values(delivered_at=now, error=None))


def put_off(session: Session, due: Due, error: str, retry_after: float | None, now: float) -> None:
    """Try an alert again soon.

    Args:
        error: a class name or a status, never a text from elsewhere.
        retry_after: seconds for which the receiver asked to be left alone.
    """
    delay = min(_LONGEST_DELAY, _FIRST_DELAY * 2 ** min(due.attempts, 10))
    delay = max(delay, min(retry_after or 0.0, LEASE))  # a danger cannot wait longer because a receiver asks for it
    values = {"next_at": now + delay, "error": error[:96]}
    session.execute(_ROWS.update().where(_ROWS.c.id == due.id).values(values))


def _due(target: str, now: float) -> tuple[sa.sql.ColumnElement, ...]:
    waiting = _ROWS.c.delivered_at.is_(None)
    return waiting, _ROWS.c.target == target, _ROWS.c.next_at <= now, _ROWS.c.created_at > now - GIVE_UP


def _drop_needless(session: Session, target: str, now: float) -> None:
    is_seen = sa.exists().where(
        _SEEN.c.conversation_id == _ROWS.c.conversation_id,
        _SEEN.c.number == _ROWS.c.number,
        _SEEN.c.kind == _ROWS.c.kind,
    )
    needless = sa.and_(_ROWS.c.target == target, _ROWS.c.delivered_at.is_(None), is_seen)
    session.execute(_ROWS.update().where(needless).values(delivered_at=now, error="Acknowledged"))
