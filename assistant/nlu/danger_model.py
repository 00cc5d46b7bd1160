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
from scipy.sparse.linalg import LinearOperator, cg

from assistant.nlu.intent_model import Array, IntentModel, KernelSettings, Likeness, meaning, wording

_FILE = "danger.npz"
_CLOSE = 1e-3  # how near the solution must come; with less, scores differ by a hundredth from one run to another
_MOST_STEPS = 1000
_ROWS = 2000  # of the kernel, at a time


@dataclass(frozen=True)
class DangerSettings:
    """Shape of the kernel: `sharpness` and `dimensions` are those of the topics.

    Attributes:
        ngram_weight: weight of shared n-grams; misspelt and coded words need more of it than topics do.
        ridge: regularisation.
    """

    ngram_weight: float = 0.8
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
        cls, topics: IntentModel, dense: Array, sparse: sp.csr_matrix, is_danger: Array, settings: DangerSettings
    ) -> DangerModel:
        """Train on the topics' examples, in the order in which `topics` was trained on them, and on more after them.

        Args:
            topics: the topics' classifier.
            dense: vectors of meaning, one row an example.
            sparse: unit n-gram vectors of the same examples.
            is_danger: of each example, whether it tells of danger.
            settings: shape of the kernel.
        """
        projected = topics.project(dense)
        kernel = _kernel(projected, topics.settings)
        weights = _solve(kernel, sparse, is_danger.astype(np.float32), settings)
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


def _kernel(projected: Array, settings: KernelSettings) -> Array:
    """The likeness of all examples to each other, some rows at a time.

    OpenBLAS, asked for all at once, ends the process from some 42,000 examples on.
    """
    kernel = np.empty((len(projected), len(projected)), dtype=np.float32)
    for start in range(0, len(projected), _ROWS):
        rows = kernel[start : start + _ROWS]
        np.matmul(projected[start : start + _ROWS], projected.T, out=rows)
        meaning(rows, settings)
    return kernel


def _solve(kernel: Array, sparse: sp.csr_matrix, targets: Array, settings: DangerSettings) -> Array:
    """The examples' weights, by conjugate gradients: factoring the kernel would take four times as long.

    The n-grams' part of the kernel is never written out: it is the product of two sparse matrices.
    """
    columns = sparse.T.tocsr()

    def times(vector: Array) -> Array:
        vector = vector.astype(np.float32)
        ngrams = settings.ngram_weight * (sparse @ (columns @ vector))
        return np.asarray(kernel @ vector + ngrams + settings.ridge * vector, dtype=np.float64)

    system = LinearOperator(kernel.shape, matvec=times, dtype=np.float64)
    weights, failed = cg(system, targets, tol=_CLOSE, maxiter=_MOST_STEPS)
    if failed:
        raise ValueError("the danger model could not be trained; raise `ridge`")
    return np.asarray(weights, dtype=np.float32)
