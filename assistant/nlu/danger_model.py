"""Tells how far a message lies on the side of danger: least squares over all examples, every topic's against it.

The topics' classifier asks which of many topics a message is most like; here the one question is whether a person may
be in danger. It learns from more examples than the topics do: messages of danger of many kinds, and grave words that
mean none. The costly part, the likeness of a message to the topics' examples, is taken from the topics' classifier.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from scipy.linalg import cho_solve

from assistant.nlu.intent_model import Array, IntentModel, KernelSettings, Likeness, factor, meaning, wording

_FILE = "danger.npz"


@dataclass(frozen=True)
class DangerSettings:
    """Shape of the kernel: `sharpness` and `dimensions` are those of the topics.

    Attributes:
        ngram_weight: weight of shared n-grams; misspelt and coded words need more of it than topics do.
        ridge: regularisation.
    """

    ngram_weight: float = 0.4
    ridge: float = 0.1


class DangerModel:
    """Scores messages; 1 is what an example of danger has, 0 any other."""

    def __init__(self, topics: IntentModel, more: Array, weights: Array, ngram_weights: Array) -> None:
        self._topics = topics
        self._more = more  # projected vectors of the examples that are the gate's alone
        self._weights = weights  # of the topics' examples, then of those
        self._ngram_weights = ngram_weights

    @classmethod
    def fit(
        cls,
        topics: IntentModel,
        dense: Array,
        sparse: sp.csr_matrix,
        common: Array,
        is_danger: Array,
        settings: DangerSettings,
    ) -> DangerModel:
        """Train on the topics' examples, in the order in which `topics` was trained on them, and on more after them.

        The first arguments are those of `IntentModel.fit`.
        """
        projected = topics.project(dense)
        kernel = KernelSettings(topics.settings.sharpness, settings.ngram_weight, settings.ridge)
        triangle, _ = factor(projected, common, kernel)
        weights = cho_solve((triangle, True), is_danger.astype(np.float32), check_finite=False)
        ngram_weights = (settings.ngram_weight * (sparse.T @ weights)).astype(np.float32)
        return cls(topics, projected[topics.example_count :], weights, ngram_weights)

    def score(self, likeness: Likeness, sparse: sp.csr_matrix) -> Array:
        """How far each message lies on the side of danger."""
        count = self._topics.example_count
        more = meaning(likeness.projected @ self._more.T, self._topics.settings)
        told = likeness.meaning @ self._weights[:count] + more @ self._weights[count:]
        return told + wording(sparse, self._ngram_weights)

    def save(self, folder: Path) -> None:
        """Write it beside the topics' model, as plain arrays."""
        np.savez(folder / _FILE, more=self._more, weights=self._weights, ngram_weights=self._ngram_weights)

    @classmethod
    def load(cls, folder: Path, topics: IntentModel) -> DangerModel:
        """Read what `save` wrote."""
        with np.load(folder / _FILE, allow_pickle=False) as arrays:
            return cls(topics, arrays["more"], arrays["weights"], arrays["ngram_weights"])
