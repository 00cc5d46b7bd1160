"""An action that crashes says nothing and logs nothing of the conversation."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.base import ActionFailed, ClinicAction, Events


class Crashing(ClinicAction):
    def name(self) -> str:
        return "action_crashing"

    async def handle(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        raise RuntimeError(tracker.latest_message["text"])


async def test_a_crash_names_the_action_and_none_of_the_visitors_words(caplog: pytest.LogCaptureFixture) -> None:
    tracker = Tracker("v", {}, {"text": "my number is 415 555 0134"}, [], False, None, {}, "action_listen")
    with caplog.at_level(logging.ERROR), pytest.raises(ActionFailed, match="^action_crashing$") as failed:
        await Crashing().run(CollectingDispatcher(), tracker, {})
    assert failed.value.__cause__ is None and failed.value.__context__ is None
    assert "action_crashing RuntimeError" in caplog.text
    assert "415" not in caplog.text
