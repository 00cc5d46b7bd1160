"""One turn at a time in a conversation, whichever server processes its messages reach.

Rasa's own lock in Redis is read, changed and written in three steps, so two servers can hold it at once. Here
PostgreSQL decides: an advisory lock for each conversation, which ends with the connection of a process that is killed.
On SQLite one server runs, and the order in this process is enough. While the database is out, each server keeps order
by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator
from typing import Any
from weakref import WeakValueDictionary

import sqlalchemy as sa
import structlog
from rasa.core.lock_store import LockError, LockStore
from sqlalchemy.exc import SQLAlchemyError

from assistant.database import CONVERSATIONS, database_url, open_database

logger = structlog.get_logger()

_PATIENCE = 60.0  # seconds that a message waits for those before it
_LOOK_AGAIN = 0.02  # seconds
_REST = 2.0  # seconds that a database which failed is left alone
_TRY = sa.text("SELECT pg_try_advisory_lock(hashtextextended(:name, 1))")
_END = sa.text("SELECT pg_advisory_unlock(hashtextextended(:name, 1))")


class ConversationLocks(LockStore):
    """The locks of one server process."""

    def __init__(self, endpoint_config: object = None) -> None:
        engine = open_database(database_url(CONVERSATIONS))
        self._shared = _SharedLocks(engine) if engine.dialect.name == "postgresql" else None
        # Of the conversations that somebody is at or waits for.
        self._here: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @contextlib.asynccontextmanager
    async def lock(
        self, conversation_id: str, lock_lifetime: float = 0, wait_time_in_seconds: float = 0
    ) -> AsyncIterator[None]:
        """Wait for a conversation and keep it for the block. Raises: LockError if that takes too long."""
        until = time.monotonic() + _PATIENCE
        turn = self._here.setdefault(conversation_id, asyncio.Lock())
        try:
            await asyncio.wait_for(turn.acquire(), _PATIENCE)
        except asyncio.TimeoutError:
            raise LockError("The messages before this one take too long.") from None
        try:
            async with self._among_servers(conversation_id, until):
                yield
        finally:
            turn.release()

    @contextlib.asynccontextmanager
    async def _among_servers(self, conversation_id: str, until: float) -> AsyncIterator[None]:
        if self._shared is None:
            yield
            return
        while (held := await asyncio.to_thread(self._shared.take, conversation_id)) is False:
            if time.monotonic() > until:
                raise LockError("Another server is at this conversation for too long.")
            await asyncio.sleep(_LOOK_AGAIN)
        try:
            yield
        finally:
            if held:
                await asyncio.to_thread(self._shared.give_back, conversation_id)


class _SharedLocks:
    """Advisory locks of one process, all held by one connection."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self._connection: Any = None
        self._one_at_a_time = threading.Lock()
        self._out_until = 0.0

    def take(self, name: str) -> bool | None:
        """Whether this process has the lock now; None if the database does not answer."""
        with self._one_at_a_time:
            return self._ask(_TRY, name)

    def give_back(self, name: str) -> None:
        """Let other servers have it."""
        with self._one_at_a_time:
            self._ask(_END, name)

    def _ask(self, question: Any, name: str) -> bool | None:
        if time.monotonic() < self._out_until:
            return None
        try:
            if self._connection is None:
                self._connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            return bool(self._connection.execute(question, {"name": name}).scalar())
        except SQLAlchemyError as error:
            logger.error("locks.database.failed", reason=type(error).__name__)
            self._out_until = time.monotonic() + _REST
            self._drop()
            return None

    def _drop(self) -> None:
        with contextlib.suppress(SQLAlchemyError):
            if self._connection is not None:
                self._connection.invalidate()
                self._connection.close()
        self._connection = None
