"""What was erased, across a restoration: learnt from everything that knows it, and erased again."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from assistant import privacy
from assistant.clock import utc_now
from assistant.conversations import models
from assistant.database import BOOKINGS, CONVERSATIONS, database_url, empty_log, migrate, open_database, reading
from assistant.operations.backup import is_sqlite, sqlite_files
from assistant.privacy import CONVERSATION, REQUEST, Ledger
from bookings import privacy as requests
from bookings.requests import BookingStore
from bookings.secrets import ContactCipher

_DELETED = models.Deleted.__table__


def learn_erased(ledger: Ledger, of_backup: Path) -> None:
    """Note in the ledger what the present databases and the backup's own ledger know of."""
    conversations, bookings = _of_conversations(), _of_requests()
    other = Ledger(of_backup)
    ledger.add(CONVERSATION, conversations | other.read(CONVERSATION))
    ledger.add(REQUEST, bookings | other.read(REQUEST))


def keep_erased(ledger: Ledger) -> int:
    """Erase what has come back of conversations and requests that were erased; how many."""
    conversations, bookings = _open(CONVERSATIONS), _open(BOOKINGS)
    try:
        for area, engine in ((CONVERSATIONS, conversations), (BOOKINGS, bookings)):
            migrate(engine, area)
        count = privacy.keep_erased(conversations, ledger, time.time())
        store = BookingStore(bookings, ContactCipher.load(), frozenset(), utc_now)
        of_requests = requests.erase_again(store, ledger.read(REQUEST), utc_now())
        ledger.add(REQUEST, requests.erased(bookings))
        for engine in (conversations, bookings):
            empty_log(engine)
        return count + of_requests
    finally:
        conversations.dispose()
        bookings.dispose()


def _of_conversations() -> set[str]:
    def read(engine: Engine) -> set[str]:
        with reading(engine) as session:
            return set(session.execute(sa.select(_DELETED.c.conversation_id)).scalars())

    return _known(CONVERSATIONS, read)


def _of_requests() -> set[str]:
    return _known(BOOKINGS, requests.erased)


def _known(area: str, read: Callable[[Engine], set[str]]) -> set[str]:
    """What a database that is to be replaced knows; nothing if there is none, or none that can be read."""
    if is_sqlite() and not sqlite_files()[area].exists():
        return set()
    with suppress(SQLAlchemyError):
        engine = _open(area)
        try:
            return read(engine)
        finally:
            engine.dispose()
    return set()


def _open(area: str) -> Engine:
    return open_database(database_url(area))
