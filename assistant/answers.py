"""Turns an answer's name into what the visitor reads: domain.yml's text, the clinic's own details, "did you mean"."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from rasa.core.nlg import TemplatedNaturalLanguageGenerator
from rasa.core.nlg.generator import ResponseVariationFilter
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from assistant.clinic import Clinic
from assistant.policies.aftercare import asides
from assistant.questions import MOST_ANSWERS, PARTS

DID_YOU_MEAN = "utter_did_you_mean"
BY_LINK = "by_link"  # the `channel` of answers for those on which no personal data may be asked for
MORE_QUESTIONS = "utter_more_questions"
_SUGGESTIONS = 2
_SAID = "_asides_are_said"  # the attribute of a tracker that names the message below whose answer they stand


class ClinicAnswers(TemplatedNaturalLanguageGenerator):
    """Rasa's answers from `domain.yml`; those that need an entry of `clinic.yml` are used only if it is filled.

    An answer says so in `metadata: {needs: [phone]}` and quotes the entry as `{clinic_phone}`. Of several that fit, the
    ones that need most win.
    """

    def __init__(self, endpoint_config: EndpointConfig | None, domain: Domain, clinic: Clinic | None = None) -> None:
        super().__init__(domain.responses)
        clinic = clinic or Clinic.load()
        self._clinic = clinic.filled()
        self._by_link = clinic.booking_by_link
        self._details = {f"clinic_{name}": value for name, value in self._clinic.items()}
        self._details["clinic_keep_requests_days"] = str(clinic.keep_requests_days)

    async def generate(
        self, utter_action: str, tracker: DialogueStateTracker, output_channel: str, **kwargs: Any
    ) -> dict[str, Any] | None:
        """Fill one answer for this conversation; None if `domain.yml` has none of that name."""
        slots = tracker.current_slot_values()
        response = copy.deepcopy(self._random_response_for(utter_action, output_channel, slots))
        if response is None:
            return None
        if utter_action == DID_YOU_MEAN:
            response["buttons"] = self._suggestions(tracker)
        elif utter_action == MORE_QUESTIONS:
            response["buttons"] = self._left_over(tracker)
        filled: dict[str, Any] = self._fill_response(response, slots, **self._details, **kwargs)
        return self._with_asides(filled, tracker, output_channel, slots)

    def _with_asides(
        self, response: dict[str, Any], tracker: DialogueStateTracker, output_channel: str, slots: dict[str, Any]
    ) -> dict[str, Any]:
        """The first answer of a turn with what is to be said below it."""
        if getattr(tracker, _SAID, None) is tracker.latest_message or not response.get("text"):
            return response
        for name in asides(tracker):
            aside = self._random_response_for(name, output_channel, slots)
            if aside:
                response["text"] += f"\n\n{aside['text']}"
        setattr(
            tracker, _SAID, tracker.latest_message
        )  # an action may say several things before the tracker knows of any
        return response

    def _random_response_for(
        self, utter_action: str, output_channel: str, filled_slots: dict[str, Any]
    ) -> dict[str, Any] | None:
        if utter_action not in self.responses:
            return None
        channel = BY_LINK if output_channel in self._by_link else output_channel
        variants = ResponseVariationFilter(self.responses).responses_for_utter_action(
            utter_action, channel, filled_slots
        )
        fitting = [variant for variant in variants if needs(variant) <= self._clinic.keys()]
        if not fitting:
            return None
        most = max(len(needs(variant)) for variant in fitting)
        chosen: dict[str, Any] = np.random.choice([variant for variant in fitting if len(needs(variant)) == most])
        return chosen

    def _suggestions(self, tracker: DialogueStateTracker) -> list[dict[str, str]]:
        """Buttons for the most likely meanings of the last message that have an answer with a title."""
        ranking = tracker.latest_message.parse_data.get("intent_ranking", []) if tracker.latest_message else []
        return self._buttons([entry["name"] for entry in ranking])[:_SUGGESTIONS]

    def _left_over(self, tracker: DialogueStateTracker) -> list[dict[str, str]]:
        """Buttons for the questions of the last message beyond those that were answered."""
        parts = tracker.latest_message.parse_data.get(PARTS, []) if tracker.latest_message else []
        return self._buttons([part["intent"] for part in parts[MOST_ANSWERS:]])

    def _buttons(self, intents: list[str]) -> list[dict[str, str]]:
        titled = ((intent, self.title(intent)) for intent in intents)
        return [{"title": title, "payload": f"/{intent}"} for intent, title in titled if title]

    def title(self, intent: str) -> str | None:
        """The short question that stands for an intent on a button; None for intents that nobody would pick."""
        variants = self.responses.get(f"utter_{intent}") or [{}]
        title: str | None = (variants[0].get("metadata") or {}).get("title")
        return title


def needs(variant: dict[str, Any]) -> set[str]:
    """The entries of `clinic.yml` that one form of an answer needs."""
    return set((variant.get("metadata") or {}).get("needs", []))
