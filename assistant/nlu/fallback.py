"""Rasa component: says so when a message was not understood, in two steps."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, PREDICTED_CONFIDENCE_KEY
from rasa.shared.nlu.training_data.message import Message

from assistant.nlu.intents import set_intent

UNCLEAR = "unclear"  # "did you mean …" with the best two
NOT_UNDERSTOOD = "nlu_fallback"  # the honest answer and the consultation


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class TwoStepFallback(GraphComponent, IntentClassifier):
    """Answers below `sure` become a question back, below `guess` the admission that it was not understood.

    Configuration: `sure` and `guess`, confidences as the classifier calibrates them (share of right answers).
    """

    @classmethod
    def required_components(cls) -> list[type]:
        return [IntentClassifier]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"sure": 0.5, "guess": 0.2}

    def __init__(self, sure: float, guess: float) -> None:
        self._sure = sure
        self._guess = guess

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> TwoStepFallback:
        return cls(config["sure"], config["guess"])

    def process(self, messages: list[Message]) -> list[Message]:
        """Replace intents that are not certain enough."""
        for message in messages:
            confidence = (message.get(INTENT) or {}).get(PREDICTED_CONFIDENCE_KEY) or 0.0
            if confidence < self._guess:
                set_intent(message, NOT_UNDERSTOOD, 1.0 - confidence)
            elif confidence < self._sure:
                set_intent(message, UNCLEAR, 1.0 - confidence)
        return messages
