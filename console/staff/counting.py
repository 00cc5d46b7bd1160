"""Keeps the figures of closed days up to date for as long as the console runs, so that Insights opens at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from zoneinfo import ZoneInfo

import structlog
from sanic import Sanic
from sqlalchemy.engine import Engine

from assistant.conversations.daily import count_closed_days

logger = structlog.get_logger()

_LOOK = 60.0  # seconds between two looks whether a day has closed, or has changed since


class Counting:
    """Counts the days that are not counted. Several processes may do so beside each other.

    Args:
        engine: the database of conversations.
        clock: the present moment in unix seconds.
    """

    def __init__(self, engine: Engine, zone: ZoneInfo, clock: Callable[[], float]) -> None:
        self._engine = engine
        self._zone = zone
        self._clock = clock

    def add_to(self, app: Sanic) -> None:
        """Do so for as long as an app runs."""

        async def start(app: Sanic, _loop: object) -> None:
            app.ctx.counting = asyncio.ensure_future(self._go_on())

        async def stop(app: Sanic, _loop: object) -> None:
            app.ctx.counting.cancel()

        app.register_listener(start, "after_server_start")
        app.register_listener(stop, "before_server_stop")

    def count(self) -> int:
        """Count what is to be counted now; how many days that were."""
        return count_closed_days(self._engine, self._zone, self._clock())

    async def _go_on(self) -> None:
        while True:
            try:
                await asyncio.to_thread(self.count)
            except Exception as error:  # a database that is away comes back
                logger.error("staff.counting.failed", reason=type(error).__name__)
            await asyncio.sleep(_LOOK)
