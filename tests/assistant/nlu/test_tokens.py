"""The shared spaCy model does not grow with every word that somebody writes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from assistant.nlu import tokens
from assistant.nlu.terms import TermMatcher
from assistant.nlu.tokens import spacy_model


@pytest.fixture
def few_words(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    tokens._loaded.cache_clear()
    monkeypatch.setattr(tokens, "_MOST_NEW_WORDS", 100)
    yield len(spacy_model().vocab)
    tokens._loaded.cache_clear()


def named(matcher: TermMatcher, text: str) -> list[str]:
    [message] = matcher.process([Message(data={TEXT: text})])
    return [entity["value"] for entity in message.get(ENTITIES)]


def test_new_words_are_forgotten_when_there_are_many(few_words: int) -> None:
    first = spacy_model()
    for number in range(30):
        spacy_model().make_doc(" ".join(f"word{letter}{number}" for letter in "abcdefghij"))
    assert spacy_model() is not first
    assert len(spacy_model().vocab) < few_words + 120


def test_terms_are_found_after_words_were_forgotten(few_words: int) -> None:
    matcher = TermMatcher(cast(Any, None), cast(Any, None), {"condition": ["nerve pain"]})
    before = spacy_model()
    for number in range(15):
        assert named(matcher, " ".join(f"{letter}{number}x" for letter in "abcdefghij") + " and Nerve pain") == [
            "nerve pain"
        ]
    assert spacy_model() is not before
    assert named(matcher, "my nerve pain") == ["nerve pain"]
