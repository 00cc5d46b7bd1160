"""Parts of replies on their way to a messaging platform: each waits here from the moment that its turn is stored.

A worker borrows a part for a minute; if it dies in between, the part is sent again: at least once. The parts of one
conversation go out one after the other, in order.
"""

from __future__ import annotations

import json
import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from assistant.conversations.messaging_models import Delivery
from assistant.conversations.sealing import vault

WAITING, SENT, DELIVERED, READ, FAILED = "waiting", "sent", "delivered", "read", "failed"
LEASE = 60.0  # seconds that a worker has for one part
GIVE_UP = 24 * 3600.0  # seconds: later an answer helps nobody, and most platforms refuse it
_FIRST_DELAY, _LONGEST_DELAY, _LONGEST_ASKED = 1.0, 30.0, 3600.0  # seconds
_RANK = {WAITING: 0, SENT: 1, DELIVERED: 2, READ: 3, FAILED: 4}
_ROWS = Delivery.__table__


@dataclass(frozen=True)
class Due:
    """A part that one worker has for a minute; `attempts` counts this one."""

    id: int
    conversation_id: str
    channel: str
    body: dict[str, Any]
    attempts: int
    created_at: float


def enqueue(
    session: Session, conversation_id: str, number: int, bodies: Sequence[dict[str, Any]], now: float, first: int = 0
) -> None:
    """Have the parts of a message sent, after all that waits already.

    Args:
        number: of the message within the conversation.
    """
    channel = conversation_id.partition(":")[0]
    fixed = {"conversation_id": conversation_id, "number": number, "channel": channel, "state": WAITING, "attempts": 0}
    rows = [
        {
            **fixed,
            "part": first + i,
            "body": vault().seal(json.dumps(body)),
            "next_at": now,
            "created_at": now,
            "changed_at": now,
        }
        for i, body in enumerate(bodies)
    ]
    if rows:
        session.execute(_ROWS.insert(), rows)


def claim(session: Session, now: float, channels: Collection[str], limit: int) -> list[Due]:
    """Borrow parts of some channels that are due, at most one of each conversation, oldest first."""
    earlier = _ROWS.alias()
    waits_for_earlier = (
        sa.select(earlier.c.id)
        .where(
            earlier.c.conversation_id == _ROWS.c.conversation_id,
            earlier.c.id < _ROWS.c.id,
            earlier.c.state == WAITING,
        )
        .exists()
    )
    query = sa.select(_ROWS).where(*_due(now, channels), ~waits_for_earlier).order_by(_ROWS.c.id).limit(limit)
    rows = session.execute(query.with_for_update(skip_locked=True)).fetchall()
    borrowed = {"next_at": now + LEASE, "attempts": _ROWS.c.attempts + 1}
    session.execute(_ROWS.update().where(_ROWS.c.id.in_([row.id for row in rows])).values(borrowed))
    return [
        Due(
            row.id,
            row.conversation_id,
            row.channel,
            json.loads(vault().open(row.body)),
            row.attempts + 1,
            row.created_at,
        )
        for row in rows
    ]


def are_due(session: Session, now: float, channels: Collection[str]) -> bool:
    """Whether something of some channels waits: a question that holds up no writer."""
    return session.execute(sa.select(_ROWS.c.id).where(*_due(now, channels)).limit(1)).first() is not None


def _due(now: float, channels: Collection[str]) -> tuple[Any, ...]:
    return _ROWS.c.state == WAITING, _ROWS.c.next_at <= now, _ROWS.c.channel.in_(channels)


def sent(session: Session, delivery_id: int, platform_id: str | None, now: float) -> None:
    """Note that the platform has a part; its words are not kept a second time."""
    values = {"state": SENT, "platform_id": platform_id, "body": None, "error": None, "changed_at": now}
    waiting = sa.and_(_ROWS.c.id == delivery_id, _ROWS.c.state == WAITING)
    session.execute(_ROWS.update().where(waiting).values(values))


def put_off(session: Session, due: Due, error: str, retry_after: float | None, now: float) -> bool:
    """Try a part again later, each time a little later; False if it was given up, for its age.

    Args:
        error: a class name or a platform's code, never its text.
        retry_after: seconds for which the platform asked to be left alone.
    """
    if now - due.created_at >= GIVE_UP:
        give_up(session, due.id, error, now)
        return False
    # Spread out, so that what failed together does not come back together.
    delay = min(_LONGEST_DELAY, _FIRST_DELAY * 2 ** min(due.attempts, 10)) * random.uniform(0.5, 1)  # noqa: S311
    delay = max(delay, min(retry_after or 0.0, _LONGEST_ASKED))
    values = {"next_at": now + delay, "error": error[:96], "changed_at": now}
    session.execute(_ROWS.update().where(_ROWS.c.id == due.id, _ROWS.c.state == WAITING).values(values))
    return True


def give_up(session: Session, delivery_id: int, error: str, now: float) -> None:
    """Send a part no more: it is a dead letter, which staff see in the transcript."""
    waiting = sa.and_(_ROWS.c.id == delivery_id, _ROWS.c.state == WAITING)
    session.execute(_ROWS.update().where(waiting).values(state=FAILED, body=None, error=error[:96], changed_at=now))


def drop_waiting(session: Session, conversation_id: str, error: str, now: float) -> None:
    """Send nothing of what waits for a visitor."""
    waiting = sa.and_(_ROWS.c.conversation_id == conversation_id, _ROWS.c.state == WAITING)
    session.execute(_ROWS.update().where(waiting).values(state=FAILED, body=None, error=error[:96], changed_at=now))


def note_status(
    session: Session, channel: str, platform_id: str, state: str, error: str | None, now: float
) -> str | None:
    """Note what the platform says of a part; the conversation, or None if it knows none of that id.

    What comes late changes nothing: read is not merely delivered any more.
    """
    mine = sa.and_(_ROWS.c.channel == channel, _ROWS.c.platform_id == platform_id)
    row = session.execute(sa.select(_ROWS.c.id, _ROWS.c.conversation_id, _ROWS.c.state).where(mine)).first()
    if row is None:
        return None
    if _RANK[state] > _RANK[row.state]:
        values = {"state": state, "error": error[:96] if error else None, "changed_at": now}
        session.execute(_ROWS.update().where(_ROWS.c.id == row.id).values(values))
    return str(row.conversation_id)


def troubles(session: Session, conversation_id: str) -> dict[int, str]:
    """The messages of a conversation of which a part did not reach the visitor: why, by their number."""
    of_it = sa.and_(_ROWS.c.conversation_id == conversation_id, _ROWS.c.state == FAILED)
    query = sa.select(_ROWS.c.number, _ROWS.c.error).where(of_it)
    return {row.number: row.error or "" for row in session.execute(query)}


def waiting(session: Session, conversation_id: str) -> set[int]:
    """The messages of a conversation of which a part has not gone out yet."""
    of_it = sa.and_(_ROWS.c.conversation_id == conversation_id, _ROWS.c.state == WAITING)
    return set(session.execute(sa.select(_ROWS.c.number).where(of_it)).scalars())
