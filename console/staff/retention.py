"""How long conversations and requests are kept, and what deletes them after that: once an hour, a few at a time.

Of several processes one is at it. What it deleted is in the audit trail, which itself is kept.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError

from assistant import privacy as conversations
from assistant.conversations.erasure import forget_words
from assistant.database import empty_log, reading, writing
from assistant.privacy import REQUEST, Ledger
from bookings import privacy as requests
from bookings.requests import BookingStore
from console.staff.audit import Audit
from console.staff.models import Setting

logger = structlog.get_logger()

DAYS_OF_CONVERSATIONS = 90  # unless staff have said otherwise
SHORTEST, LONGEST = 1, 3650  # days
ACTOR = "retention"  # in the audit trail
_SETTINGS = Setting.__table__
_CONVERSATIONS, _REQUESTS, _LAST_RUN = "keep_conversations_days", "keep_requests_days", "retention_last_run"
_EVERY = 3600.0  # seconds between two runs
_LOOK = 60.0  # seconds between two looks whether it is time
_AT_ONCE = 50  # conversations or requests in one transaction
_REST = 0.05  # seconds in which others get at the database
_DAY = 86400.0


@dataclass(frozen=True)
class Periods:
    """For how many days things are kept after the last time that something happened to them."""

    conversations: int
    requests: int


@dataclass(frozen=True)
class Due:
    """What would be deleted now."""

    conversations: int
    requests: int
    open_requests: int


class Retention:
    """Deletes what is kept for too long.

    Args:
        requests_days: how long requests are kept unless staff have said otherwise.
        count: keeps the figures of what is about to be deleted; None: there are none to keep.
        clock: the present moment in unix seconds.
    """

    def __init__(
        self,
        staff: Engine,
        conversations: Engine,
        bookings: BookingStore,
        audit: Audit,
        requests_days: int,
        clock: Callable[[], float] = time.time,
        count: Callable[[], object] | None = None,
    ) -> None:
        self._staff = staff
        self._conversations = conversations
        self._bookings = bookings
        self._audit = audit
        self._requests_days = requests_days
        self._clock = clock
        self._count = count

    def periods(self) -> Periods:
        """The periods that hold."""
        with reading(self._staff) as session:
            rows = session.execute(sa.select(_SETTINGS.c.name, _SETTINGS.c.value)).all()
        known = {row.name: int(row.value) for row in rows}
        return Periods(known.get(_CONVERSATIONS, DAYS_OF_CONVERSATIONS), known.get(_REQUESTS, self._requests_days))

    def set_periods(self, periods: Periods, by: str) -> None:
        """Keep things for other periods from now on. Raises: ValueError."""
        values = {_CONVERSATIONS: periods.conversations, _REQUESTS: periods.requests}
        if not all(SHORTEST <= days <= LONGEST for days in values.values()):
            raise ValueError(f"{SHORTEST} to {LONGEST} days")
        with writing(self._staff) as session:
            session.execute(_SETTINGS.delete().where(_SETTINGS.c.name.in_(values)))
            rows = [{"name": name, "value": days, "at": self._clock(), "by": by} for name, days in values.items()]
            session.execute(_SETTINGS.insert(), rows)

    def due(self, periods: Periods) -> Due:
        """What would be deleted now with some periods."""
        of_conversations, of_requests = self._limits(periods)
        due = requests.due(self._bookings.engine, of_requests)
        return Due(conversations.due(self._conversations, of_conversations), due.requests, due.open)

    def run_if_time(self) -> bool:
        """Delete what is due, if nobody has within the last hour; whether it did."""
        if not self._is_first():
            return False
        self.run()
        return True

    def run(self) -> Due:
        """Erase again what a backup has brought back, and delete what is due now; what that was."""
        self.keep_erased()
        requests.fill_hashes(self._bookings)
        if self._count:
            self._count()  # figures outlive what they were counted from, but only those of days that are counted
        of_conversations, of_requests = self._limits(self.periods())
        gone = self._delete(lambda: conversations.delete_due(self._conversations, of_conversations, _AT_ONCE))
        gone += self._delete(lambda: requests.delete_due(self._bookings.engine, of_requests, _AT_ONCE))
        done = Due(gone["conversations"], gone["consultation_requests"], 0)
        if done.conversations:
            forget_words(self._conversations)
        if done.conversations or done.requests:
            for engine in (self._conversations, self._bookings.engine):
                empty_log(engine)
            self._audit.record(ACTOR, "", "retention.deleted", conversations=done.conversations, requests=done.requests)
        return done

    def keep_erased(self) -> int:
        """Erase again what a backup has brought back; how many conversations and requests."""
        ledger, now = Ledger.load(), self._clock()
        known = ledger.read(REQUEST)
        moment = datetime.fromtimestamp(now, timezone.utc)
        count = requests.erase_again(self._bookings, known, moment)
        if count:
            empty_log(self._bookings.engine)
        ledger.add(REQUEST, requests.erased(self._bookings.engine))
        count += conversations.keep_erased(self._conversations, ledger, now)
        if count:
            self._audit.record(ACTOR, "", "retention.erased_again", count=count)
        return count

    async def go_on(self) -> None:
        """Do so for as long as the console runs, beginning with what was erased before and has come back."""
        work: Callable[[], object] = self.keep_erased
        while True:
            try:
                await asyncio.to_thread(work)
            except Exception as error:  # one bad hour must not end all later ones
                logger.error("staff.retention.failed", reason=type(error).__name__)
            work = self.run_if_time
            await asyncio.sleep(_LOOK)

    def _limits(self, periods: Periods) -> tuple[float, datetime]:
        """Until when conversations and requests must have been silent to be deleted now."""
        now = self._clock()
        of_requests = datetime.fromtimestamp(now - periods.requests * _DAY, timezone.utc)
        return now - periods.conversations * _DAY, of_requests

    def _is_first(self) -> bool:
        """Whether this process is the one to do it; then it is, for an hour."""
        now = self._clock()
        mine = sa.and_(_SETTINGS.c.name == _LAST_RUN, _SETTINGS.c.value <= now - _EVERY)
        with writing(self._staff) as session:
            if session.execute(_SETTINGS.update().where(mine).values(value=now, at=now)).rowcount:
                return True
            if session.execute(sa.select(_SETTINGS.c.name).where(_SETTINGS.c.name == _LAST_RUN)).first():
                return False
        try:
            with writing(self._staff) as session:
                session.execute(_SETTINGS.insert().values(name=_LAST_RUN, value=now, at=now, by=ACTOR))
        except IntegrityError:  # another process, in this very moment
            return False
        return True

    @staticmethod
    def _delete(some: Callable[[], Counter[str]]) -> Counter[str]:
        """Delete some until there is nothing more to delete."""
        gone: Counter[str] = Counter()
        while counts := +some():
            gone += counts
            time.sleep(_REST)
        return gone
