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


class ActionFailed(RuntimeError):
    """An action crashed; the log says where. Its text names the action and nothing of the conversation."""


class ClinicAction(Action, abc.ABC):
    """Runs `handle`; success is what its events say, and a crash is an answer 500 without a word of the conversation.

    A crash here, an action server that is down and one that hangs all look the same to the dialogue: no events. It then
    says so honestly (assistant/policies/forms.py and the rules), never silence and never a false success.
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
        raise ActionFailed(self.name())

    @abc.abstractmethod
    async def handle(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """Do the action's work and return its events."""
