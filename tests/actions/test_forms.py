"""On a channel that books by link no form opens: a page of the clinic asks. Elsewhere nothing is different."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import booking_form, change_form, forms
from actions.base import ClinicAction
from actions.booking_form import ValidateBookingForm
from actions.change_form import ValidateChangeForm
from actions.office import Office
from assistant.clinic import Clinic
from assistant.clock import utc_now
from assistant.database import BOOKINGS, migrate, open_database
from bookings.links import PAGE_LABEL, read_page
from bookings.requests import BookingStore
from bookings.secrets import ContactCipher
from bookings.settings import BookingSettings
from bookings.slots import SlotBook

TOLD = "book a consultation, i am maria, 415 555 0199, thursday mornings"
FORMS = pytest.mark.parametrize(
    ("form", "action"),
    [("booking", ValidateBookingForm()), ("change", ValidateChangeForm())],
    ids=["booking", "change"],
)
BY_LINK = pytest.mark.parametrize("channel", Clinic().booking_by_link)


@pytest.fixture
def open_office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Office]]:
    """Opens the office of a clinic whose web pages have an address, or none."""
    engine = open_database(f"sqlite:///{tmp_path / 'bookings.db'}")
    migrate(engine, BOOKINGS)
    store = BookingStore(engine, ContactCipher(b"k" * 32), frozenset(), utc_now)

    def start(url: str = "https://clinic.test", clinic: Clinic | None = None) -> Office:
        settings = BookingSettings(url, allow_fictional_phones=True)
        opened = Office(clinic or Clinic(), settings, store, SlotBook(engine, utc_now))
        for module in (booking_form, change_form, forms):
            monkeypatch.setattr(module, "office", lambda: opened)
        return opened

    yield start
    engine.dispose()


async def set_by(action: ClinicAction, conversation: str, **slots: Any) -> dict[str, Any]:
    """The slots that a message sets, with the form open at `requested_slot` if that is among those given."""
    message = {"text": TOLD, "intent": {"name": "book_consultation", "confidence": 1.0}, "entities": []}
    said = {"event": "user", "text": TOLD, "parse_data": message}
    tracker = Tracker(conversation, slots, message, [said], False, None, {}, "action_listen")
    dispatcher = CollectingDispatcher()
    events = await action.run(dispatcher, tracker, {})
    assert dispatcher.messages == []
    return {event["name"]: event["value"] for event in events}


@FORMS
@BY_LINK
async def test_no_form_opens_and_the_link_is_of_this_conversation(
    open_office: Callable[..., Office], form: str, action: ClinicAction, channel: str
) -> None:
    office = open_office()
    conversation = f"{channel}:{uuid4().hex}"
    first, second = [await set_by(action, conversation) for _ in range(2)]
    assert first.keys() == {f"{form}_outcome", "booking_page", "requested_slot"}, "nothing of what was told is kept"
    assert first[f"{form}_outcome"] == "by_link" and first["requested_slot"] is None
    opened = []
    for slots in (first, second):
        address, _, token = slots["booking_page"].rpartition("/")
        assert address == "https://clinic.test/book"
        opened.append(read_page(token, office.store.cipher.derive(PAGE_LABEL), utc_now()))
    assert {named for named, *_ in opened} == {conversation}
    assert len({key for *_, key in opened}) == 2, "asked for anew, it is another request"


@FORMS
async def test_where_the_web_pages_have_no_address_that_is_the_outcome(
    open_office: Callable[..., Office], form: str, action: ClinicAction
) -> None:
    open_office("")
    slots = await set_by(action, "telegram:ab12")
    assert slots == {f"{form}_outcome": "not_here", "booking_page": None, "requested_slot": None}


@FORMS
@pytest.mark.parametrize(
    "conversation", ["webchat:ab12", "sms:ab12", "whatsapp:ab12", "telegram", "ab:telegram:12", ""]
)
async def test_on_other_channels_the_form_opens(
    open_office: Callable[..., Office], form: str, action: ClinicAction, conversation: str
) -> None:
    open_office()
    slots = await set_by(action, conversation)
    assert slots[f"{form}_outcome"] == "filling" and "booking_page" not in slots
    assert slots[f"{form}_contact"] == "+14155550199"


async def test_the_clinic_says_which_channels(open_office: Callable[..., Office]) -> None:
    open_office(clinic=Clinic(booking_by_link=("sms",)))
    outcomes = [
        (await set_by(ValidateBookingForm(), f"{channel}:ab12"))["booking_outcome"] for channel in ("sms", "slack")
    ]
    assert outcomes == ["by_link", "filling"]


@pytest.mark.parametrize(
    ("action", "open_at", "told"),
    [
        (ValidateBookingForm(), "booking_times", {"booking_name": "Maria", "booking_contact": "+14155550199"}),
        (ValidateChangeForm(), "change_contact", {"change_reference": "SR-4K7M-92PX"}),
    ],
    ids=["booking", "change"],
)
async def test_a_form_that_was_open_before_asks_nothing_more_and_forgets(
    open_office: Callable[..., Office], action: ClinicAction, open_at: str, told: dict[str, str]
) -> None:
    open_office()
    slots = await set_by(action, "telegram:ab12", requested_slot=open_at, **told)
    assert slots["requested_slot"] is None and slots["booking_page"]
    assert {name: slots[name] for name in told} == dict.fromkeys(told)
