"""Sends the filled form to the clinic's team, and says so only from the reference that the store returned."""

from __future__ import annotations

import asyncio
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import ClinicAction, Events
from actions.booking_form import KEPT_UNTIL_SENT
from actions.office import office
from assistant.clock import utc_now
from bookings.models import Kind
from bookings.records import NewRequest
from bookings.slots import SlotTaken

_OFFERED = 3  # times on buttons


class SubmitConsultation(ClinicAction):
    """Stores the request; sent again, it is the same one with the same reference."""

    def name(self) -> str:
        return "action_submit_consultation"

    async def handle(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        clinic, now = office().clinic, utc_now()
        request = NewRequest(
            submission_key=tracker.get_slot("booking_key"),
            conversation_id=tracker.sender_id,
            kind=Kind(tracker.get_slot("booking_kind")),
            contact_kind=tracker.get_slot("booking_contact_kind"),
            consent_version=clinic.privacy_notice_version,
            consent_at=now,
            due_at=clinic.due_at(now),
            name=tracker.get_slot("booking_name"),
            contact=tracker.get_slot("booking_contact"),
            topic=tracker.get_slot("booking_topic"),
            preferred_times=tracker.get_slot("booking_times"),
            slot_id=tracker.get_slot("booking_slot"),
        )
        try:
            receipt = await asyncio.to_thread(office().store.submit, request)
        except SlotTaken:
            return [
                SlotSet("booking_outcome", "taken"),
                *(SlotSet(name, None) for name in ("booking_slot", "booking_times", "booking_agreed")),
            ]
        link = office().link(receipt.reference, now)
        return [
            *(SlotSet(name, None) for name in KEPT_UNTIL_SENT),
            SlotSet("booking_reference", receipt.reference),
            SlotSet("booking_next", office().promise(receipt.due_at)),
            SlotSet("booking_how_to_change", _how_to_change(link)),
            SlotSet("booking_outcome", "sent"),
        ]


class AskBookingTimes(ClinicAction):
    """Asks when it suits; where the clinic offers times, the next ones are buttons."""

    def name(self) -> str:
        return "action_ask_booking_times"

    async def handle(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        slots = await asyncio.to_thread(office().offered, _OFFERED)
        buttons = [
            {"title": office().in_words(slot.starts_at), "payload": f'/booking_choice{{"choice": "slot:{slot.id}"}}'}
            for slot in slots
        ]
        stuck = "_stuck" if tracker.get_slot("booking_stuck") else ""
        dispatcher.utter_message(response=f"utter_times_question{stuck}", buttons=buttons)
        return []


def _how_to_change(link: str | None) -> str:
    here = 'To change or cancel it, write "change my request" here.'
    return f"{here} You can also do it on this page: {link}" if link else here
