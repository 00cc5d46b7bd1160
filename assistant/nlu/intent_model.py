"""The intent classifier itself, free of Rasa: least squares in a kernel of vectors of meaning and n-grams.

A regularised least-squares classifier needs one linear system for all intents, so it trains in seconds, and its inverse
gives the scores that each example would get had it not been trained on (leave-one-out), or had its whole intent been
unknown (leave-intent-out), without training again. Confidence is fitted on those: it tells how often the top intent
of a message this sure is right, when some messages are about things that no intent names.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.linalg.lapack import strtri
from sklearn.linear_model import LogisticRegression

Array = npt.NDArray[Any]

_NEIGHBOURS = 5
_ENOUGH = 4000  # examples to fit the confidence on, about; with more of them, some are taken
_UNKNOWN_SHARE = 0.15  # of the messages that the confidence is fitted for: about something that no intent names


@dataclass(frozen=True)
class KernelSettings:
    """Shape of the kernel.

    Attributes:
        sharpness: how fast likeness in meaning falls with the cosine of two vectors.
        ngram_weight: weight of shared n-grams beside it.
        ridge: regularisation; more forgives more contradictions in the training examples.
        dimensions: principal ones of the vectors that are kept; a quarter of them say as much and cost less.
    """

    sharpness: float = 3.0
    ngram_weight: float = 0.2
    ridge: float = 0.1
    dimensions: int = 256


@dataclass(frozen=True)
class Prediction:
    """Intents with their confidences, best first."""

    ranking: list[tuple[str, float]]


@dataclass(frozen=True)
class Likeness:
    """How like the examples messages are, one row a message.

    Attributes:
        projected: the messages' vectors in the principal dimensions.
        cosines: to the vectors of the examples.
        meaning: the part of the kernel that is made of these.
    """

    projected: Array
    cosines: Array
    meaning: Array


class IntentModel:
    """Says which intent a message has, from its vector of meaning and its n-grams."""

    def __init__(
        self,
        settings: KernelSettings,
        labels: list[str],
        center: Array,
        projection: Array,
        dense: Array,
        weights: Array,
        ngram_weights: Array,
        confidence: Array,
    ) -> None:
        self.settings = settings
        self.labels = labels
        self._center = (
            center  # the mean of the examples' vectors: what all texts have in common tells none of them apart
        )
        self._projection = projection
        self._dense = dense
        self._weights = weights
        self._ngram_weights = ngram_weights  # the n-gram part of the kernel is linear: one weight an n-gram and intent
        self._confidence = confidence  # of the logistic curve: one weight for each of `_evidence`, and the intercept

    @classmethod
    def fit(
        cls, dense: Array, sparse: sp.csr_matrix, common: Array, intents: Sequence[str], settings: KernelSettings
    ) -> IntentModel:
        """Train on examples.

        Args:
            dense: vectors of meaning, one row an example.
            sparse: unit n-gram vectors of the same examples.
            common: what these have in common, as `in_common` says.
            intents: the examples' intents.
        """
        labels = sorted(set(intents))
        number = {label: i for i, label in enumerate(labels)}
        y = np.array([number[intent] for intent in intents])
        targets = np.full((len(y), len(labels)), -1.0 / max(len(labels) - 1, 1), dtype=np.float32)
        targets[np.arange(len(y)), y] = 1.0
        some = _some(dense)
        center = dense.mean(axis=0)
        projection = _principal(dense - center, settings.dimensions)
        dense = _project(dense - center, projection)
        triangle, cosines = factor(dense, common, settings)
        weights = cho_solve((triangle, True), targets, check_finite=False)
        ngram_weights = settings.ngram_weight * (sparse.T @ weights)
        if len(some) < len(y):
            triangle, cosines = factor(dense[some], common[np.ix_(some, some)], settings)
        confidence = _fit_confidence(cosines, triangle, targets[some], y[some])
        return cls(settings, labels, center, projection, dense, weights, ngram_weights.astype(np.float32), confidence)

    def predict(self, dense: Array, sparse: sp.csr_matrix) -> list[Prediction]:
        """Rank the intents of messages, given as the rows of their vectors of meaning and of n-grams."""
        return self.rank(self.compare(dense), sparse)

    def compare(self, dense: Array) -> Likeness:
        """How like the examples messages are in meaning."""
        projected = self.project(dense)
        cosines = projected @ self._dense.T
        return Likeness(projected, cosines, meaning(cosines.copy(), self.settings))

    def rank(self, likeness: Likeness, sparse: sp.csr_matrix) -> list[Prediction]:
        """Rank the intents of messages that were compared with the examples."""
        scores = likeness.meaning @ self._weights + wording(sparse, self._ngram_weights)
        top = _sigmoid(_evidence(scores, likeness.cosines) @ self._confidence[:-1] + self._confidence[-1])
        return [self._ranked(row, float(sure)) for row, sure in zip(scores, top)]

    def project(self, dense: Array) -> Array:
        """Vectors of texts in the principal dimensions, of length 1."""
        return _project(dense - self._center, self._projection)

    @property
    def example_count(self) -> int:
        """How many examples it was trained on."""
        return len(self._dense)

    def _ranked(self, scores: Array, top: float) -> Prediction:
        order = np.argsort(-scores)
        # What is left of the certainty goes to the others by how close they came.
        closeness = np.exp((scores[order[1:]] - scores[order[0]]) * 8.0)
        rest = closeness / max(closeness.sum(), 1e-9) * (1.0 - top) if len(closeness) else closeness
        confidences = [top, *np.minimum(rest, top).tolist()]
        return Prediction([(self.labels[i], confidence) for i, confidence in zip(order, confidences)])

    def save(self, folder: Path) -> None:
        """Write the model into a folder, as plain arrays: loading it runs no code."""
        np.savez(
            folder / "intents.npz",
            center=self._center,
            projection=self._projection,
            dense=self._dense,
            weights=self._weights,
            ngram_weights=self._ngram_weights.astype(np.float16),  # most of the file
            confidence=self._confidence,
        )
        described = {"labels": self.labels, "settings": vars(self.settings)}
        (folder / "intents.json").write_text(json.dumps(described, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> IntentModel:
        """Read what `save` wrote."""
        described = json.loads((folder / "intents.json").read_text(encoding="utf-8"))
        with np.load(folder / "intents.npz", allow_pickle=False) as arrays:
            return cls(
                KernelSettings(**described["settings"]),
                described["labels"],
                arrays["center"],
                arrays["projection"],
                arrays["dense"],
                arrays["weights"],
                arrays["ngram_weights"].astype(np.float32),
                arrays["confidence"],
            )


def _some(vectors: Array) -> Array:
    """Which examples the confidence is fitted on: by their own vectors, so that a new one moves no other in or out."""
    share = min(_ENOUGH / max(len(vectors), 1), 1.0)
    return np.flatnonzero(np.abs(vectors[:, 0]) * 1e4 % 1.0 <= share)


def _principal(vectors: Array, dimensions: int) -> Array:
    """The directions in which vectors differ most, as columns."""
    _, directions = np.linalg.eigh(vectors.T @ vectors)  # in rising order
    return np.ascontiguousarray(directions[:, ::-1][:, :dimensions], dtype=np.float32)


def _project(vectors: Array, projection: Array) -> Array:
    projected = vectors @ projection
    return projected / np.maximum(np.linalg.norm(projected, axis=1, keepdims=True), 1e-9)


def in_common(sparse: sp.csr_matrix) -> Array:
    """How many n-grams each two examples have in common, weighted: the part of the kernel that is made of wording."""
    return np.asarray((sparse @ sparse.T).toarray(), dtype=np.float32)


def factor(dense: Array, common: Array, settings: KernelSettings) -> tuple[Array, Array]:
    """The lower Cholesky factor of the regularised kernel of examples, and their cosines."""
    cosines = dense @ dense.T
    kernel = meaning(cosines.copy(), settings)
    kernel += settings.ngram_weight * common
    kernel[np.diag_indices_from(kernel)] += settings.ridge
    # The kernel is symmetric: its transpose is the same matrix in the order that LAPACK works on in place.
    triangle, _ = cho_factor(kernel.T, lower=True, overwrite_a=True, check_finite=False)
    return triangle, cosines


def meaning(cosines: Array, settings: KernelSettings) -> Array:
    """The part of the kernel that is made of the likeness of vectors; the cosines' array is used for it."""
    cosines -= 1.0
    cosines *= settings.sharpness
    return np.exp(cosines, out=cosines)


def wording(sparse: sp.csr_matrix, weights: Array) -> Array:
    """What the n-grams of messages say: one row a message, in the columns of the weights."""
    # By hand: SciPy's product would first copy the whole matrix of weights.
    rows = (slice(start, end) for start, end in zip(sparse.indptr, sparse.indptr[1:]))
    return np.stack([sparse.data[row] @ weights[sparse.indices[row]] for row in rows])


def _inverse_factor(factor: Array) -> Array:
    """Invert the lower Cholesky factor L of a matrix A: its columns' products are the entries of A's inverse."""
    inverse, failed = strtri(factor, lower=1, overwrite_c=1)
    if failed:
        raise LinAlgError("the kernel is not positive definite; raise `ridge`")
    return np.tril(inverse)


def _evidence(scores: Array, cosines: Array) -> Array:
    """What tells how far the best intent of a message can be trusted, one row a message.

    The best score, how far it is above the second, and how near the nearest examples are.
    """
    return np.stack([scores.max(axis=1), _margin(scores), _nearness(cosines)], axis=1)


def _margin(scores: Array) -> Array:
    if scores.shape[1] < 2:
        return np.ones(len(scores), dtype=np.float32)
    best = np.partition(scores, -2, axis=1)
    return best[:, -1] - best[:, -2]


def _nearness(cosines: Array) -> Array:
    """Mean cosine to the nearest examples."""
    count = min(_NEIGHBOURS, cosines.shape[1])
    return np.partition(cosines, -count, axis=1)[:, -count:].mean(axis=1)


def _sigmoid(x: Array) -> Array:
    return 1.0 / (1.0 + np.exp(-x))


def _fit_confidence(cosines: Array, factor: Array, targets: Array, y: Array) -> Array:
    """Fit the curve from the evidence to the share of right answers, from the kernel's Cholesky factor."""
    weights = cho_solve((factor, True), targets, check_finite=False)
    factor = _inverse_factor(factor)
    unseen = targets - weights / np.einsum("ij,ij->j", factor, factor)[:, None]  # leave-one-out scores
    np.fill_diagonal(cosines, -1.0)
    evidence = [_evidence(unseen, cosines)]
    right = [(unseen.argmax(axis=1) == y)]
    for intent in range(targets.shape[1]):
        group = np.flatnonzero(y == intent)
        if len(y) - len(group) < _NEIGHBOURS:
            continue
        columns = factor[:, group]
        scores = targets[group] - np.linalg.solve(columns.T @ columns, weights[group])
        scores[:, intent] = -np.inf  # nobody told the model that this intent exists
        others = cosines[group]
        others[:, group] = -1.0
        evidence.append(_evidence(scores, others))
        right.append(np.zeros(len(group), dtype=bool))
    outcome = np.concatenate(right)
    if outcome.all() or not outcome.any():
        return np.array([0.0, 8.0, 0.0, 0.0])  # nothing to learn from: trust the margin
    known_weight = (1.0 - _UNKNOWN_SHARE) / len(y)
    unknown_weight = _UNKNOWN_SHARE / max(len(outcome) - len(y), 1)
    share = np.concatenate([np.full(len(y), known_weight), np.full(len(outcome) - len(y), unknown_weight)])
    # Each kind of evidence counts the same: what is asked that no intent names lies further off than the nearest other
    # intent does, so weights that were fitted on intents left out would make too little of it.
    scale = 1.0 / np.maximum(evidence[0].std(axis=0), 1e-9)
    sureness = np.concatenate(evidence) @ scale[:, None]
    curve = LogisticRegression(C=1e3).fit(sureness, outcome, sample_weight=share * len(outcome))
    return np.concatenate([curve.coef_[0, 0] * scale, curve.intercept_])
