"""What the staff's other pages show of requests: those that wait for an answer, and the names that they hold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from assistant.database import reading
from bookings.models import ConsultationRequest, Kind, State
from bookings.records import NAME_FIELD
from bookings.requests import BookingStore
from bookings.secrets import Unreadable

_MOST_COUNTED = 100  # a count stops there: "99+"
_REQUESTS = ConsultationRequest.__table__
_WAITS = _REQUESTS.c.state == State.NEW.value


@dataclass(frozen=True)
class Waiting:
    """A request that nobody has answered yet; no personal data."""

    reference: str
    conversation_id: str
    kind: Kind
    owner: str | None
    due_at: datetime
    created_at: datetime


@dataclass(frozen=True)
class WaitingCounts:
    """How many wait, each at most 100; `overdue` of them longer than was promised."""

    waiting: int
    overdue: int


def waiting(store: BookingStore, limit: int) -> list[Waiting]:
    """The requests that nobody has answered yet, the oldest promise first."""
    columns = [_REQUESTS.c[name] for name in Waiting.__dataclass_fields__]
    query = sa.select(*columns).where(_WAITS).order_by(_REQUESTS.c.due_at, _REQUESTS.c.id).limit(limit)
    with reading(store.engine) as session:
        rows = session.execute(query).mappings()
        return [Waiting(**{**row, "kind": Kind(row["kind"])}) for row in rows]


def count_waiting(store: BookingStore, now: datetime) -> WaitingCounts:
    """How many requests wait for an answer."""
    counts = (_counted(_WAITS), _counted(_WAITS, _REQUESTS.c.due_at < now))
    with reading(store.engine) as session:
        return WaitingCounts(*session.execute(sa.select(*counts)).one())


def names_in(store: BookingStore, references: Iterable[str | None]) -> dict[str, str]:
    """The names that requests hold, by their references; one that cannot be read is left out."""
    wanted = sorted({reference for reference in references if reference})
    if not wanted:
        return {}
    query = sa.select(_REQUESTS.c.reference, _REQUESTS.c.name).where(_REQUESTS.c.reference.in_(wanted))
    names = {}
    with reading(store.engine) as session:
        for row in session.execute(query):
            try:
                names[row.reference] = store.cipher.decrypt(row.name, NAME_FIELD)
            except Unreadable:
                continue
    return names


def _counted(*conditions: Any) -> Any:
    some = sa.select(sa.literal(1).label("one")).where(*conditions).limit(_MOST_COUNTED).subquery()
    return sa.select(sa.func.count()).select_from(some).scalar_subquery()
