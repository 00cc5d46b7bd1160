"""Counts requests by the minute in the database, so that all server processes count together."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from assistant.conversations.models import RequestCount

_COUNTS = RequestCount.__table__
MINUTE = 60


def count_request(session: Session, who: str, now: float) -> int:
    """Count one more request; how many that makes in this minute.

    Args:
        who: a keyed hash of the visitor or address, at most 64 characters.
    """
    insert = (postgresql if session.get_bind().dialect.name == "postgresql" else sqlite).insert
    minute = int(now // MINUTE)
    more = insert(_COUNTS).values(who=who, minute=minute, count=1)
    counted = {"count": _COUNTS.c.count + 1}
    session.execute(more.on_conflict_do_update(index_elements=["who", "minute"], set_=counted))
    of_now = sa.and_(_COUNTS.c.who == who, _COUNTS.c.minute == minute)
    return int(session.execute(sa.select(_COUNTS.c.count).where(of_now)).scalar_one())


def forget_counts(session: Session, now: float) -> None:
    """Drop what is no longer of use."""
    session.execute(_COUNTS.delete().where(_COUNTS.c.minute < int(now // MINUTE) - 1))
