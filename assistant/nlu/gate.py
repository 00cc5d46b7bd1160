"""Rasa component: words of danger decide a message's intent, whatever the classifier made of it."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, INTENT_RANKING_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from assistant.nlu.fallback import UNCLEAR
from assistant.nlu.intents import DANGER, set_intent
from assistant.nlu.reading import reading
from assistant.redaction import is_only_details
from assistant.safety import LISTS, detect, is_certain, is_idiom

_SECOND_OPINION = 0.05  # how much the topics' classifier counts beside the danger model
_IDIOM = 0.05  # how much more is needed where grave words stand in a harmless sense
_DETAILS = 0.2  # and in a message of names and numbers: the model has seen few names, and rare ones look like anything


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class SafetyGate(GraphComponent, IntentClassifier):
    """Sets the intent of a danger where the word lists say so, or where the classifier half thinks so.

    The channels ask the word lists before Rasa sees a message; this component is for `rasa shell` and `rasa test`, for
    the wording that only the classifier knows, and for phrases of the lists that are often harmless.

    Configuration: `suspicion`, how far a message must lie on the side of danger, from 0 to 1; `cleared`, how far a
    message with such a phrase must at least.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"suspicion": 0.5, "cleared": 0.2}

    def __init__(self, suspicion: float, cleared: float) -> None:
        self._suspicion = suspicion
        self._cleared = cleared

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SafetyGate:
        return cls(config["suspicion"], config["cleared"])

    def process(self, messages: list[Message]) -> list[Message]:
        """Look through incoming messages."""
        for message in messages:
            danger = self._listed(message) or self._suspected(message)
            if danger:
                set_intent(message, danger, 1.0)
            elif (message.get(INTENT) or {}).get(INTENT_NAME_KEY) in LISTS:
                set_intent(message, UNCLEAR, 1.0)  # too faint to alarm anybody, too grave to be taken for the next best
        return messages

    def _listed(self, message: Message) -> str | None:
        """The danger that the word lists find, unless the model is sure that a doubtful phrase is meant harmlessly."""
        found = {text: detect(text) for text in (message.get(TEXT) or "", reading(message))}
        dangers = {text: danger for text, danger in found.items() if danger}
        if message.get(DANGER, 1.0) < self._cleared and not any(map(is_certain, dangers)):
            return None
        return next(iter(dangers.values()), None)

    def _suspected(self, message: Message) -> str | None:
        ranking = message.get(INTENT_RANKING_KEY, [])
        confidences = {entry[INTENT_NAME_KEY]: entry[PREDICTED_CONFIDENCE_KEY] for entry in ranking}
        likeliest = max(LISTS, key=lambda danger: confidences.get(danger, 0.0))
        likely = message.get(DANGER, 0.0) + _SECOND_OPINION * confidences.get(likeliest, 0.0)
        if likely < self._suspicion:
            return None
        more = likely - self._suspicion
        text = message.get(TEXT) or ""
        is_doubtful = (more < _IDIOM and is_idiom(text)) or (more < _DETAILS and is_only_details(text))
        return None if is_doubtful else likeliest
