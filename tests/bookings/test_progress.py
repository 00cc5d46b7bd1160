"""A request moves along as staff and visitor say, and the right ones hear of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bookings.models import (
    TRANSITIONS,
    State,
)
from bookings.progress import NotPossible
from bookings.requests import VISITOR
from tests.bookings.conftest import NEXT_WEEK, NOW, a_request, kinds, request_in


# Moving along
@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("to", [state for state in State if state not in (State.SCHEDULED, State.CANCELLED)])
def test_only_the_allowed_moves_happen(state: State, to: State, store) -> None:
    reference = request_in(store, state)
    before = store.get(reference)
    if to in TRANSITIONS[state]:
        moved = store.move(reference, to, "Dana")
        assert moved.state is to
        last = moved.history[-1]
        assert (last.event, last.by, last.from_state, last.to_state) == ("state", "Dana", state, to)
    else:
        with pytest.raises(NotPossible):
            store.move(reference, to, "Dana")
        assert store.get(reference) == before


def test_nobody_is_scheduled_without_a_time(store) -> None:
    reference = request_in(store, State.CONTACTED)
    with pytest.raises(NotPossible):
        store.move(reference, State.SCHEDULED, "Dana")
    assert store.get(reference).state is State.CONTACTED


def test_only_the_webhook_hears_of_what_staff_did(store, messages) -> None:
    store.move(store.submit(a_request()).reference, State.CONTACTED, "Dana")
    assert kinds(messages()[2:]) == [("webhook", "request.changed")]


def test_a_request_has_an_owner(store) -> None:
    reference = store.submit(a_request()).reference
    assert store.assign(reference, "Dana", "Dana").owner == "Dana"
    assert store.assign(reference, "Dana", "Dana").history[-1].event == "owner"
    assert len(store.assign(reference, None, "Kim").history) == 3
    assert store.get(reference).owner is None


def test_a_confirmed_time_reaches_the_visitor_by_email_each_time_it_moves(store, messages) -> None:
    reference = store.submit(a_request(contact_kind="email", contact="m@example.org")).reference
    confirmed = store.confirm_time(reference, NEXT_WEEK, 30, "Dana")
    assert (confirmed.state, confirmed.appointment_at, confirmed.calendar_sequence) == (State.SCHEDULED, NEXT_WEEK, 1)
    store.confirm_time(reference, NEXT_WEEK, 30, "Dana")
    store.confirm_time(reference, NEXT_WEEK + timedelta(hours=2), 45, "Dana")
    visitor = [payload for target, _, payload in messages() if target == "visitor_email"]
    assert [(told["event"], told["appointment_at"], told["calendar_sequence"]) for told in visitor] == [
        ("request.scheduled", "2025-03-11T17:00:00+00:00", 1),
        ("request.scheduled", "2025-03-11T19:00:00+00:00", 2),
    ]
    assert kinds(messages()[2:5]) == [
        ("staff_email", "request.scheduled"),
        ("webhook", "request.scheduled"),
        ("visitor_email", "request.scheduled"),
    ]


def test_no_email_goes_to_a_visitor_with_a_phone_only(store, messages) -> None:
    reference = request_in(store, State.SCHEDULED)
    store.cancel(reference, VISITOR)
    assert "visitor_email" not in [target for target, _ in kinds(messages())]


@pytest.mark.parametrize(
    ("at", "minutes"), [(NOW, 30), (NOW - timedelta(days=1), 30), (NEXT_WEEK.replace(tzinfo=None), 30), (NEXT_WEEK, 0)]
)
def test_an_impossible_time_is_refused(at, minutes, store) -> None:
    reference = store.submit(a_request()).reference
    with pytest.raises(ValueError):
        store.confirm_time(reference, at, minutes, "Dana")
    assert store.get(reference).state is State.NEW


# Cancelling
@pytest.mark.parametrize("state", [State.NEW, State.CONTACTED, State.SCHEDULED])
def test_a_visitor_cancels_and_is_told_if_a_time_was_confirmed(state: State, store, messages) -> None:
    reference = request_in(store, state, contact_kind="email", contact="m@example.org")
    before = len(messages())
    cancelled = store.cancel(reference, VISITOR)
    assert cancelled.state is State.CANCELLED
    told = messages()[before:]
    clinic = [("staff_email", "request.cancelled"), ("webhook", "request.cancelled")]
    assert kinds(told) == clinic + ([("visitor_email", "request.cancelled")] if state is State.SCHEDULED else [])
    if state is State.SCHEDULED:
        assert (told[2][2]["appointment_at"], told[2][2]["calendar_sequence"]) == ("2025-03-11T17:00:00+00:00", 2)


def test_cancelled_twice_is_cancelled_once(store, messages) -> None:
    reference = store.submit(a_request()).reference
    assert store.cancel(reference, VISITOR) == store.cancel(reference, VISITOR)
    assert len(messages()) == 4


def test_what_is_done_is_not_cancelled(store) -> None:
    reference = request_in(store, State.DONE)
    with pytest.raises(NotPossible):
        store.cancel(reference, VISITOR)
    assert store.get(reference).state is State.DONE


def test_a_confirmed_time_that_staff_take_back_leaves_the_visitors_calendar(store, messages) -> None:
    reference = request_in(store, State.SCHEDULED, contact_kind="email", contact="m@example.org")
    before = len(messages())
    moved = store.move(reference, State.CONTACTED, "Dana")
    assert (moved.appointment_at, moved.appointment_minutes, moved.calendar_sequence) == (None, None, 2)
    (visitor, webhook) = messages()[before:]
    assert visitor[:2] == ("visitor_email", "request.cancelled")
    assert (visitor[2]["appointment_at"], visitor[2]["state"]) == ("2025-03-11T17:00:00+00:00", "contacted")
    assert webhook[:2] == ("webhook", "request.changed") and webhook[2]["appointment_at"] is None
