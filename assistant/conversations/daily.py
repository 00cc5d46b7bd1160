"""Keeps the figures of each closed day, so that a year of them is read in an instant. Only today is counted when asked.

A day is one of the clinic's calendar. Where a message comes in late (an outage was replayed), is deleted or built
again, its day is counted once more: whoever changes it calls `day_changed` in the same transaction. Several processes
may count beside each other; a count that a change overtook is thrown away. Before something is deleted for its age the
days are sealed: their figures name nobody, and outlive what they were counted from.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from assistant.conversations import figures
from assistant.conversations.figures import ByChannel
from assistant.conversations.models import DailyFigures, Message
from assistant.database import reading, writing

KEPT_DAYS = 366
# A turn that began before midnight may be stored after it: so long a day is not closed.
SETTLED_AFTER = 600.0
_DAYS, _MESSAGES = DailyFigures.__table__, Message.__table__
_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True)
class Day:
    """A day of the clinic's calendar, and the moments at which it begins and ends: 23 to 25 hours."""

    date: date
    starts_at: float
    ends_at: float

    @property
    def name(self) -> str:
        """As it is stored: `2026-11-26`."""
        return self.date.isoformat()


def day_of(moment: float, zone: ZoneInfo) -> Day:
    """The day of a moment."""
    return _day(datetime.fromtimestamp(moment, zone).date(), zone)


def days_until(moment: float, count: int, zone: ZoneInfo) -> list[Day]:
    """So many days, that of the moment last."""
    last = day_of(moment, zone).date
    return [_day(last - timedelta(days=back), zone) for back in range(count - 1, -1, -1)]


def day_changed(session: Any, since: float, until: float) -> None:
    """Have the days between two moments, both included, counted again; within the transaction that changes them.

    Args:
        session: a session or connection.
    """
    touched = sa.and_(_DAYS.c.starts_at <= until, _DAYS.c.ends_at > since, ~_DAYS.c.sealed)
    # Always in the same order, so that two never wait for each other.
    query = sa.select(_DAYS.c.day).where(touched).order_by(_DAYS.c.day).with_for_update()
    days = list(session.execute(query).scalars())
    if days:
        session.execute(_DAYS.update().where(_DAYS.c.day.in_(days)).values(changes=_DAYS.c.changes + 1))


def seal(session: Session, before: float) -> None:
    """Keep the figures of the days before a moment as they are: some of what they count is about to be deleted."""
    open_days = sa.and_(_DAYS.c.ends_at <= before, _DAYS.c.counted.is_not(None), ~_DAYS.c.sealed)
    query = sa.select(_DAYS.c.day).where(open_days).order_by(_DAYS.c.day).with_for_update()
    days = list(session.execute(query).scalars())
    if days:
        session.execute(_DAYS.update().where(_DAYS.c.day.in_(days)).values(sealed=True))


def note_late(session: Any, moments: Iterable[float], now: float) -> None:
    """Have the days of messages that are stored now counted again, if they may be closed."""
    late = [at for at in moments if at < now - SETTLED_AFTER / 2]
    if late:
        day_changed(session, min(late), max(late))


def count_closed_days(engine: Engine, zone: ZoneInfo, now: float) -> int:
    """Count every closed day that is not counted, or has changed since; how many were."""
    closed = [day for day in days_until(now, KEPT_DAYS, zone) if day.ends_at + SETTLED_AFTER <= now]
    columns = (_DAYS.c[name] for name in ("day", "zone", "changes", "counted", "sealed"))
    with reading(engine) as session:
        rows = session.execute(sa.select(*columns).where(_DAYS.c.day.in_([day.name for day in closed])))
        known = {row.day: row for row in rows}
        first = first_message_at(session)
    counted = 0
    for day in closed:
        row = known.get(day.name)
        if row is not None and row.sealed:
            continue
        if row is not None and row.zone == zone.key:
            counted += row.counted != row.changes and _count(engine, day, zone, row.changes)
        elif row is not None or (first is not None and day.ends_at > first):
            counted += _count(engine, day, zone, _begin(engine, day, zone))
    return counted


def first_message_at(session: Session) -> float | None:
    """When the oldest message was written; None if there is none."""
    first: float | None = session.execute(sa.select(sa.func.min(_MESSAGES.c.at))).scalar()
    return first


def read(session: Session, days: Iterable[Day], zone: ZoneInfo) -> dict[str, ByChannel]:
    """The kept figures of days by their names; those that were never counted are missing."""
    names = [day.name for day in days]
    columns = (_DAYS.c.day, _DAYS.c.figures)
    query = sa.select(*columns).where(_DAYS.c.day.in_(names), _DAYS.c.counted.is_not(None))
    query = query.where(sa.or_(_DAYS.c.zone == zone.key, _DAYS.c.sealed))
    return {row.day: figures.load(row.figures) for row in session.execute(query)}


def _count(engine: Engine, day: Day, zone: ZoneInfo, changes: int) -> bool:
    """Count a day; False if it has changed meanwhile, and has to be counted once more.

    Args:
        changes: how often the day had changed before.
    """
    with reading(engine) as session:
        text = figures.dump(figures.count(session, day.starts_at, day.ends_at))
    unchanged = sa.and_(_DAYS.c.day == day.name, _DAYS.c.zone == zone.key, _DAYS.c.changes == changes)
    with writing(engine) as session:
        kept = session.execute(_DAYS.update().where(unchanged).values(figures=text, counted=changes))
    return bool(kept.rowcount)


def _begin(engine: Engine, day: Day, zone: ZoneInfo) -> int:
    """Make the row of a day, so that changes from now on are noted; how often it has changed."""
    values = {"zone": zone.key, "starts_at": day.starts_at, "ends_at": day.ends_at, "figures": "{}", "counted": None}
    with writing(engine) as session:
        new = _INSERT[engine.dialect.name](_DAYS).values(day=day.name, changes=0, sealed=False, **values)
        session.execute(new.on_conflict_do_nothing())
        of_it = _DAYS.c.day == day.name
        # Counted by another zone's clock before: the clinic has moved.
        moved = sa.and_(of_it, _DAYS.c.zone != zone.key)
        session.execute(_DAYS.update().where(moved).values(changes=_DAYS.c.changes + 1, **values))
        return int(session.execute(sa.select(_DAYS.c.changes).where(of_it)).scalar_one())


def _day(day: date, zone: ZoneInfo) -> Day:
    start, end = (
        datetime.combine(one, time.min, zone).astimezone(timezone.utc).timestamp() for one in (day, day + timedelta(1))
    )
    return Day(day, start, end)
