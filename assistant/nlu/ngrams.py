"""Rasa featurizer: a message's wording as character and word n-grams, so that typos and rare names count."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.sparse_featurizer.sparse_featurizer import SparseFeaturizer
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.feature_extraction.text import TfidfVectorizer

from assistant.nlu.reading import reading

_MANY = 2000  # examples; where there are fewer, each word of each counts
_KINDS = {"characters": "char_wb", "words": "word"}  # our names for scikit-learn's analysers


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class NgramFeaturizer(SparseFeaturizer, GraphComponent):
    """Adds one tf-idf vector of length 1 as a sparse sentence feature.

    Configuration: `characters` and `words`, each the shortest and longest n-gram, e.g. `[3, 5]`; `[]` for none.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {**SparseFeaturizer.get_default_config(), "characters": [3, 5], "words": [1, 2]}

    def __init__(self, config: dict[str, Any], name: str, model_storage: ModelStorage, resource: Resource) -> None:
        super().__init__(name, {**self.get_default_config(), **config})
        self._model_storage = model_storage
        self._resource = resource
        self._analyzers: list[Callable[[str], list[str]]] = [
            TfidfVectorizer(analyzer=analyzer, ngram_range=tuple(self._config[kind])).build_analyzer()
            for kind, analyzer in _KINDS.items()
            if self._config[kind]
        ]
        self._rarity: list[dict[str, tuple[int, float]]] = []  # of each kind: n-gram → its column and idf

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> NgramFeaturizer:
        return cls(config, execution_context.node_name, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> NgramFeaturizer:
        component = cls.create(config, model_storage, resource, execution_context)
        with model_storage.read_from(resource) as folder:
            saved = json.loads((folder / "ngrams.json").read_text(encoding="utf-8"))
        component._rarity = [{ngram: (column, idf) for ngram, column, idf in kind} for kind in saved]
        return component

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Ranges are checked by scikit-learn when it trains."""

    def train(self, training_data: TrainingData) -> Resource:
        """Learn which n-grams there are and how rare each is."""
        self._learn([example.get(TEXT) for example in training_data.intent_examples])
        saved = [[(ngram, *value) for ngram, value in kind.items()] for kind in self._rarity]
        with self._model_storage.write_to(self._resource) as folder:
            (folder / "ngrams.json").write_text(json.dumps(saved), encoding="utf-8")
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the n-grams to incoming messages."""
        self._add([message for message in messages if message.get(TEXT)])
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add the n-grams to all training examples."""
        self._add([example for example in training_data.training_examples if example.get(TEXT)])
        return training_data

    def _add(self, messages: list[Message]) -> None:
        if not messages:
            return
        rows = self._vectors([reading(message) for message in messages])
        for i, message in enumerate(messages):
            self.add_features_to_message(None, rows[i], TEXT, message)

    def _learn(self, texts: Sequence[str]) -> None:
        columns = 0
        fewest = 2 if len(texts) > _MANY else 1  # what stands in one example of many makes no two of them alike
        for analyzer in self._analyzers:
            found = Counter(ngram for text in texts for ngram in set(analyzer(text)))
            idf = {
                ngram: math.log((1 + len(texts)) / (1 + count)) + 1
                for ngram, count in sorted(found.items())
                if count >= fewest
            }
            self._rarity.append({ngram: (columns + i, value) for i, (ngram, value) in enumerate(idf.items())})
            columns += len(idf)

    def _vectors(self, texts: Sequence[str]) -> sp.csr_matrix:
        # scikit-learn's own transform costs several milliseconds a call, most of it checks; this is the same sum.
        indices: list[int] = []
        data: list[float] = []
        ends = [0]
        for text in texts:
            for analyzer, rarity in zip(self._analyzers, self._rarity):
                known = {n: count for n, count in Counter(analyzer(text)).items() if n in rarity}
                weights = [(1 + math.log(count)) * rarity[n][1] for n, count in known.items()]
                length = math.sqrt(sum(w * w for w in weights) * len(self._analyzers)) or 1.0
                indices += [rarity[n][0] for n in known]
                data += [w / length for w in weights]
            ends.append(len(indices))
        width = sum(len(rarity) for rarity in self._rarity)
        arrays = (np.array(data, dtype=np.float32), np.array(indices, dtype=np.int32), np.array(ends, dtype=np.int32))
        return sp.csr_matrix(arrays, shape=(len(texts), width))
