"""Reference and contact together open a request; guessing does not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bookings.lookups import TooManyAttempts
from bookings.models import (
    FailedLookup,
    State,
)
from bookings.reference import new_reference
from bookings.requests import VISITOR, UnknownRequest
from tests.bookings.conftest import NEXT_WEEK, NOW, a_request
from tests.databases import rows


@pytest.mark.parametrize(
    ("kind", "stored", "given"),
    [
        ("phone", "+14155550134", "+14155550134"),
        ("phone", "+14155550134", "+1 (415) 555-0134"),
        ("email", "Maria@Example.org", "maria@example.ORG "),
    ],
)
def test_reference_and_contact_together_find_the_request(kind, stored, given, store, engine) -> None:
    reference = store.submit(a_request(contact_kind=kind, contact=stored)).reference
    found = store.find(reference.lower().replace("-", " "), given, "conversation-2")
    assert found is not None and found.reference == reference
    assert rows(engine, FailedLookup) == []


def test_a_wrong_half_is_not_told_from_the_other(store, engine) -> None:
    reference = store.submit(a_request()).reference
    assert store.find(reference, "+14155550135", "conversation-2") is None
    assert store.find(new_reference(), "+14155550134", "conversation-2") is None
    assert store.find("+14155550134", "+14155550134", "conversation-2") is None
    counted = [row.who for row in rows(engine, FailedLookup)]
    assert counted.count("who conversation-2") == 3 and counted.count(f"reference {reference}") == 1
    assert not any("4155550134" in who for who in counted)


def test_after_five_wrong_tries_nobody_gets_in_from_there_for_an_hour(store, clock) -> None:
    reference = store.submit(a_request()).reference
    for _ in range(5):
        assert store.find(new_reference(), "+14155550134", "guesser") is None
        clock.forward(minutes=1)
    with pytest.raises(TooManyAttempts) as raised:
        store.find(reference, "+14155550134", "guesser")
    assert raised.value.retry_at == NOW + timedelta(hours=1)
    assert store.find(reference, "+14155550134", "the visitor") is not None
    clock.forward(minutes=54, seconds=59)
    with pytest.raises(TooManyAttempts):
        store.find(reference, "+14155550134", "guesser")
    clock.forward(seconds=1)
    assert store.find(reference, "+14155550134", "guesser") is not None


def test_many_who_try_one_reference_are_limited_together(store) -> None:
    reference = store.submit(a_request()).reference
    for number in range(5):
        assert store.find(reference, f"+1415555020{number}", f"guesser {number}") is None
    with pytest.raises(TooManyAttempts):
        store.find(reference, "+14155550134", "guesser 6")


def test_a_conversation_called_like_a_reference_does_not_lock_that_one(store) -> None:
    reference = store.submit(a_request()).reference
    for _ in range(5):
        store.find(new_reference(), "+14155550134", reference)
    assert store.find(reference, "+14155550134", "the visitor") is not None


def test_wrong_tries_are_forgotten_after_an_hour(store, clock, engine) -> None:
    store.find(new_reference(), "+14155550134", "a")
    clock.forward(hours=2)
    store.find("nothing", "+14155550134", "b")
    assert [row.who for row in rows(engine, FailedLookup)] == ["who b"]


@pytest.mark.parametrize("act", ["get", "cancel", "change", "move", "assign", "confirm_time"])
def test_an_unknown_reference_is_said_to_be_unknown(act: str, store) -> None:
    arguments = {
        "get": [],
        "cancel": [VISITOR],
        "change": [VISITOR],
        "move": [State.DONE, "Dana"],
        "assign": ["Dana", "Dana"],
        "confirm_time": [NEXT_WEEK, 30, "Dana"],
    }
    with pytest.raises(UnknownRequest):
        getattr(store, act)(new_reference(), *arguments[act])
