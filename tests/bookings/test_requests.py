"""What the store holds after a form was sent or changed, and what staff see, on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bookings.models import (
    ConsultationRequest,
    Kind,
    OutboxMessage,
    RequestHistory,
    State,
    Target,
)
from bookings.progress import NotPossible
from bookings.reference import read_reference
from bookings.requests import VISITOR, BookingStore
from bookings.slots import SlotTaken
from tests.bookings.conftest import NEXT_WEEK, NOW, a_request, kinds, request_in
from tests.databases import rows


# Submitting
def test_a_request_is_stored_with_its_history_and_messages(store, engine, messages) -> None:
    receipt = store.submit(a_request())
    assert receipt.created and receipt.due_at == NOW + timedelta(days=1)
    assert read_reference(receipt.reference) == receipt.reference
    stored = store.get(receipt.reference)
    assert (stored.name, stored.contact, stored.topic) == ("Maria O'Neil", "+14155550134", "chronic pain")
    assert (stored.state, stored.kind, stored.created_at) == (State.NEW, Kind.CONSULTATION, NOW)
    assert stored.preferred_times[0]["words"] == "Thursday mornings"
    assert [(entry.event, entry.by, entry.to_state) for entry in stored.history] == [("created", VISITOR, State.NEW)]
    assert kinds(messages()) == [("staff_email", "request.created"), ("webhook", "request.created")]
    assert messages()[0][2] == {
        "event": "request.created",
        "reference": receipt.reference,
        "kind": "consultation",
        "state": "new",
        "name": "Maria O'Neil",
        "contact_kind": "phone",
        "contact": "+14155550134",
        "topic": "chronic pain",
        "preferred_times": [{"words": "Thursday mornings", "days": [3], "dayparts": ["morning"], "at": None}],
        "due_at": "2025-03-05T17:00:00+00:00",
        "appointment_at": None,
        "appointment_minutes": None,
        "calendar_sequence": 0,
        "occurred_at": "2025-03-04T17:00:00+00:00",
    }
    assert {row.next_attempt_at for row in rows(engine, OutboxMessage)} == {NOW}


def test_nothing_personal_is_stored_in_clear_or_shown_by_repr(store, engine) -> None:
    request = a_request()
    view = store.get(store.submit(request).reference)
    stored = repr([tuple(row) for table in (ConsultationRequest, OutboxMessage) for row in rows(engine, table)])
    for said in ("Maria", "4155550134", "pain"):
        assert said not in stored + repr(request) + repr(view)


def test_the_same_form_sent_again_is_the_same_request(store, engine, clock) -> None:
    first = store.submit(a_request())
    clock.forward(hours=3)
    again = store.submit(a_request(name="Somebody else", due_at=NOW + timedelta(days=9)))
    assert (again.reference, again.created, again.due_at) == (first.reference, False, first.due_at)
    assert store.get(first.reference).name == "Maria O'Neil"
    assert [len(rows(engine, table)) for table in (ConsultationRequest, RequestHistory, OutboxMessage)] == [1, 1, 2]


def test_another_form_is_another_request(store) -> None:
    assert store.submit(a_request("a")).reference != store.submit(a_request("b")).reference


def test_a_call_back_needs_no_contact_and_has_its_own_event(store, messages) -> None:
    reference = store.submit(a_request(kind=Kind.CALL_BACK, contact_kind="none", contact="", name="")).reference
    assert {event for _, event in kinds(messages())} == {"call_back.requested"}
    assert store.find(reference, "", "conversation-1") is None


def test_without_targets_the_request_is_stored_and_no_message_written(engine, cipher, clock, messages) -> None:
    store = BookingStore(engine, cipher, frozenset(), clock)
    assert store.get(store.submit(a_request()).reference).state is State.NEW
    assert messages() == []


NASTY = [
    "Robert'); DROP TABLE slots;--",
    "<script>alert(1)</script>",
    "李 José 🙂",
    "x" * 500,
    "a\x00b",
    "%s {0} :name",
]


@pytest.mark.parametrize("text", NASTY, ids=["sql", "html", "letters", "long", "nul", "placeholders"])
def test_any_text_comes_back_as_it_was(text: str, store, messages) -> None:
    wishes = [{"words": text, "days": [], "dayparts": [], "at": None}]
    reference = store.submit(a_request(name=text, topic=text, preferred_times=wishes)).reference
    stored = store.get(reference)
    assert (stored.name, stored.topic, stored.preferred_times[0]["words"]) == (text, text, text)
    assert messages()[0][2]["name"] == text


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": ""},
        {"key": "k" * 65},
        {"conversation_id": "c" * 256},
        {"contact_kind": "fax"},
        {"due_at": NOW.replace(tzinfo=None)},
        {"consent_version": ""},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_form_that_cannot_be_stored_whole_is_refused(wrong: dict[str, Any], store, engine) -> None:
    with pytest.raises(ValueError):
        store.submit(a_request(**wrong))
    assert rows(engine, ConsultationRequest) == []


# Slots
def test_a_slot_goes_to_the_request_that_held_it(store, slots) -> None:
    slot = slots.free(NOW, 5)[0]
    assert slots.hold(slot.id, "form-1", 600)
    assert store.get(store.submit(a_request(slot_id=slot.id)).reference).slot_id == slot.id
    assert slot.id not in [free.id for free in slots.free(NOW + timedelta(days=1), 5)]


def test_a_slot_that_another_holds_or_has_is_refused_and_nothing_is_stored(store, slots, engine, clock) -> None:
    slot = slots.free(NOW, 5)[0]
    slots.hold(slot.id, "another form", 600)
    with pytest.raises(SlotTaken):
        store.submit(a_request(slot_id=slot.id))
    assert [rows(engine, table) for table in (ConsultationRequest, RequestHistory, OutboxMessage)] == [[], [], []]
    clock.forward(minutes=11)
    store.submit(a_request(slot_id=slot.id))
    with pytest.raises(SlotTaken):
        store.submit(a_request("form-2", slot_id=slot.id))
    assert len(rows(engine, ConsultationRequest)) == 1


@pytest.mark.parametrize("which", ["past", "unknown"])
def test_a_slot_that_cannot_be_had_is_refused(which: str, store, slots, engine, clock) -> None:
    slot_id = slots.free(NOW, 5)[0].id if which == "past" else 999
    clock.forward(days=8)
    with pytest.raises(SlotTaken):
        store.submit(a_request(slot_id=slot_id))
    assert rows(engine, ConsultationRequest) == []


@pytest.mark.parametrize("end", [State.CANCELLED, State.DONE])
def test_a_request_that_ends_gives_its_slot_back(end: State, store, slots) -> None:
    slot = slots.free(NOW, 5)[0]
    reference = store.submit(a_request(slot_id=slot.id)).reference
    store.move(reference, State.CONTACTED, "Dana")
    assert slot.id not in [free.id for free in slots.free(NOW, 5)]
    store.move(reference, end, "Dana")
    assert slot.id in [free.id for free in slots.free(NOW, 5)]
    assert store.submit(a_request("form-2", slot_id=slot.id)).created


def test_a_slot_stays_when_its_time_is_confirmed_and_goes_when_another_is(store, slots) -> None:
    slot = slots.free(NOW, 5)[0]
    reference = store.submit(a_request(slot_id=slot.id)).reference
    assert store.confirm_time(reference, slot.starts_at, 30, "Dana").slot_id == slot.id
    assert store.confirm_time(reference, slot.starts_at + timedelta(days=1), 30, "Dana").slot_id is None
    assert slot.id in [free.id for free in slots.free(NOW, 5)]


# Changing
def test_a_change_is_stored_noted_by_name_and_told(store, clock, messages, engine) -> None:
    reference = store.submit(a_request()).reference
    clock.forward(minutes=5)
    changed = store.change(reference, VISITOR, contact_kind="email", contact="m@example.org", name="Maria Lopez")
    assert (changed.name, changed.contact_kind, changed.contact) == ("Maria Lopez", "email", "m@example.org")
    assert store.get(reference) == changed
    assert (changed.history[-1].event, changed.history[-1].fields) == ("changed", ("name", "contact"))
    assert changed.updated_at == NOW + timedelta(minutes=5)
    assert "example.org" not in repr([tuple(row) for row in rows(engine, RequestHistory)])
    told = messages()[2:]
    assert kinds(told) == [("staff_email", "request.changed"), ("webhook", "request.changed")]
    assert told[0][2]["contact"] == "m@example.org"
    assert messages()[0][2]["contact"] == "+14155550134"


def test_what_is_no_change_is_not_told(store, messages) -> None:
    reference = store.submit(a_request()).reference
    before = store.get(reference)
    times = before.preferred_times
    same = store.change(reference, VISITOR, name=before.name, contact_kind="phone", contact=before.contact)
    assert store.change(reference, VISITOR, preferred_times=times) == same == before
    assert len(messages()) == 2


@pytest.mark.parametrize(
    "wrong", [{"contact": "x@y.org"}, {"contact_kind": "email"}, {"contact": "1", "contact_kind": "fax"}]
)
def test_half_a_contact_is_refused(wrong: dict[str, str], store) -> None:
    reference = store.submit(a_request()).reference
    with pytest.raises(ValueError):
        store.change(reference, VISITOR, **wrong)
    assert store.get(reference).contact == "+14155550134"


@pytest.mark.parametrize("state", [State.DONE, State.CANCELLED])
def test_what_is_over_does_not_change(state: State, store, messages) -> None:
    reference = request_in(store, state)
    before = store.get(reference), messages()
    with pytest.raises(NotPossible) as raised:
        store.change(reference, VISITOR, name="Other")
    assert raised.value.state is state
    with pytest.raises(NotPossible):
        store.confirm_time(reference, NEXT_WEEK, 30, "Dana")
    assert (store.get(reference), messages()) == before


# Lists for staff
def test_staff_see_what_is_open_most_urgent_first_and_what_is_overdue(store) -> None:
    late = store.submit(a_request("late", due_at=NOW + timedelta(hours=1))).reference
    calm = store.submit(a_request("calm", due_at=NOW + timedelta(days=2))).reference
    called = store.submit(a_request("called", due_at=NOW + timedelta(hours=2))).reference
    gone = store.submit(a_request("gone")).reference
    store.move(called, State.CONTACTED, "Dana")
    store.cancel(gone, VISITOR)
    assert [request.reference for request in store.list_open()] == [late, called, calm]
    assert [request.reference for request in store.overdue(NOW + timedelta(hours=3))] == [late]
    assert store.overdue(NOW) == []


def test_only_the_named_targets_get_messages(engine, cipher, clock, messages) -> None:
    store = BookingStore(engine, cipher, frozenset({Target.WEBHOOK}), clock)
    store.submit(a_request())
    assert kinds(messages()) == [("webhook", "request.created")]
