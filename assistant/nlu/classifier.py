"""Rasa intent classifier on sentence vectors and n-grams; the mathematics is in `intent_model.py`."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.nlu.featurizers.sparse_featurizer.sparse_featurizer import SparseFeaturizer
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, INTENT_RANKING_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from assistant.nlu.intent_model import Array, IntentModel, KernelSettings, Prediction

_RANKING_LENGTH = 10


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class KernelIntentClassifier(GraphComponent, IntentClassifier):
    """Sets `intent` and `intent_ranking` with confidences that mean how often such a message is understood right.

    Configuration: the fields of `KernelSettings`.
    """

    @classmethod
    def required_components(cls) -> list[type]:
        return [DenseFeaturizer, SparseFeaturizer]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return dict(vars(KernelSettings()))

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: IntentModel | None = None,
    ) -> None:
        self._settings = KernelSettings(**{key: config[key] for key in vars(KernelSettings())})
        self._model_storage = model_storage
        self._resource = resource
        self._model = model

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> KernelIntentClassifier:
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> KernelIntentClassifier:
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, IntentModel.load(folder))

    def train(self, training_data: TrainingData) -> Resource:
        """Train on the intent examples and persist the model."""
        examples = [example for example in training_data.intent_examples if example.get(TEXT)]
        dense, sparse = _features(examples)
        self._model = IntentModel.fit(dense, sparse, [example.get(INTENT) for example in examples], self._settings)
        with self._model_storage.write_to(self._resource) as folder:
            self._model.save(folder)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Add intent and ranking to incoming messages; a message without text gets none."""
        readable = [message for message in messages if message.get_dense_features(TEXT)[1] is not None]
        if self._model is not None and readable:
            for message, prediction in zip(readable, self._model.predict(*_features(readable))):
                _set_intent(message, prediction)
        return messages


def _features(messages: list[Message]) -> tuple[Array, sp.csr_matrix]:
    dense = np.concatenate([message.get_dense_features(TEXT)[1].features for message in messages])
    sparse = sp.vstack([message.get_sparse_features(TEXT)[1].features for message in messages], format="csr")
    return dense, sparse


def _set_intent(message: Message, prediction: Prediction) -> None:
    ranking = [
        {INTENT_NAME_KEY: name, PREDICTED_CONFIDENCE_KEY: confidence}
        for name, confidence in prediction.ranking[:_RANKING_LENGTH]
    ]
    message.set(INTENT, ranking[0], add_to_output=True)
    message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
