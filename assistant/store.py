"""The conversation store: Rasa's SQL tracker store, with the read model, a bounded cost and no silent loss.

Rasa wraps every store in one that answers any exception with a write-only memory, and its SQL store ends the process
over some: so nothing that a database does wrong leaves this one. A turn that cannot be stored waits on the disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
import structlog
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import SQLTrackerStore, TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event as RasaEvent
from rasa.shared.core.events import SlotSet
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, sessionmaker

from assistant import metrics
from assistant.conversations import erasure, windows
from assistant.conversations.messages import Message
from assistant.conversations.projection import Projection
from assistant.conversations.sealing import known_of
from assistant.conversations.spool import Spool
from assistant.conversations.storable import storable
from assistant.conversations.turns import ConversationDeleted, Turn, is_replayed, write_turn
from assistant.conversations.windows import Known
from assistant.database import CONVERSATIONS, database_url, migrate, open_database, reading, writing
from assistant.settings import var_dir

logger = structlog.get_logger()

_KNOWN = "_known"  # the attribute of a tracker that says what the database holds of it
_MOST_KNOWN = 1000  # conversations that are remembered
_REST = 2.0  # seconds that a database which failed is left alone
_FAILURES = (SQLAlchemyError, OSError)
_OUTAGES = (OperationalError, InterfaceError, PoolTimeout, OSError)

Listener = Callable[[str, Sequence[Message]], None]
Writer = Callable[[Session, str, Sequence[Message], float], None]


class ConversationStore(SQLTrackerStore):
    """Keeps what was said.

    While the database is out, visitors are answered from what this process remembers, and their turns are spooled; when
    it is back, the spool is written first.
    """

    def __init__(self, domain: Domain | None = None, event_broker: EventBroker | None = None, **kwargs: Any) -> None:
        self._remembered: OrderedDict[str, Known] = OrderedDict()
        TrackerStore.__init__(self, domain, event_broker)  # not Rasa's SQL store: it waits for the database for ever
        self.engine = open_database(database_url(CONVERSATIONS))
        self.sessionmaker = sessionmaker(bind=self.engine)
        self.spool = Spool(var_dir() / "spool")
        self._listeners: list[Listener] = []
        self._writers: list[Writer] = []
        self._lock = threading.Lock()
        self._is_migrated = False
        self._out_until = 0.0
        with contextlib.suppress(*_FAILURES):
            self._use()

    @property
    def domain(self) -> Domain:
        """What the trackers are made for."""
        return self._domain

    @domain.setter
    def domain(self, domain: Domain | None) -> None:
        self._domain = domain or Domain.empty()
        self._remembered.clear()  # another model may have other slots

    def on_turn(self, listener: Listener) -> None:
        """Have somebody told of every turn in this process: the conversation, and what was said in it."""
        self._listeners.append(listener)

    def with_turn(self, writer: Writer) -> None:
        """Have somebody write in the transaction that stores a turn: the conversation, what was said, and when.

        Not for a turn that waited in the spool: whoever answered it then has dealt with it by other means.
        """
        self._writers.append(writer)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Add the tracker's new events, all or none; on the disk if the database is out."""
        await self.stream_events(tracker)
        await asyncio.to_thread(self._save, tracker)

    async def record(self, conversation_id: str, events: Sequence[RasaEvent]) -> None:
        """Add events that no turn of Rasa made, such as an apology for one that failed."""
        tracker = await self.get_or_create_tracker(conversation_id, append_action_listen=False)
        for event in events:
            tracker.update(event)
        await self.save(tracker)

    async def _retrieve(self, sender_id: str, fetch_events_from_all_sessions: bool) -> DialogueStateTracker | None:
        read = self._read_whole if fetch_events_from_all_sessions else self._read
        known = await asyncio.to_thread(read, sender_id)
        if known is None:
            return None
        setattr(known.tracker, _KNOWN, known)
        return known.tracker

    def ping(self) -> None:
        """Ask the database for a sign of life; raises its error if there is none."""
        with self.reading() as session:
            session.execute(sa.text("SELECT 1"))

    def replay(self) -> int:
        """Write what waits in the spool, if the database takes it; how many turns that were."""
        if self.spool.is_empty() or self.is_out:
            return 0
        try:
            self._use()
            return self._replay()
        except _FAILURES as error:
            self._failed(error)
            return 0

    @property
    def is_out(self) -> bool:
        """Whether the database has just failed, and is left alone for a moment."""
        return time.monotonic() < self._out_until

    @contextlib.contextmanager
    def reading(self) -> Iterator[Session]:
        """A transaction that reads. Raises: what the database raises, at once while it is out."""
        self._use()
        with self._watched(), reading(self.engine) as session:
            yield session

    @contextlib.contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction that writes. Raises: what the database raises, at once while it is out."""
        self._use()
        with self._watched(), writing(self.engine) as session:
            yield session

    def remembered(self, conversation_id: str) -> DialogueStateTracker | None:
        """What this process remembers of a conversation: all that there is while the database is out."""
        known = self._remembered.get(conversation_id)
        return known.tracker if known else None

    def erased(self, conversation_ids: Iterable[str] = ()) -> set[str]:
        """Those that were erased, by whichever process, of some conversations and of all that this one remembers."""
        with self.reading() as session:
            return erasure.erased_of(session, {*conversation_ids, *list(self._remembered)})

    def forget(self, conversation_id: str) -> None:
        """Forget what this process remembers of a conversation."""
        with self._lock:
            self._remembered.pop(conversation_id, None)

    @contextlib.contextmanager
    def session_scope(self) -> Iterator[Session]:
        """A database session that is closed whatever happens; errors go to the caller (stock Rasa exits on some)."""
        session = self.sessionmaker()
        try:
            yield session
        finally:
            session.close()

    def _save(self, tracker: DialogueStateTracker) -> None:
        known = getattr(tracker, _KNOWN, None) or self._known_of(tracker)
        events = known.new_events()
        if not events:
            return
        after, window = known.moved_on(self.domain.slots)
        stored = storable([event.as_dict() for event in events])
        named = known_of(storable([event.as_dict() for event in tracker.events if isinstance(event, SlotSet)]))
        turn = Turn(storable(tracker.sender_id), stored, known.event_count, window, known=sorted(named))
        try:
            messages, is_whole = self._write(turn)
        except ConversationDeleted:
            logger.info("conversations.turn.dropped", reason="the conversation was deleted")
            return
        except OSError as error:  # nor does the disk take it: this process keeps it, and stores it with the next turn
            logger.error("conversations.turn.unstored", reason=type(error).__name__)
            self._remember(tracker.sender_id, known)
            return
        setattr(tracker, _KNOWN, Known(tracker, known.seq, known.snapshot, len(tracker.events)))
        if is_whole:
            self._remember(tracker.sender_id, after)
        for listener in self._listeners:
            listener(tracker.sender_id, messages)

    def _write(self, turn: Turn) -> tuple[Sequence[Message], bool]:
        """Store a turn; what was said in it, and whether this process knows the whole conversation."""
        try:
            self._use()
            if not self.spool.is_empty():
                self._replay()
            with writing(self.engine) as session:
                written = write_turn(session, turn)
                for writer in self._writers:
                    writer(session, turn.conversation_id, written.messages, time.time())
            return written.messages, written.alone
        except ConversationDeleted:
            raise
        except Exception as error:  # whatever is wrong with the database or the turn, what was said is kept
            self._failed(error)
        self.spool.append(turn)
        projection = Projection(1, turn.first_seq or 0).add(turn.events)
        return [message.numbered(None) for message in projection.messages], True

    def _replay(self) -> int:
        count = self.spool.replay(self._write_spooled)
        if count:
            logger.info("conversations.spool.replayed", turns=count)
        return count

    def _write_spooled(self, turn: Turn) -> None:
        self.forget(turn.conversation_id)
        try:
            try:
                self._write_once(turn)
            except IntegrityError:  # its message was sent again, and is stored by another turn: both were answered
                self._write_once(turn.renamed())
        except ConversationDeleted:
            logger.info("conversations.turn.dropped", reason="the conversation was deleted")
        except _OUTAGES:
            raise
        except Exception as error:  # it would be refused for ever, and the turns after it would wait for ever
            self.spool.set_aside(turn)
            logger.error("conversations.spool.refused", reason=type(error).__name__, turn_id=turn.turn_id)

    def _write_once(self, turn: Turn) -> None:
        with writing(self.engine) as session:
            if not is_replayed(session, turn):
                write_turn(session, turn, replayed=True)

    def _read(self, sender_id: str) -> Known | None:
        with self._lock:
            remembered = self._remembered.pop(sender_id, None)
        try:
            self._use()
            if not self.spool.is_empty():
                self._replay()
            with reading(self.engine) as session:
                return windows.latest(session, storable(sender_id), remembered, self.domain.slots)
        except Exception as error:  # whatever is wrong, the visitor is answered
            self._failed(error)
        if remembered is None:
            return None
        self._remember(sender_id, remembered)
        return remembered.copied(self.domain.slots)

    def _read_whole(self, sender_id: str) -> Known | None:
        """The conversation from its beginning; as far back as it is remembered if the database is out."""
        try:
            with self.reading() as session:
                return windows.whole(session, storable(sender_id), self.domain.slots)
        except Exception as error:
            self._failed(error)
            return self._read(sender_id)

    def _known_of(self, tracker: DialogueStateTracker) -> Known:
        """What the database holds of a tracker that was not read from it."""
        known = self._read(tracker.sender_id)
        return Known(tracker, known.seq, known.snapshot, known.stored) if known else Known(tracker, 0, 0, 0)

    def _remember(self, sender_id: str, known: Known) -> None:
        with self._lock:
            self._remembered[sender_id] = known
            if len(self._remembered) > _MOST_KNOWN:
                self._remembered.popitem(last=False)

    def _use(self) -> None:
        """Make sure of the tables. Raises: OSError while the database is left alone."""
        if self.is_out:
            raise ConnectionError("the database has just failed")
        if not self._is_migrated:
            with self._watched():
                migrate(self.engine, CONVERSATIONS)
                erasure.erase_again(self.engine)  # a backup may have brought something back
            self._is_migrated = True

    @contextlib.contextmanager
    def _watched(self) -> Iterator[None]:
        try:
            yield
        except _OUTAGES as error:
            self._failed(error)
            raise

    def _failed(self, error: Exception) -> None:
        if self.is_out:
            return
        metrics.STORE_FAILURES.inc()
        if isinstance(error, _OUTAGES):
            self._out_until = time.monotonic() + _REST
        logger.error("conversations.database.failed", reason=type(error).__name__)


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
