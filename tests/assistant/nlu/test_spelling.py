"""Spelling is mended where nobody knows the word, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.nlu.spelling import SpellingMender, vocabulary


@pytest.fixture(scope="module")
def mender() -> SpellingMender:
    texts = ["is ketamine infusion safe", "side effects of ketamine", "ketamine and hallucinations", "depression"] * 3
    unused: Any = None
    return SpellingMender(unused, unused, vocabulary(texts))


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("ketmine infuson safe??", "ketamine infusion safe??"),
        ("hallucinatons", "hallucinations"),
        ("Deppresion?", "depression?"),
        ("side efects", "side effects"),
        ("sid eeffects of ketamin einfusion", "side effects of ketamine infusion"),
    ],
)
def test_misspelt_words_are_read_as_known_ones(mender: SpellingMender, typed: str, read: str) -> None:
    assert mender.mend(typed) == read


@pytest.mark.parametrize(
    "typed",
    [
        "call me at 415-555-0134",
        "write to efects@infuson.com",
        "my doctor is Dr Ketamin",
        "is it sane",
        "1nfusion",
        "it is ok",
        "",
        "🙂 ??",
    ],
)
def test_names_numbers_addresses_and_real_words_are_left_alone(mender: SpellingMender, typed: str) -> None:
    assert mender.mend(typed) == typed


def test_the_vocabulary_leaves_out_rare_misspellings() -> None:
    assert vocabulary(["ketamine infuson", "ketamine infusion", "ketamine"]).keys() == {"ketamine", "infusion"}
