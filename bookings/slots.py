"""The times that the clinic offers, if it does: read from a CSV file, held for a while, taken by one person only.

The primary key of `slot_claims` is the slot: whatever runs in parallel, the database lets one person in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from assistant.database import reading, writing
from bookings.models import Slot, SlotClaim
from bookings.slotfile import OfferedSlot, read_slots

_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class SlotTaken(Exception):
    """Another has that time, or it is past or no longer offered."""


@dataclass(frozen=True)
class FreeSlot:
    """A time that can still be had."""

    id: int
    starts_at: datetime
    minutes: int
    staff: str


class SlotBook:
    """The clinic's offered times.

    Args:
        clock: the present moment, with a time zone.
    """

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    def import_csv(self, path: Path, zone: ZoneInfo) -> int:
        """Offer the times of a file with the columns `start` (ISO 8601), `minutes` and `staff`; known ones stay.

        Args:
            zone: where the clock hangs that a start without a zone was read from.

        Returns:
            how many are new.

        Raises:
            BadSlots: with every bad row; then none was imported.
        """
        return self.offer(read_slots(path, zone))

    def offer(self, slots: Iterable[OfferedSlot]) -> int:
        """Offer times; the same start with the same staff is the same slot. Returns how many are new."""
        with writing(self._engine) as session:
            insert = _INSERT[session.get_bind().dialect.name](Slot)
            return sum(
                session.execute(
                    insert.values(
                        starts_at=slot.starts_at, minutes=slot.minutes, staff=slot.staff
                    ).on_conflict_do_nothing(index_elements=["starts_at", "staff"])
                ).rowcount
                for slot in slots
            )

    def free(self, now: datetime, limit: int) -> list[FreeSlot]:
        """The next times that nobody has or holds, soonest first."""
        claimed = sa.exists().where(SlotClaim.slot_id == Slot.id, ~_expired(now))
        wanted = sa.select(Slot).where(Slot.starts_at > now, ~claimed).order_by(Slot.starts_at, Slot.id).limit(limit)
        with reading(self._engine) as session:
            return [
                FreeSlot(slot.id, slot.starts_at, slot.minutes, slot.staff)
                for slot in session.execute(wanted).scalars()
            ]

    def hold(self, slot_id: int, holder: str, seconds: int) -> bool:
        """Keep a time for somebody who fills in the form; what they held before becomes free. Again: a longer hold.

        Args:
            holder: the submission key of the form.

        Returns:
            False if another has it, or it is past or not offered.
        """
        now = self._clock()
        with writing(self._engine) as session:
            if not claim(session, slot_id, holder, now, expires_at=now + timedelta(seconds=seconds)):
                return False
            others = (SlotClaim.holder == holder, SlotClaim.slot_id != slot_id, SlotClaim.request_id.is_(None))
            session.execute(sa.delete(SlotClaim).where(*others))
            return True

    def release(self, slot_id: int, holder: str) -> None:
        """Give a held time back; one that a request has stays taken until the request is cancelled."""
        mine = (SlotClaim.slot_id == slot_id, SlotClaim.holder == holder, SlotClaim.request_id.is_(None))
        with writing(self._engine) as session:
            session.execute(sa.delete(SlotClaim).where(*mine))


def claim(
    session: Session,
    slot_id: int,
    holder: str,
    now: datetime,
    *,
    expires_at: datetime | None = None,
    request_id: int | None = None,
) -> bool:
    """Take a slot within a transaction, for good or until `expires_at`, if nobody else has it; False if somebody has.

    One statement decides: a new claim, or the take-over of one that has expired or was the holder's own hold.
    """
    if session.execute(sa.select(Slot.id).where(Slot.id == slot_id, Slot.starts_at > now)).first() is None:
        return False
    values = {"holder": holder, "expires_at": expires_at, "request_id": request_id}
    insert = _INSERT[session.get_bind().dialect.name](SlotClaim).values(slot_id=slot_id, **values)
    own_hold = (SlotClaim.holder == holder) & SlotClaim.request_id.is_(None)
    mine = insert.on_conflict_do_update(index_elements=["slot_id"], set_=values, where=_expired(now) | own_hold)
    return bool(session.execute(mine).rowcount == 1)


def give_back(session: Session, request_id: int) -> None:
    """Make the slot of a request free again, within a transaction."""
    session.execute(sa.delete(SlotClaim).where(SlotClaim.request_id == request_id))


def _expired(now: datetime) -> sa.sql.ColumnElement[bool]:
    return SlotClaim.request_id.is_(None) & (SlotClaim.expires_at <= now)
