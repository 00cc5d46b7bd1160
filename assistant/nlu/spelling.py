"""Rasa component: reads misspelt words as the words that visitors use there (`speller.py`).

The visitor's own text stays as it is; the components behind this one read the mended text (`reading.py`).
"""

from __future__ import annotations

import json
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from assistant.nlu.reading import READING
from assistant.nlu.speller import Speller
from assistant.nlu.word_model import WordModel
from assistant.phrases import unmasked


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class SpellingMender(GraphComponent, IntentClassifier):
    """Mends the spelling of what the later components read."""

    def __init__(self, model_storage: ModelStorage, resource: Resource, model: WordModel | None = None) -> None:
        self._model_storage = model_storage
        self._resource = resource
        self._speller = Speller(model or WordModel({}, {}))

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SpellingMender:
        return cls(model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> SpellingMender:
        with model_storage.read_from(resource) as folder:
            described = json.loads((folder / "words.json").read_text(encoding="utf-8"))
        return cls(model_storage, resource, WordModel(**described))

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the words that visitors use, without the misspelt ones among them."""
        model = WordModel.learn([example.get(TEXT) for example in training_data.intent_examples])
        self._speller = Speller(model)
        with self._model_storage.write_to(self._resource) as folder:
            (folder / "words.json").write_text(json.dumps(model.described()), encoding="utf-8")
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Mend what is read of incoming messages."""
        for message in messages:
            message.set(READING, self._speller.mend(unmasked(message.get(TEXT) or "")))
        return messages
