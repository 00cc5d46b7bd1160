"""A text has one sentence vector, whatever else is encoded: what a reviewer teaches must move no other example."""

from __future__ import annotations

import numpy as np

from assistant.nlu.encoder_model import _LOWER, ALL_DIMENSIONS, DIMENSIONS, SentenceEncoder

TEXTS = [
    "what are the side effects?",
    "HOW MUCH",
    "i've been off work since march and my sister says your place helped her, so what happens on the day itself",
    "¿cuánto dura una sesión?",
    "",
]


def test_a_text_has_the_same_vector_beside_others_and_on_all_cores() -> None:
    alone, on_all_cores = SentenceEncoder(), SentenceEncoder(workers=2)
    each = np.concatenate([alone.encode([text]) for text in TEXTS])
    assert each.shape == (len(TEXTS), DIMENSIONS)
    assert np.array_equal(alone.encode(TEXTS), each)
    assert np.array_equal(on_all_cores.encode(TEXTS[::-1]), each[::-1])
    assert alone.encode([]).shape == (0, DIMENSIONS)


def test_lower_layers_stand_behind_the_sentence_vector_each_as_much_as_is_said() -> None:
    encoder = SentenceEncoder()
    vectors = encoder.encode_layers(TEXTS)

    assert vectors.shape == (len(TEXTS), ALL_DIMENSIONS)
    assert np.array_equal(vectors[:, :DIMENSIONS], encoder.encode(TEXTS))
    lengths = np.linalg.norm(vectors.reshape(len(TEXTS), -1, DIMENSIONS), axis=2)
    assert np.allclose(lengths, [1.0, *_LOWER.values()], atol=1e-3)
