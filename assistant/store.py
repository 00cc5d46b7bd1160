"""The conversation store: Rasa's SQL tracker store on SQLite in `var/`, or on the database of `DATABASE_URL`."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import SQLTrackerStore, TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import SessionStarted
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.orm import Session

from assistant.settings import var_dir

_EVENTS = SQLTrackerStore.SQLEvent.__table__
_STORED = "_stored_events"  # how many of a tracker's events the database holds; set when it is read or saved


class ConversationStore(SQLTrackerStore):
    """Keeps what was said, in Rasa's own table.

    Unlike Rasa's store it never ends the process over an unreadable conversation, reads a session in two indexed
    queries, and writes a turn without reading the conversation again.
    """

    def __init__(self, domain: Domain | None = None, event_broker: EventBroker | None = None, **kwargs: Any) -> None:
        url = os.environ.get("DATABASE_URL") or _sqlite_url()
        super().__init__(domain=domain, host=url, event_broker=event_broker)
        if url.startswith("sqlite"):
            self.engine = _sqlite_engine(url)
            self.sessionmaker.configure(bind=self.engine)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Add the tracker's new events, all or none."""
        await self.stream_events(tracker)
        stored = getattr(tracker, _STORED, None)
        if stored is None:
            stored = self._count(tracker.sender_id)
        rows = [_row(tracker.sender_id, event.as_dict()) for event in list(tracker.events)[stored:]]
        if rows:
            with self.engine.begin() as connection:
                connection.execute(_EVENTS.insert(), rows)
        setattr(tracker, _STORED, len(tracker.events))

    async def _retrieve(self, sender_id: str, fetch_events_from_all_sessions: bool) -> DialogueStateTracker | None:
        of_sender = _EVENTS.c.sender_id == sender_id
        with self.engine.connect() as connection:
            query = sa.select(_EVENTS.c.data).where(of_sender).order_by(_EVENTS.c.id)
            if not fetch_events_from_all_sessions:
                query = query.where(_EVENTS.c.id >= self._session_start(connection, sender_id))
            events = [json.loads(data) for (data,) in connection.execute(query)]
        if not events or not self.domain:
            return None
        tracker = DialogueStateTracker.from_dict(sender_id, events, self.domain.slots)
        if not fetch_events_from_all_sessions:
            setattr(tracker, _STORED, len(tracker.events))
        return tracker

    def _session_start(self, connection: sa.engine.Connection, sender_id: str) -> int:
        """The id of the event that began the visitor's last session; 0 if there is none."""
        query = sa.select(sa.func.max(_EVENTS.c.id)).where(
            _EVENTS.c.sender_id == sender_id, _EVENTS.c.type_name == SessionStarted.type_name
        )
        return connection.execute(query).scalar() or 0

    def _count(self, sender_id: str) -> int:
        with self.engine.connect() as connection:
            query = sa.select(sa.func.count()).where(
                _EVENTS.c.sender_id == sender_id, _EVENTS.c.id >= self._session_start(connection, sender_id)
            )
            return int(connection.execute(query).scalar())

    @contextlib.contextmanager
    def session_scope(self) -> Iterator[Session]:
        """A database session that is closed whatever happens; errors go to the caller (stock Rasa exits on some)."""
        session = self.sessionmaker()
        try:
            yield session
        finally:
            session.close()

    def ping(self) -> None:
        """Ask the database for a sign of life; raises its error if there is none."""
        with self.engine.connect() as connection:
            connection.execute(sa.text("SELECT 1"))


def conversation_store(store: TrackerStore) -> ConversationStore:
    """Our store inside the wrappers that Rasa puts around it.

    Raises: TypeError if another store is configured.
    """
    while not isinstance(store, ConversationStore):
        inner = getattr(store, "_tracker_store", None)
        if inner is None:
            raise TypeError(f"endpoints.yml configures {type(store).__name__}, not the conversation store")
        store = inner
    return store


def _row(sender_id: str, event: dict[str, Any]) -> dict[str, Any]:
    return {
        "sender_id": sender_id,
        "type_name": event["event"],
        "timestamp": event.get("timestamp"),
        "intent_name": event.get("parse_data", {}).get("intent", {}).get("name"),
        "action_name": event.get("name"),
        "data": json.dumps(event),
    }


def _sqlite_url() -> str:
    folder = var_dir()
    folder.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{folder / 'conversations.db'}"


def _sqlite_engine(url: str) -> sa.engine.Engine:
    """An engine that keeps its connections: opening one costs as much as a query."""
    engine = sa.create_engine(url, poolclass=sa.pool.QueuePool, connect_args={"check_same_thread": False})
    sa.event.listen(engine, "connect", _tune_sqlite)
    return engine


def _tune_sqlite(connection: Any, _: Any) -> None:
    """Let readers and one writer work side by side, and wait for a lock rather than fail."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA busy_timeout=5000")
    cursor.close()
