"""Changes or cancels a request that was sent: its reference and the contact in it, then what is to change."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import ClinicAction, Events
from actions.commands import Command, read_command
from actions.forms import ended_by_link, is_returning
from actions.office import office
from actions.reading import Trouble
from assistant.clock import utc_now
from bookings.lookups import TooManyAttempts
from bookings.progress import NotPossible
from bookings.records import RequestView
from bookings.reference import MistypedReference, read_reference
from bookings.requests import VISITOR
from bookings.times import Understood

FORM = "change_form"
STEPS = ("change_reference", "change_contact", "change_wish")
_CANCEL = "cancel"
_CANCELS = re.compile(r"^(?!.*\b(?:not|don'?t|never)\b).*\bcancel", re.I | re.S)


class ValidateChangeForm(ClinicAction):
    """Reads the steps of the change form."""

    def name(self) -> str:
        return f"validate_{FORM}"

    async def handle(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        if (ended := ended_by_link("change", STEPS, tracker)) is not None:
            return ended
        if is_returning(tracker, STEPS):
            return []
        requested = tracker.get_slot("requested_slot")
        asked = requested if requested in STEPS else None  # else the step is of another form
        text = str(tracker.latest_message.get("text") or "")
        command = read_command(text)
        wants_out = command in {Command.STOP, Command.BACK} and not (asked == "change_wish" and _CANCELS.search(text))
        if asked and (wants_out or _choice(tracker) == "stop"):
            return _end("stopped")
        if asked == "change_wish":
            return _read_wish(text, _choice(tracker), dispatcher)
        found = {**_read_reference(text, asked, dispatcher), **_read_contact(text, asked, dispatcher)}
        reference, contact = (found.get(step) or (tracker.get_slot(step) if asked else None) for step in STEPS[:2])
        if found and reference and contact:
            return await _look_up(reference, contact, tracker, dispatcher)
        opened = [SlotSet("change_outcome", "filling")] if asked is None else []
        return [*opened, *(SlotSet(step, value) for step, value in found.items())]


class ChangeRequest(ClinicAction):
    """Does what the visitor wished, and says so only once it is stored."""

    def name(self) -> str:
        return "action_change_request"

    async def handle(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        wish, reference = tracker.get_slot("change_wish"), tracker.get_slot("change_reference")
        view = await asyncio.to_thread(
            office().store.find, reference, tracker.get_slot("change_contact"), tracker.sender_id
        )
        if view is None:
            return _end("refused")
        try:
            await asyncio.to_thread(_apply, view.reference, wish)
        except NotPossible:
            return _end("too_late")
        return [*_end("cancelled" if wish == _CANCEL else "changed"), SlotSet("booking_reference", view.reference)]


def _apply(reference: str, wish: Any) -> None:
    store = office().store
    if wish == _CANCEL:
        store.cancel(reference, VISITOR)
    else:
        store.change(reference, VISITOR, **wish)


def _read_reference(text: str, asked: str | None, dispatcher: CollectingDispatcher) -> dict[str, Any]:
    try:
        reference = read_reference(text)
    except MistypedReference:
        dispatcher.utter_message(response="utter_reference_mistyped")
        return {"change_reference": None}
    if reference is None and asked == "change_reference" and any(char.isdigit() for char in text):
        dispatcher.utter_message(response="utter_reference_mistyped")
        return {"change_reference": None}
    return {"change_reference": reference} if reference else {}


def _read_contact(text: str, asked: str | None, dispatcher: CollectingDispatcher) -> dict[str, Any]:
    reader = office().reader()
    told = reader.told(text, None, utc_now())
    if told.contact:
        return {"change_contact": told.contact.value}
    if asked == "change_contact" and (trouble := reader.trouble(text, "booking_contact", utc_now())):
        dispatcher.utter_message(response=trouble.reply)
        return {"change_contact": None}
    return {}


def _read_wish(text: str, choice: str | None, dispatcher: CollectingDispatcher) -> Events:
    """What is to change: a button, "cancel it", new times or a new contact."""
    if choice == _CANCEL or _CANCELS.search(text):
        return [SlotSet("change_wish", _CANCEL), SlotSet("change_outcome", "agreed")]
    told = office().reader().told(text, "booking_times", utc_now())
    wish: dict[str, Any] = {}
    if told.contact:
        wish |= {"contact": told.contact.value, "contact_kind": told.contact_kind}
    if isinstance(told.times, Understood):
        words = told.times.words
        wish["preferred_times"] = [{"words": words, **time.as_data()} for time in told.times.preferences]
    if not wish:
        trouble = office().reader().trouble(text, "booking_times", utc_now())
        if trouble is None and choice is None:
            return []
        trouble = trouble or Trouble(f"utter_change_{choice}")
        dispatcher.utter_message(response=trouble.reply, words=trouble.words)
        return [SlotSet("change_wish", None)]
    return [SlotSet("change_wish", wish), SlotSet("change_outcome", "agreed")]


async def _look_up(reference: str, contact: str, tracker: Tracker, dispatcher: CollectingDispatcher) -> Events:
    """The request of this pair. A wrong one is refused without a word on which half was wrong."""
    try:
        view: RequestView | None = await asyncio.to_thread(office().store.find, reference, contact, tracker.sender_id)
    except TooManyAttempts:
        return _end("too_many")
    if view is None:
        dispatcher.utter_message(response="utter_change_no_match")
        return [SlotSet("change_reference", None), SlotSet("change_contact", None)]
    return [SlotSet("change_reference", view.reference), SlotSet("change_contact", contact)]


def _choice(tracker: Tracker) -> str | None:
    entities = tracker.latest_message.get("entities") or []
    return next((str(entity["value"]) for entity in entities if entity.get("entity") == "choice"), None)


def _end(outcome: str) -> Events:
    """Close the form: what was typed is forgotten."""
    emptied = [SlotSet(step, None) for step in (*STEPS, "requested_slot")]
    return [*emptied, SlotSet("change_outcome", outcome)]
