"""A clock that tests move, and a store of requests in both kinds of database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from assistant.database import BOOKINGS, migrate, open_database
from bookings.models import Kind, OutboxMessage, State, Target
from bookings.records import NewRequest
from bookings.requests import BookingStore
from bookings.secrets import ContactCipher
from bookings.slotfile import OfferedSlot
from bookings.slots import SlotBook
from tests.bookings.delivery import MailBox, Office, Receiver, open_office, sqlite_url
from tests.databases import rows

NOW = datetime(2025, 3, 4, 17, 0, tzinfo=timezone.utc)
NEXT_WEEK = NOW + timedelta(days=7)


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


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with the tables and nothing in them."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'bookings.db'}"
        migrate(open_database(url), BOOKINGS)
        yield url
        return
    with request.getfixturevalue("postgres").database(BOOKINGS) as url:
        yield url


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
