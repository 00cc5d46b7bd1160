"""How the assistant does over the last days: `insights` puts the kept figures and those of today together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from assistant.conversations import daily, figures
from assistant.conversations.daily import Day
from assistant.conversations.figures import ByChannel, Figures
from assistant.conversations.models import Conversation

PERIODS = (7, 30, 90, 365)  # days, today included
# Where the last closed days are not kept yet, just after midnight, they are counted when asked, as today is.
_MOST_LIVE = 2
_AT_ONCE = 500
_CONVERSATIONS = Conversation.__table__


@dataclass(frozen=True)
class Insights:
    """The figures of a period.

    Attributes:
        days: each day's, oldest first, of all channels that were asked for.
        channels: each channel's over the whole period, whatever was asked for.
        cells: each day's and channel's, for those who want to count themselves.
        total: of all channels that were asked for.
        waiting: days that are not counted yet, and missing in all of it.
    """

    days: dict[date, Figures]
    channels: dict[str, Figures]
    cells: dict[tuple[date, str], Figures]
    total: Figures
    waiting: tuple[date, ...] = field(default=())


def insights(session: Session, days: int, zone: ZoneInfo, now: float, channel: str | None = None) -> Insights:
    """The figures of the last days by the clinic's calendar, today included.

    Args:
        channel: only this one; None: all.
    """
    period = daily.days_until(now, days, zone)
    kept = daily.read(session, period[:-1], zone)
    live = [day for day in period[-_MOST_LIVE:] if day.name not in kept]
    found = kept | {day.name: figures.count(session, day.starts_at, day.ends_at) for day in live}
    waiting = _not_counted(session, period, found)
    return _put_together(period, found, channel, waiting)


def channels_of(session: Session, conversation_ids: Iterable[str]) -> dict[str, str]:
    """The channels of conversations; those that were deleted have none."""
    ids, found = sorted(set(conversation_ids)), {}
    for start in range(0, len(ids), _AT_ONCE):
        some = _CONVERSATIONS.c.id.in_(ids[start : start + _AT_ONCE])
        rows = session.execute(sa.select(_CONVERSATIONS.c.id, _CONVERSATIONS.c.channel).where(some))
        found.update({row.id: row.channel for row in rows})
    return found


def _not_counted(session: Session, period: list[Day], found: dict[str, ByChannel]) -> tuple[date, ...]:
    first = daily.first_message_at(session)
    return tuple(day.date for day in period if day.name not in found and first is not None and day.ends_at > first)


def _put_together(
    period: list[Day], found: dict[str, ByChannel], channel: str | None, waiting: tuple[date, ...]
) -> Insights:
    by_day: dict[date, Figures] = {}
    by_channel: dict[str, Figures] = {}
    cells: dict[tuple[date, str], Figures] = {}
    for day in period:
        whole = by_day.setdefault(day.date, Figures())
        for name, one in sorted(found.get(day.name, {}).items()):
            by_channel.setdefault(name, Figures()).add(one)
            if channel in (None, name):
                cells[day.date, name] = one
                whole.add(one)
    total = Figures()
    for name, one in by_channel.items():
        if channel in (None, name):
            total.add(one)
    return Insights(by_day, by_channel, cells, total, waiting)
