"""The outbox: messages that wait until their receiver has them. Several workers may empty it at the same time.

A worker borrows a row for a minute. If it dies between sending and saying so, the row comes back and is sent again with
the same delivery id: at least once, and the receiver can tell. Rows of one request and target go out in order.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from assistant.database import reading
from bookings.messages import PAYLOAD_FIELD
from bookings.models import ConsultationRequest, OutboxMessage, Target
from bookings.secrets import ContactCipher

LEASE = timedelta(seconds=60)
FIRST_DELAY = timedelta(seconds=10)
LONGEST_DELAY = timedelta(minutes=15)
# A receiver may ask for more time than that, but a slip of its clock must not silence a message for days.
LONGEST_RETRY_AFTER = timedelta(hours=1)
GIVE_UP_AFTER = timedelta(hours=48)
# An old message is not given up at its first failure: the worker itself may have been away, or staff sent it again.
FEWEST_ATTEMPTS = 12
# A class name and a status: what a server or a library writes about an error may quote a visitor.
_ERROR = re.compile(r"[A-Za-z]\w{0,79}( \d{3})?")

_rows = OutboxMessage.__table__
_requests = ConsultationRequest.__table__


@dataclass(frozen=True)
class Claimed:
    """A message that one worker has for a minute; `attempts` counts this one."""

    id: int
    delivery_id: str
    request_id: int
    target: Target
    event: str
    attempts: int
    payload: dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class DeadLetter:
    """A message that was given up, as staff see it."""

    id: int
    delivery_id: str
    reference: str
    target: Target
    event: str
    created_at: datetime
    dead_at: datetime
    attempts: int
    last_error: str


@dataclass(frozen=True)
class Sending:
    """A message about one request, and how far it is."""

    target: Target
    event: str
    created_at: datetime
    delivered_at: datetime | None
    dead_at: datetime | None
    attempts: int


class Outbox:
    """The messages that are still to be delivered.

    Args:
        clock: the present moment, with a time zone.
        give_up_after: how old a message gets before its next failure makes it a dead letter.
    """

    def __init__(
        self,
        engine: Engine,
        cipher: ContactCipher,
        clock: Callable[[], datetime],
        give_up_after: timedelta = GIVE_UP_AFTER,
    ) -> None:
        self._engine = engine
        self._cipher = cipher
        self._clock = clock
        self._give_up_after = give_up_after

    @property
    def engine(self) -> Engine:
        """Its database."""
        return self._engine

    def claim(self, limit: int, targets: Collection[Target] = tuple(Target)) -> list[Claimed]:
        """Borrow up to `limit` messages that are due, oldest first; no other worker gets them for 60 seconds.

        A message whose payload cannot be read is put off like one that failed.
        """
        now = self._clock()
        wanted = _rows.c.target.in_([target.value for target in targets])
        first = sa.select(_rows).where(_claimable(now), wanted, ~_earlier_waits()).order_by(_rows.c.id).limit(limit)
        with reading(self._engine) as session:
            if session.execute(first).first() is None:  # the usual case, which should hold up no writer
                return []
        with self._engine.begin() as connection:
            # PostgreSQL passes over rows that others are taking; on SQLite this transaction has the only write lock.
            rows = connection.execute(first.with_for_update(skip_locked=True)).fetchall()
            taken = sa.update(_rows).where(_rows.c.id.in_([row.id for row in rows]))
            connection.execute(taken.values(claimed_until=now + LEASE, attempts=_rows.c.attempts + 1))
        return [claimed for row in rows if (claimed := self._read(row)) is not None]

    def delivered(self, message_id: int) -> None:
        """Note that the receiver has the message."""
        self._update(message_id, delivered_at=self._clock(), dead_at=None, claimed_until=None, last_error=None)

    def failed(self, message_id: int, error: str, retry_after: timedelta | None = None) -> None:
        """Put a message off, longer each time, or give it up once it is too old.

        Args:
            error: a class name, with or without a status of three digits; never a text from elsewhere.
            retry_after: how long the receiver asked to be left alone.
        """
        now = self._clock()
        with self._engine.begin() as connection:
            waiting = sa.select(_rows.c.attempts, _rows.c.created_at).where(_rows.c.id == message_id, _open())
            row = connection.execute(waiting).first()
            if row is None:
                return
            changes: dict[str, Any] = {"claimed_until": None, "last_error": _checked(error)}
            if now - row.created_at >= self._give_up_after and row.attempts >= FEWEST_ATTEMPTS:
                changes["dead_at"] = now
            else:
                changes["next_attempt_at"] = now + _delay(row.attempts, retry_after)
            connection.execute(sa.update(_rows).where(_rows.c.id == message_id, _open()).values(**changes))

    def refuse(self, message_id: int, error: str) -> None:
        """Give a message up at once: the receiver will never take it. `error` as in `failed`."""
        self._update(message_id, dead_at=self._clock(), claimed_until=None, last_error=_checked(error))

    def dead_letters(self) -> list[DeadLetter]:
        """The messages that were given up, oldest first."""
        query = (
            sa.select(_rows, _requests.c.reference)
            .join(_requests, _requests.c.id == _rows.c.request_id)
            .where(_rows.c.dead_at.is_not(None))
            .order_by(_rows.c.id)
        )
        with reading(self._engine) as session:
            return [_dead_letter(row) for row in session.execute(query)]

    def sendings(self, reference: str) -> list[Sending]:
        """The messages about one request, oldest first."""
        columns = (_rows.c[name] for name in Sending.__dataclass_fields__)
        joined = sa.select(*columns).join(_requests, _requests.c.id == _rows.c.request_id)
        query = joined.where(_requests.c.reference == reference).order_by(_rows.c.id)
        with reading(self._engine) as session:
            found = session.execute(query).mappings().all()
        return [Sending(**{**row, "target": Target(row["target"])}) for row in found]

    def resend(self, message_id: int) -> bool:
        """Send a dead letter again, with the delivery id it had; False when there is no such dead letter."""
        again = {"dead_at": None, "attempts": 0, "next_attempt_at": self._clock(), "claimed_until": None}
        dead = sa.and_(_rows.c.id == message_id, _rows.c.dead_at.is_not(None), _rows.c.delivered_at.is_(None))
        with self._engine.begin() as connection:
            return bool(connection.execute(sa.update(_rows).where(dead).values(**again)).rowcount)

    def _read(self, row: Any) -> Claimed | None:
        try:
            payload = json.loads(self._cipher.decrypt(row.payload, PAYLOAD_FIELD))
        except Exception as error:  # another key, or a damaged row: the others still go out
            self.failed(row.id, type(error).__name__)
            return None
        return Claimed(
            id=row.id,
            delivery_id=row.delivery_id,
            request_id=row.request_id,
            target=Target(row.target),
            event=row.event,
            attempts=row.attempts + 1,
            payload=payload,
        )

    def _update(self, message_id: int, **values: Any) -> None:
        with self._engine.begin() as connection:
            undelivered = sa.and_(_rows.c.id == message_id, _rows.c.delivered_at.is_(None))
            connection.execute(sa.update(_rows).where(undelivered).values(**values))


def _open() -> Any:
    return sa.and_(_rows.c.delivered_at.is_(None), _rows.c.dead_at.is_(None))


def _claimable(now: datetime) -> Any:
    free = sa.or_(_rows.c.claimed_until.is_(None), _rows.c.claimed_until <= now)
    return sa.and_(_open(), _rows.c.next_attempt_at <= now, free)


def _earlier_waits() -> Any:
    """Whether the same receiver still waits for something older about the same request."""
    earlier = _rows.alias()
    return (
        sa.select(earlier.c.id)
        .where(
            earlier.c.request_id == _rows.c.request_id,
            earlier.c.target == _rows.c.target,
            earlier.c.id < _rows.c.id,
            earlier.c.delivered_at.is_(None),
            earlier.c.dead_at.is_(None),
        )
        .exists()
    )


def _delay(attempts: int, retry_after: timedelta | None) -> timedelta:
    """10 to 20 seconds after the first failure, twice that after each further one, at most 15 minutes."""
    longest = min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(attempts, 10))
    # Spread out, so that what failed together does not come back together.
    delay: timedelta = longest * random.uniform(0.5, 1)  # noqa: S311 - nothing secret
    return max(delay, min(retry_after or delay, LONGEST_RETRY_AFTER))


def _checked(error: str) -> str:
    return error if _ERROR.fullmatch(error) else "Error"


def _dead_letter(row: Any) -> DeadLetter:
    return DeadLetter(
        id=row.id,
        delivery_id=row.delivery_id,
        reference=row.reference,
        target=Target(row.target),
        event=row.event,
        created_at=row.created_at,
        dead_at=row.dead_at,
        attempts=row.attempts,
        last_error=row.last_error or "",
    )
