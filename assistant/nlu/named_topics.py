"""Rasa component: a question that names something which the article does not name never gets a neighbour's answer."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import ENTITIES, INTENT
from rasa.shared.nlu.training_data.message import Message

from assistant.nlu.intents import set_intent

_CERTAIN = 0.95  # the name is there to the letter; only what is asked about it was a guess


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class NamedTopicGuard(GraphComponent, IntentClassifier):
    """Turns "does it help with OCD" from the nearest covered topic into `ask_other_condition`.

    Configuration: `rules`, each with the entity that it `names`, the entities that it needs to be `without`, the
    intents that it turns (`from`), and the intent that it turns them `to`. The first rule that fits wins.
    """

    @classmethod
    def required_components(cls) -> list[type]:
        return [IntentClassifier]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"rules": []}

    def __init__(self, rules: list[dict[str, Any]]) -> None:
        self._rules = rules

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> NamedTopicGuard:
        return cls(config["rules"])

    def process(self, messages: list[Message]) -> list[Message]:
        """Correct the intents of incoming messages."""
        for message in messages:
            named = {entity["entity"] for entity in message.get(ENTITIES, [])}
            intent = (message.get(INTENT) or {}).get("name")
            for rule in self._rules:
                if rule["names"] in named and not named & set(rule.get("without", [])) and intent in rule["from"]:
                    set_intent(message, rule["to"], _CERTAIN)
                    break
        return messages
