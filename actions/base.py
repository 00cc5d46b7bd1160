"""What all actions share: a crash is logged without a patient's words, and the dialogue goes on to say so."""

from __future__ import annotations

import abc
import logging
import traceback
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import ActionExecutionRejection

logger = logging.getLogger(__name__)

Events = list[dict[str, Any]]


class ClinicAction(Action, abc.ABC):
    """Runs `handle`, which reports success by a slot; without it the rules answer with `utter_action_failed`.

    So a crash here, an action server that is down and one that hangs all look the same to the visitor: an honest
    apology, never silence and never a false success.
    """

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        try:
            return await self.handle(dispatcher, tracker, domain)
        except ActionExecutionRejection:
            raise
        except Exception as error:  # the SDK's own answer to it would echo the whole conversation
            # The places in the code only: the message may quote a patient.
            frames = "".join(traceback.format_tb(error.__traceback__))
            logger.error("action.crashed %s %s\n%s", self.name(), type(error).__name__, frames)
            dispatcher.messages.clear()
            return []

    @abc.abstractmethod
    async def handle(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """Do the action's work and return its events."""
