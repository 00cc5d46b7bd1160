"""What is taught of one intent leaves the others' confidence alone."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from assistant.nlu import intent_model
from assistant.nlu.intent_model import Array, IntentModel, KernelSettings, in_common

WIDTH, INTENTS, EACH = 24, 6, 60


def examples(dice: np.random.Generator, intent: int, count: int) -> Array:
    vectors = 0.5 * dice.standard_normal((count, WIDTH)).astype(np.float32)
    vectors[:, intent] += 1.0
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def fitted(dense: Array, intents: list[str]) -> IntentModel:
    nothing = sp.csr_matrix((len(dense), 2), dtype=np.float32)
    return IntentModel.fit(dense, nothing, in_common(nothing), intents, KernelSettings(dimensions=WIDTH))


def sureness(model: IntentModel, messages: Array) -> Array:
    nothing = sp.csr_matrix((len(messages), 2), dtype=np.float32)
    return np.array([prediction.ranking[0][1] for prediction in model.predict(messages, nothing)])


@pytest.mark.parametrize("taught", [1, 2, 3])
def test_a_new_example_hardly_moves_the_confidence_in_others(monkeypatch: pytest.MonkeyPatch, taught: int) -> None:
    monkeypatch.setattr(intent_model, "_ENOUGH", 90)  # of 360
    dice = np.random.default_rng(5)
    dense = np.concatenate([examples(dice, intent, EACH) for intent in range(INTENTS)])
    intents = [f"intent {intent}" for intent in range(INTENTS) for _ in range(EACH)]
    more = examples(dice, 0, taught)
    messages = np.concatenate([examples(dice, intent, 30) for intent in range(1, INTENTS)])
    before = sureness(fitted(dense, intents), messages)
    after = sureness(fitted(np.concatenate([more, dense]), ["intent 0"] * taught + intents), messages)
    assert before.std() > 0.1  # a model that is as sure of everything would show nothing
    assert np.abs(after - before).mean() < 0.01
