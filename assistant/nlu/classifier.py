"""Rasa intent classifier on vectors of meaning and n-grams; its mathematics: `intent_model.py`, `danger_model.py`."""

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

from assistant.nlu.danger_model import DangerModel, DangerSettings
from assistant.nlu.gate_examples import TEACHES_GATE
from assistant.nlu.intent_model import Array, IntentModel, KernelSettings, in_common
from assistant.nlu.intents import DANGER
from assistant.safety import LISTS

_RANKING_LENGTH = 10
_HARMLESS = 0.3  # on the side of danger no further than this, a message is about something else


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class KernelIntentClassifier(GraphComponent, IntentClassifier):
    """Sets `intent` and `intent_ranking` with confidences that mean how often such a message is understood right.

    It also notes how far a message lies on the side of danger, for the safety gate: examples whose metadata is
    `teaches: gate` teach that alone.

    Configuration: the fields of `KernelSettings`; `danger`, those of `DangerSettings`.
    """

    @classmethod
    def required_components(cls) -> list[type]:
        return [DenseFeaturizer, SparseFeaturizer]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {**vars(KernelSettings()), "danger": vars(DangerSettings())}

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: IntentModel | None = None,
        danger: DangerModel | None = None,
    ) -> None:
        self._danger_settings = DangerSettings(**config["danger"])
        self._settings = KernelSettings(**{key: config[key] for key in vars(KernelSettings())})
        self._model_storage = model_storage
        self._resource = resource
        self._model = model
        self._danger = danger

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
            model = IntentModel.load(folder)
            return cls(config, model_storage, resource, model, DangerModel.load(folder, model))

    def train(self, training_data: TrainingData) -> Resource:
        """Train on the intent examples and persist the model."""
        every = [example for example in training_data.intent_examples if example.get(TEXT)]
        examples = sorted(every, key=_is_gates)  # the topics' first
        count = sum(not _is_gates(example) for example in examples)
        dense, sparse = _features(examples)
        intents = [example.get(INTENT) for example in examples]
        topics = (dense[:count], sparse[:count], in_common(sparse[:count]), intents[:count])
        self._model = IntentModel.fit(*topics, self._settings)
        is_danger = np.isin(intents, list(LISTS))
        self._danger = DangerModel.fit(self._model, dense, sparse, is_danger, self._danger_settings)
        with self._model_storage.write_to(self._resource) as folder:
            self._model.save(folder)
            self._danger.save(folder)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Add intent and ranking to incoming messages; a message without text gets none."""
        readable = [message for message in messages if message.get_dense_features(TEXT)[1] is not None]
        if self._model is not None and self._danger is not None and readable:
            dense, sparse = _features(readable)
            likeness = self._model.compare(dense)
            dangers = self._danger.score(likeness, sparse)
            for message, prediction, danger in zip(readable, self._model.rank(likeness, sparse), dangers):
                ranking = prediction.ranking if danger > _HARMLESS else _without_dangers(prediction.ranking)
                _set_ranking(message, ranking)
                message.set(DANGER, float(danger))
        return messages


def _is_gates(example: Message) -> bool:
    return (example.get("metadata") or {}).get("intent") == TEACHES_GATE


def _features(messages: list[Message]) -> tuple[Array, sp.csr_matrix]:
    dense = np.concatenate([message.get_dense_features(TEXT)[1].features for message in messages])
    sparse = sp.vstack([message.get_sparse_features(TEXT)[1].features for message in messages], format="csr")
    return dense, sparse


def _without_dangers(ranking: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """The other intents; where a danger was first, they have its certainty among them."""
    others = [(name, confidence) for name, confidence in ranking if name not in LISTS]
    if not others or ranking[0][0] not in LISTS:
        return others or ranking
    whole = sum(confidence for _, confidence in others) or 1.0
    return [(name, confidence / whole) for name, confidence in others]


def _set_ranking(message: Message, ranking: list[tuple[str, float]]) -> None:
    entries = [
        {INTENT_NAME_KEY: name, PREDICTED_CONFIDENCE_KEY: confidence} for name, confidence in ranking[:_RANKING_LENGTH]
    ]
    message.set(INTENT, entries[0], add_to_output=True)
    message.set(INTENT_RANKING_KEY, entries, add_to_output=True)
