"""Many at once, and processes that die in the middle: the store is whole each time."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy.engine import Engine

from bookings.lookups import TooManyAttempts
from bookings.models import ConsultationRequest, FailedLookup, OutboxMessage, RequestHistory, SlotClaim, State
from bookings.progress import NotPossible
from bookings.requests import VISITOR, BookingStore
from bookings.slotfile import OfferedSlot
from bookings.slots import SlotBook, SlotTaken
from tests.bookings.conftest import NOW, a_request
from tests.conftest import PROJECT_DIR
from tests.databases import at_once, rows


@pytest.fixture
def slot(engine: Engine, clock) -> int:
    """The one time that is offered."""
    book = SlotBook(engine, clock)
    book.offer([OfferedSlot(NOW + timedelta(days=1), 30)])
    return book.free(NOW, 1)[0].id


@pytest.fixture
def die(url: str) -> Iterator[Callable[[str], int]]:
    """Gives an order to a process that dies at once; says how it ended."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.bookings.dying_writer", url]
    with subprocess.Popen(
        command, cwd=PROJECT_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as writer:
        assert writer.stdin is not None and writer.stdout is not None

        def order(text: str) -> int:
            writer.stdin.write(text + "\n")
            return int(writer.stdout.readline())

        yield order
        writer.stdin.close()


def assert_whole(engine: Engine) -> None:
    """Each request has its one line of history and its two messages; there is none of these without a request."""
    requests = {row.id: 1 for row in rows(engine, ConsultationRequest)}
    assert Counter(row.request_id for row in rows(engine, RequestHistory)) == requests
    assert Counter(row.request_id for row in rows(engine, OutboxMessage)) == {number: 2 for number in requests}
    assert {row.request_id for row in rows(engine, SlotClaim)} <= set(requests)


def test_of_fifty_requests_for_one_slot_one_wins_and_49_are_told(store: BookingStore, slot: int, engine) -> None:
    ends = at_once(50, lambda number: store.submit(a_request(f"form-{number}", slot_id=slot)))
    assert Counter(type(end).__name__ for end in ends) == {"Receipt": 1, "SlotTaken": 49}
    (winner,) = [end for end in ends if not isinstance(end, SlotTaken)]
    assert [row.reference for row in rows(engine, ConsultationRequest)] == [winner.reference]
    assert len(rows(engine, SlotClaim)) == 1
    assert_whole(engine)


@pytest.mark.parametrize("number", [10, 20])
def test_the_same_submission_in_parallel_is_one_request(number: int, store: BookingStore, slot: int, engine) -> None:
    receipts = at_once(number, lambda _: store.submit(a_request(slot_id=slot)))
    assert len({receipt.reference for receipt in receipts}) == 1
    assert sorted(receipt.created for receipt in receipts) == [False] * (number - 1) + [True]
    assert len(rows(engine, ConsultationRequest)) == 1
    assert_whole(engine)


def test_different_submissions_in_parallel_are_all_stored(store: BookingStore, engine) -> None:
    receipts = at_once(30, lambda number: store.submit(a_request(f"form-{number}")))
    assert len({receipt.reference for receipt in receipts}) == 30
    assert_whole(engine)


def test_staff_who_move_one_request_at_once_do_so_once(store: BookingStore) -> None:
    reference = store.submit(a_request()).reference
    ends = at_once(10, lambda number: store.move(reference, State.CONTACTED, f"staff {number}"))
    assert Counter(type(end) for end in ends)[NotPossible] == 9
    assert [entry.event for entry in store.get(reference).history] == ["created", "state"]


def test_a_visitor_who_cancels_while_staff_confirm_leaves_one_true_state(store: BookingStore) -> None:
    for number in range(5):
        reference = store.submit(a_request(f"form-{number}")).reference

        def act(who: int, reference: str = reference) -> object:
            if who == 0:
                return store.cancel(reference, VISITOR)
            return store.confirm_time(reference, NOW + timedelta(days=1), 30, "Dana")

        cancelled, confirmed = at_once(2, act)
        assert not isinstance(cancelled, Exception)
        events = [entry.event for entry in store.get(reference).history]
        if isinstance(confirmed, NotPossible):
            assert events == ["created", "cancelled"]
        else:
            assert events == ["created", "scheduled", "cancelled"]
        assert store.get(reference).state is State.CANCELLED


def test_guesses_in_parallel_are_counted_too(store: BookingStore, engine) -> None:
    reference = store.submit(a_request()).reference
    ends = at_once(30, lambda number: store.find(reference, f"+14155550{number + 200}", "guesser"))
    assert Counter(type(end) for end in ends) == {type(None): 5, TooManyAttempts: 25}
    assert len(rows(engine, FailedLookup)) == 10


def test_a_process_that_dies_at_any_statement_leaves_none_or_one(die, store: BookingStore, slot: int, engine) -> None:
    assert slot == 1
    for number in range(1, 50):
        ended = die(f"statement {number} form-1")
        if ended == 0:
            break
        assert ended == -9
        assert rows(engine, ConsultationRequest) == rows(engine, SlotClaim) == rows(engine, OutboxMessage) == []
    assert 8 <= number < 49
    assert len(rows(engine, ConsultationRequest)) == 1
    assert store.submit(a_request(slot_id=slot)).created is False
    assert_whole(engine)


def test_a_process_killed_at_twenty_random_moments_leaves_only_whole_requests(die, store: BookingStore, engine) -> None:
    moments = random.Random(4)
    written = 0
    for round_number in range(20):
        assert die(f"after {moments.randint(0, 60)} round{round_number}") == -9
        assert_whole(engine)
        now = len(rows(engine, ConsultationRequest))
        # A repeat of what may or may not be there is one request in the end.
        store.submit(a_request(f"round{round_number}-{now - written}"))
        written = len(rows(engine, ConsultationRequest))
        assert written == now + 1
        assert_whole(engine)
    assert written >= 40
