"""The safety gate: the language of its word lists, and what the project's own lists notice."""

from __future__ import annotations

import time

import pytest

from assistant.phrases import PhraseError, PhraseList
from assistant.safety import CRISIS, CRISIS_SPANISH, LISTS, MEDICAL_EMERGENCY, detect
from assistant.safety_replies import parse_data, safety_text


def holds(line: str, message: str) -> bool:
    return PhraseList(["not: to die for", "@close = son|wife", line]).matches(f" {message} ")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("kill|end myself", "i will end myself"),
        ("suicid*", "feeling suicidal"),
        ("end (my) life", "to end life"),
        ("want ... die", "want so much to die"),
        ("pills + tonight", "tonight i have pills"),
        ("my @close says", "my wife says"),
        ("^ suicide $", "suicide"),
    ],
)
def test_a_phrase_is_found(line: str, message: str) -> None:
    assert holds(line, message)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("kill|end myself", "the weekend by myself"),
        ("pills + tonight", "i have pills"),
        ("die - laughing", "die laughing"),
        ("die", "shoes to die for"),
        ("^ suicide $", "suicide squad"),
    ],
)
def test_a_phrase_is_not_found(line: str, message: str) -> None:
    assert not holds(line, message)


@pytest.mark.parametrize("line", ["kill|(", "@nobody dies", "(only) (optional)"])
def test_a_line_that_cannot_be_read_is_named(line: str) -> None:
    with pytest.raises(PhraseError, match="my.txt:2"):
        PhraseList(["die", line], "my.txt")


@pytest.mark.parametrize(
    ("message", "danger"),
    [
        ("I want to die", CRISIS),
        ("i dont want to be alive anymore", CRISIS),
        ("K!LL MYSELF tonight", CRISIS),
        ("k i l l myself", CRISIS),
        ("want to d\u200bie", CRISIS),
        ("everyone would be better off without me", CRISIS),
        ("my son says he is going to kill himself", CRISIS),
        ("quiero morirme", CRISIS_SPANISH),
        ("ya no quiero vivir", CRISIS_SPANISH),
        ("I can't breathe", MEDICAL_EMERGENCY),
        ("he is not waking up, call 911", MEDICAL_EMERGENCY),
    ],
)
def test_danger_is_noticed(message: str, danger: str) -> None:
    assert detect(message) == danger


@pytest.mark.parametrize(
    "message",
    [
        "does it help with suicidal thoughts?",
        "I'm dying to know the price",
        "can ketamine cause chest pain",
        "my brother killed himself in 2010",
        "my phone is about to die",
        "",
        "🙂",
        "how long does one infusion take",
    ],
)
def test_harmless_words_are_left_alone(message: str) -> None:
    assert detect(message) is None


@pytest.mark.parametrize("filler", ["a " * 4000, "i want to " * 800, "x" * 8000, "not " * 2000])
def test_no_message_takes_long(filler: str) -> None:
    detect("warm up")
    start = time.perf_counter()
    detect(filler)
    assert time.perf_counter() - start < 0.5


def test_every_danger_has_its_reply_without_a_model() -> None:
    for danger in LISTS:
        text = safety_text(danger)
        assert "911" in text
        assert parse_data("text", danger)["intent"]["name"] == danger
