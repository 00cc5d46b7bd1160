"""The hand-off reports success by a slot; a crash reports nothing, so that the rules admit it."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.base import ClinicAction, Events
from actions.hand_off import HandOff


class Crashing(ClinicAction):
    def name(self) -> str:
        return "action_crashing"

    async def handle(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        dispatcher.utter_message(text="half said")
        raise RuntimeError(tracker.latest_message["text"])


@pytest.fixture
def tracker() -> Tracker:
    return Tracker("v", {}, {"text": "my number is 415 555 0134"}, [], False, None, {}, "action_listen")


async def test_a_hand_off_that_worked_says_so_in_its_slot(tracker: Tracker) -> None:
    dispatcher = CollectingDispatcher()
    events = await HandOff().run(dispatcher, tracker, {})
    assert [(event["name"], event["value"]) for event in events] == [("hand_off_done", True)]
    assert dispatcher.messages == []


async def test_a_crash_sets_nothing_says_nothing_and_logs_no_words(
    tracker: Tracker, caplog: pytest.LogCaptureFixture
) -> None:
    dispatcher = CollectingDispatcher()
    with caplog.at_level(logging.ERROR):
        assert await Crashing().run(dispatcher, tracker, {}) == []
    assert dispatcher.messages == []
    assert "action_crashing RuntimeError" in caplog.text
    assert "415" not in caplog.text
