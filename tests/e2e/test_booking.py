"""Bookings over the running assistant: what the visitor reads, and what the store then holds."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from assistant.clock import utc_now
from bookings.reference import new_reference
from bookings.slotfile import OfferedSlot
from bookings.slots import SlotBook

from ..conftest import Assistant, load_yaml

DIALOGUES = load_yaml("tests/e2e/booking_dialogues.yml")
SENT = re.compile(r"Your reference is (SR-\S+)\.")
ALL_AT_ONCE = "book me: I'm Maria, {contact}, Thursday mornings"


def book(assistant: Assistant, visitor: str, contact: str = "maria@example.com") -> str:
    """Book a consultation and return its reference."""
    assistant.say(visitor, ALL_AT_ONCE.format(contact=contact))
    found = SENT.search(assistant.texts(visitor, "yes"))
    assert found
    return found[1]


def stored_of(assistant: Assistant, visitor: str) -> list[Any]:
    return [view for view in assistant.bookings().list_open() if view.conversation_id == visitor]


@pytest.mark.parametrize("dialogue", DIALOGUES, ids=[dialogue["it"] for dialogue in DIALOGUES])
def test_a_booking(assistant: Assistant, dialogue: dict[str, Any]) -> None:
    visitor = uuid4().hex
    for said, expected, *not_expected in dialogue["turns"]:
        reply = assistant.texts(visitor, said)
        assert expected in reply, (said, reply)
        assert not any(words in reply for words in not_expected), (said, reply)
    requests = stored_of(assistant, visitor)
    if dialogue["stored"] is None:
        assert requests == []
        return
    (request,) = requests
    assert {
        "name": request.name,
        "contact": request.contact,
        "topic": request.topic,
        "kind": request.kind.value,
    } == dialogue["stored"]
    assert request.reference in reply
    assert request.consent_version


def test_yes_twice_and_a_second_booking_are_not_one_request_too_many(assistant: Assistant) -> None:
    visitor = uuid4().hex
    book(assistant, visitor)
    assistant.say(visitor, "yes")
    assert len(stored_of(assistant, visitor)) == 1
    book(assistant, visitor)
    assert len(stored_of(assistant, visitor)) == 2


def test_who_books_again_hears_of_the_request_that_is_sent_already(assistant: Assistant) -> None:
    visitor = uuid4().hex
    assert "already sent" not in assistant.texts(visitor, "book a consultation")
    assistant.say(visitor, "stop")
    reference = book(assistant, visitor)
    again = assistant.texts(visitor, "book a consultation")
    assert f"already sent a request in this chat: {reference}" in again and "What name" in again
    assert "none of this has been sent" in assistant.texts(visitor, "never mind")
    assert len(stored_of(assistant, visitor)) == 1
    assistant.say(visitor, "book a consultation")
    assert "What is the reference" in assistant.texts(visitor, "change my request")
    assistant.say(visitor, f"{reference} maria@example.com")
    assistant.say(visitor, '/booking_choice{"choice": "cancel"}')
    assert "already sent" not in assistant.texts(visitor, "book a consultation")


def test_a_five_hundred_letter_name_is_refused_with_a_reason(assistant: Assistant) -> None:
    visitor = uuid4().hex
    assistant.say(visitor, "book a consultation")
    assert "too long for a name" in assistant.texts(visitor, "Maria " * 83)


@pytest.mark.parametrize("mine", [True, False], ids=["by its visitor", "from another conversation"])
def test_a_request_is_changed_and_cancelled_with_its_reference_and_contact(assistant: Assistant, mine: bool) -> None:
    visitor = uuid4().hex
    reference = book(assistant, visitor)
    other = visitor if mine else uuid4().hex
    assert "reference" in assistant.texts(other, "i need to change my appointment")
    assert "left with it" not in assistant.texts(other, "what are the side effects")
    assistant.say(other, reference.lower().replace("-", " "))
    assert "What should change" in assistant.texts(other, "maria@example.com")
    assert reference in assistant.texts(other, "tuesday afternoons")
    (request,) = stored_of(assistant, visitor)
    assert [times["words"] for times in request.preferred_times] == ["Tuesday afternoons"]
    assistant.say(other, "cancel my appointment")
    assistant.say(other, f"it is {reference} and maria@example.com")
    assert "is cancelled" in assistant.texts(other, '/booking_choice{"choice": "cancel"}')
    assert stored_of(assistant, visitor) == []


@pytest.mark.parametrize("said", ["stop", "nevermind", "i changed my mind"])
def test_stopping_a_change_leaves_the_request_as_it_is(assistant: Assistant, said: str) -> None:
    visitor = uuid4().hex
    reference = book(assistant, visitor)
    assistant.say(visitor, "i want to change my request")
    assert "What should change" in assistant.texts(visitor, f"{reference} maria@example.com")
    assert "nothing was changed" in assistant.texts(visitor, said)
    assert len(stored_of(assistant, visitor)) == 1


def test_a_change_of_two_things_at_once_stores_both(assistant: Assistant) -> None:
    visitor = uuid4().hex
    reference = book(assistant, visitor)
    assistant.say(visitor, "i want to change my request")
    assistant.say(visitor, f"{reference} maria@example.com")
    assert reference in assistant.texts(visitor, "move it to fridays and my new number is 415 555 0177")
    (request,) = stored_of(assistant, visitor)
    assert (request.contact, request.preferred_times[0]["words"]) == ("+14155550177", "Friday")


def test_a_wrong_pair_is_refused_without_saying_which_half_and_is_limited(assistant: Assistant) -> None:
    visitor, stranger = uuid4().hex, uuid4().hex
    reference = book(assistant, visitor)
    assistant.say(stranger, "i want to change my booking")
    wrong_contact = assistant.texts(stranger, f"{reference} other@example.com")
    wrong_reference = assistant.texts(stranger, f"{new_reference()} maria@example.com")
    assert wrong_contact == wrong_reference
    assert "can't find a request" in wrong_contact
    said = [assistant.texts(stranger, f"{reference} x{number}@example.com") for number in range(5)]
    assert any("too many tries" in reply for reply in said)
    assert len(stored_of(assistant, visitor)) == 1


def test_a_button_that_was_never_shown_is_text(assistant: Assistant) -> None:
    visitor = uuid4().hex
    assistant.say(visitor, "book a consultation")
    assert "What name" in assistant.texts(visitor, '/booking_choice{"choice": "yes"}')
    assert stored_of(assistant, visitor) == []


def to_the_times(assistant: Assistant, visitor: str) -> list[str]:
    """Book up to the question for times and return the payloads of the times that are offered."""
    assistant.say(visitor, "book a consultation")
    assistant.say(visitor, "Maria")
    replies = assistant.say(visitor, "maria@example.com")
    return [button["payload"] for reply in replies for button in reply.get("buttons", [])]


def test_an_offered_time_is_chosen_by_a_button_and_then_offered_to_nobody_else(assistant: Assistant) -> None:
    first, second = uuid4().hex, uuid4().hex
    start = (utc_now() + timedelta(days=3)).replace(minute=0, second=0, microsecond=0)
    SlotBook(assistant.bookings().engine, utc_now).offer([OfferedSlot(start, 45)])
    (offered,) = to_the_times(assistant, first)
    assert to_the_times(assistant, second) == [offered]
    assert "What is it about" in assistant.texts(first, offered)
    assert "not free any more" in assistant.texts(second, offered)
    assistant.say(first, "rather not say")
    assert SENT.search(assistant.texts(first, "yes"))
    (request,) = stored_of(assistant, first)
    assert request.slot_id is not None
    assert request.preferred_times[0]["at"] == start.isoformat()
    assert to_the_times(assistant, uuid4().hex) == []
