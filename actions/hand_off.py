"""Brings a visitor who wants a consultation to the clinic's team."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.base import ClinicAction, Events


class HandOff(ClinicAction):
    """Opens the way to a consultation; it books and stores nothing, and the answer that follows says so."""

    def name(self) -> str:
        return "action_hand_off"

    async def handle(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        return [SlotSet("hand_off_done", True)]
