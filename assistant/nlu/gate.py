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
from assistant.nlu.intents import set_intent
from assistant.nlu.reading import reading
from assistant.safety import LISTS, detect, is_idiom

_FEW_WORDS = 6
_SUSPICION_OF_FEW = 0.75
_SUSPICION_OF_IDIOMS = 0.9


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class SafetyGate(GraphComponent, IntentClassifier):
    """Sets the intent of a danger where the word lists say so, or where the classifier half thinks so.

    The channels ask the word lists before Rasa sees a message; this component is for `rasa shell` and `rasa test`, and
    for the wording that only the classifier knows.

    Configuration: `suspicion`, the confidence from which each intent of danger comes first, also as a runner-up.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"suspicion": dict.fromkeys(LISTS, 0.5)}

    def __init__(self, suspicion: dict[str, float]) -> None:
        self._suspicion = suspicion

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SafetyGate:
        return cls(config["suspicion"])

    def process(self, messages: list[Message]) -> list[Message]:
        """Look through incoming messages."""
        for message in messages:
            danger = detect(message.get(TEXT) or "") or detect(reading(message)) or self._suspected(message)
            if danger:
                set_intent(message, danger, 1.0)
            elif (message.get(INTENT) or {}).get(INTENT_NAME_KEY) in LISTS:
                set_intent(message, UNCLEAR, 1.0)  # too faint to alarm anybody, too grave to be taken for the next best
        return messages

    def _suspected(self, message: Message) -> str | None:
        confidences = {
            entry[INTENT_NAME_KEY]: entry[PREDICTED_CONFIDENCE_KEY] for entry in message.get(INTENT_RANKING_KEY, [])
        }
        text = message.get(TEXT) or ""
        least = 0.0
        if len(text.split()) < _FEW_WORDS:
            # They say too little to the classifier ("tonight", "exit"); what is grave in them is in the lists.
            least = _SUSPICION_OF_FEW
        for danger in LISTS:
            likely = confidences.get(danger, 0.0)
            if likely < max(least, self._suspicion[danger]):
                continue
            if likely >= _SUSPICION_OF_IDIOMS or not is_idiom(text):
                return danger
        return None
