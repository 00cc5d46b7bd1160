"""A clock that tests move, a store of requests, and both kinds of database."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from itertools import count
from pathlib import Path
from threading import Barrier
from typing import Any

import pgserver
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine, make_url

from assistant.database import BOOKINGS, migrate, open_database
from bookings.models import Kind, OutboxMessage, State, Target
from bookings.records import NewRequest
from bookings.requests import BookingStore
from bookings.secrets import ContactCipher
from bookings.slotfile import OfferedSlot
from bookings.slots import SlotBook
from tests.bookings.delivery import MailBox, Office, Receiver, open_office, sqlite_url

NOW = datetime(2025, 3, 4, 17, 0, tzinfo=timezone.utc)
NEXT_WEEK = NOW + timedelta(days=7)
_numbers = count()


class Clock:
    """The present moment, as the test says."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def cipher() -> ContactCipher:
    return ContactCipher(b"k" * 32)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    # The server may run as a user of its own, which cannot enter pytest's folders.
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    server = pgserver.get_server(folder)
    # It lives as long as the tests: only they can crash, not the machine under it.
    _execute(server.get_uri(), "ALTER SYSTEM SET fsync = off")
    _execute(server.get_uri(), "SELECT pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """A database with the tables, which new ones are copied from."""
    _execute(postgres_server, "CREATE DATABASE migrated")
    engine = open_database(_database(postgres_server, "migrated"))
    migrate(engine, BOOKINGS)
    engine.dispose()
    return "migrated"


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """An empty database."""
    name = f"empty{next(_numbers)}"
    _execute(postgres_server, f"CREATE DATABASE {name}")
    yield _database(postgres_server, name)
    _execute(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with the tables and nothing in them."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'bookings.db'}"
        migrate(open_database(url), BOOKINGS)
        yield url
        return
    server, template = request.getfixturevalue("postgres_server"), request.getfixturevalue("postgres_template")
    name = f"bookings{next(_numbers)}"
    _execute(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield _database(server, name)
    _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = open_database(url)
    yield engine
    engine.dispose()


@pytest.fixture
def store(engine: Engine, cipher: ContactCipher, clock: Clock) -> BookingStore:
    return BookingStore(engine, cipher, frozenset(Target), clock)


@pytest.fixture
def messages(engine: Engine, cipher: ContactCipher):
    """What lies in the outbox: target, event and payload of each message."""

    def read() -> list[tuple[str, str, dict[str, Any]]]:
        return [
            (row.target, row.event, json.loads(cipher.decrypt(row.payload, "outbox.payload")))
            for row in rows(engine, OutboxMessage)
        ]

    return read


@pytest.fixture
def slots(engine: Engine, clock: Clock) -> SlotBook:
    book = SlotBook(engine, clock)
    book.offer([OfferedSlot(NEXT_WEEK, 30), OfferedSlot(NEXT_WEEK + timedelta(hours=1), 30)])
    return book


def a_request(key: str = "form-1", **other: Any) -> NewRequest:
    """Maria's request."""
    values: dict[str, Any] = {
        "submission_key": key,
        "conversation_id": "conversation-1",
        "kind": Kind.CONSULTATION,
        "name": "Maria O'Neil",
        "contact_kind": "phone",
        "contact": "+14155550134",
        "topic": "chronic pain",
        "preferred_times": [{"words": "Thursday mornings", "days": [3], "dayparts": ["morning"], "at": None}],
        "consent_version": "2025-01",
        "consent_at": NOW - timedelta(minutes=1),
        "due_at": NOW + timedelta(days=1),
    }
    return NewRequest(**{**values, **other})


def request_in(store: BookingStore, state: State, **other: Any) -> str:
    """A request that came to this state."""
    reference = store.submit(a_request(key=f"form-{state.value}", **other)).reference
    if state in (State.SCHEDULED, State.NO_SHOW):
        store.confirm_time(reference, NEXT_WEEK, 30, "Dana")
    if state not in (State.NEW, State.SCHEDULED):
        store.move(reference, state, "Dana")
    return reference


def kinds(found: list[tuple[str, str, dict[str, Any]]]) -> list[tuple[str, str]]:
    return [(target, event) for target, event, _ in found]


def rows(engine: Engine, table: Any) -> list[Any]:
    """All rows of a table, in the order in which they were written."""
    with engine.connect() as connection:
        return list(connection.execute(sa.select(table.__table__).order_by(*table.__table__.primary_key.columns)))


def at_once(number: int, work: Callable[[int], Any]) -> list[Any]:
    """What `number` threads that start at the same moment return or raise."""
    start = Barrier(number)

    def one(index: int) -> Any:
        start.wait()
        try:
            return work(index)
        except Exception as problem:
            return problem

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(one, range(number)))


def _database(server: str, name: str) -> str:
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def _execute(server: str, statement: str) -> None:
    engine = open_database(server).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(statement))
    engine.dispose()


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return open_office(sqlite_url(tmp_path))


@pytest.fixture
def mailbox() -> Iterator[MailBox]:
    mailbox = MailBox()
    mailbox.start()
    yield mailbox
    mailbox.stop()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    receiver.start()
    yield receiver
    receiver.stop()
