"""Requests and waiting messages are written anew when the key has changed."""

from __future__ import annotations

import pytest
from sqlalchemy.engine import Engine

from bookings.models import OutboxMessage
from bookings.requests import BookingStore
from bookings.resealing import reseal
from bookings.secrets import ContactCipher, Unreadable
from tests.bookings.conftest import a_request
from tests.databases import rows

NEW_KEY, OLD_KEY = b"n" * 32, b"k" * 32  # the latter is that of the fixture `cipher`


def test_requests_and_messages_open_with_the_new_key_alone(store: BookingStore, engine: Engine) -> None:
    references = [store.submit(a_request(f"form-{number}")).reference for number in range(3)]
    before = store.get(references[0])
    counts = reseal(engine, ContactCipher(NEW_KEY, [OLD_KEY]))
    assert counts == {"consultation_requests": 3, "outbox": len(rows(engine, OutboxMessage))}
    alone = ContactCipher(NEW_KEY)
    assert BookingStore(engine, alone, frozenset(), store._clock).get(references[0]) == before
    for row in rows(engine, OutboxMessage):
        assert alone.decrypt(row.payload, "outbox.payload")
    assert not reseal(engine, alone)
    with pytest.raises(Unreadable):
        reseal(engine, ContactCipher(b"x" * 32))
