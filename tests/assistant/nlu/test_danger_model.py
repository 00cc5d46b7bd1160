"""The danger model weighs a message against examples of danger and harmless ones, also such as no topic has."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

from assistant.nlu.danger_model import DangerModel, DangerSettings
from assistant.nlu.intent_model import Array, IntentModel, KernelSettings, in_common

# Directions in which the made-up sentence vectors of a meaning lie.
PRICE, SESSION, DANGER, IDIOM, FAREWELL = range(5)


def near(meaning: int, count: int, dice: np.random.Generator) -> Array:
    vectors = 0.2 * dice.standard_normal((count, 8)).astype(np.float32)
    vectors[:, meaning] += 1.0
    vectors[:, DANGER] += 0.6 if meaning == IDIOM else 0.0  # grave words that mean no danger lie close to it
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def no_ngrams(count: int) -> sp.csr_matrix:
    return sp.csr_matrix((count, 3), dtype=np.float32)


@pytest.fixture
def dice() -> np.random.Generator:
    return np.random.default_rng(7)


def trained(more: list[tuple[int, bool]], dice: np.random.Generator) -> tuple[IntentModel, DangerModel]:
    """Topics of price, session, danger; `more`: meanings of the gate's own examples, and whether they mean danger."""
    dense = np.concatenate([near(meaning, 40, dice) for meaning in (PRICE, SESSION, DANGER)])
    intents = ["price"] * 40 + ["session"] * 40 + ["crisis"] * 40
    nothing = no_ngrams(len(dense))
    topics = IntentModel.fit(dense, nothing, in_common(nothing), intents, KernelSettings(dimensions=8))
    dense = np.concatenate([dense, *(near(meaning, 20, dice) for meaning, _ in more)])
    is_danger = np.array([intent == "crisis" for intent in intents] + [danger for _, danger in more for _ in range(20)])
    nothing = no_ngrams(len(dense))
    return topics, DangerModel.fit(topics, dense, nothing, is_danger, DangerSettings())


def scores(topics: IntentModel, model: DangerModel, vectors: Array) -> Array:
    return model.score(topics.compare(vectors), no_ngrams(len(vectors)))


def test_danger_is_told_from_a_topic(dice: np.random.Generator) -> None:
    topics, model = trained([], dice)
    assert scores(topics, model, near(DANGER, 30, dice)).min() > 0.5
    assert scores(topics, model, near(PRICE, 30, dice)).max() < 0.5


def test_the_gates_own_examples_teach_it_both_ways_and_no_topic_changes(dice: np.random.Generator) -> None:
    before, untaught = trained([], np.random.default_rng(1))
    after, taught = trained([(IDIOM, False), (FAREWELL, True)], np.random.default_rng(1))
    idioms, farewells = near(IDIOM, 30, dice), near(FAREWELL, 30, dice)
    assert scores(after, taught, idioms).mean() < scores(before, untaught, idioms).mean() - 0.2
    assert scores(after, taught, farewells).mean() > scores(before, untaught, farewells).mean() + 0.2
    some = np.concatenate([idioms, farewells])
    ranked = [[one.ranking for one in model.predict(some, no_ngrams(60))] for model in (before, after)]
    assert ranked[0] == ranked[1]


def test_what_is_saved_is_loaded(dice: np.random.Generator, tmp_path: Path) -> None:
    topics, model = trained([(IDIOM, False)], dice)
    topics.save(tmp_path)
    model.save(tmp_path)
    loaded = IntentModel.load(tmp_path)
    vectors = near(IDIOM, 5, dice)
    again = scores(loaded, DangerModel.load(tmp_path, loaded), vectors)
    np.testing.assert_allclose(again, scores(topics, model, vectors), rtol=1e-5)
