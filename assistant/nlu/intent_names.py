"""Rasa component: the name of an intent is one more example of it, worth half a point where examples are few."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

_PREFIX = "ask_"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class IntentNames(GraphComponent):
    """Adds "session length" to the examples of `ask_session_length`; messages pass through as they are."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> IntentNames:
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Leave incoming messages alone."""
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add one example an intent."""
        intents = sorted({example.get(INTENT) for example in training_data.intent_examples})
        names = [Message({TEXT: _spoken(intent), INTENT: intent}) for intent in intents]
        return training_data.merge(TrainingData(names))


def _spoken(intent: str) -> str:
    return intent.removeprefix(_PREFIX).replace("_", " ")
