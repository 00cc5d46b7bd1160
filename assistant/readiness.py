"""Whether a process can do its work now: its databases take writes, and have the tables that this version needs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import structlog
from sqlalchemy.engine import Engine

from assistant.database import is_up_to_date, touch

logger = structlog.get_logger()

_PATIENCE = 3.0  # seconds; whoever asks is told within five, whatever the database does
_FRESH = 1.0  # seconds for which an answer holds: anybody may ask, and each look is a write
NO_ANSWER = "the database does not answer"
NOT_MIGRATED = "the database does not have the tables of this version"


class Readiness:
    """Looks at most once a second, beside the event loop.

    Args:
        look: what is wrong, in words without a secret; None if nothing is. May raise, which is wrong as well.
        failed: what is said if it raises or hangs.
    """

    def __init__(self, look: Callable[[], str | None], failed: str = NO_ANSWER) -> None:
        self._look = look
        self._failed = failed
        self._looking: asyncio.Future[str | None] | None = None
        self._at = 0.0
        # Of its own, and a single one: a database that hangs must not take the threads that answer visitors.
        self._thread = ThreadPoolExecutor(1, "readiness")

    async def problem(self) -> str | None:
        """What is wrong now; None if nothing is."""
        looking = self._looking
        if looking is None or (looking.done() and time.monotonic() - self._at > _FRESH):
            looking = self._looking = asyncio.get_running_loop().run_in_executor(self._thread, self._safely)
            self._at = time.monotonic()
        try:
            return await asyncio.wait_for(asyncio.shield(looking), _PATIENCE)
        except asyncio.TimeoutError:
            logger.error("health.store.failed", reason="TimeoutError")
            return self._failed

    def _safely(self) -> str | None:
        try:
            return self._look()
        except Exception as error:  # any failure of the database means the same to whoever asks
            logger.error("health.store.failed", reason=type(error).__name__)
            return self._failed


def problem_of(databases: Mapping[str, Engine]) -> str | None:
    """What is wrong with the databases of some areas. Raises: what a database raises that does not answer."""
    for area, engine in databases.items():
        if not is_up_to_date(touch(engine, area), area):
            return NOT_MIGRATED
    return None
