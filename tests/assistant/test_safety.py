"""The safety gate: the language of its word lists, and what the project's own lists notice."""

from __future__ import annotations

import time

import pytest

from assistant.phrases import PhraseError, PhraseList
from assistant.safety import (
    CRISIS,
    CRISIS_SPANISH,
    LISTS,
    MEDICAL_EMERGENCY,
    NOW,
    THOUGHTS,
    detect,
    is_certain,
    level,
)
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


def test_a_phrase_may_be_no_sure_sign() -> None:
    phrases = PhraseList(["maybe: shoot me", "kill myself"])
    assert phrases.matches(" shoot me ") and not phrases.matches(" shoot me ", surely=True)
    assert phrases.matches(" shoot me i will kill myself ", surely=True)


@pytest.mark.parametrize("line", ["perhaps: die", "kill|(", "@nobody dies", "(only) (optional)", "spell: kil = k(ill"])
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
        ("worst chest pain in my life, cant breathe", MEDICAL_EMERGENCY),
        ("he took something at 9 and since then he is unresponsive", MEDICAL_EMERGENCY),
        ("her oxygen is in the 80s and she is turning blue", MEDICAL_EMERGENCY),
        ("pressure 201/120, crushing chest pain", MEDICAL_EMERGENCY),
        ("my husband is shot in the chest", MEDICAL_EMERGENCY),
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
        "my sister passed from an overdose in 2008",
        "is the shot in the arm",
        "lexapro did nothing for me",
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


FILLER = "the weather was nice and we had lunch together before the appointment "


@pytest.mark.parametrize(
    "message",
    [
        FILLER * 90 + "i want to kill myself " + FILLER * 90,
        FILLER * 1500 + "\ni want to kill myself",
        "i want to kill myself " + FILLER * 1500,
        "\u200b".join("i want to kill myself"),
        "i wаnt tо kill mуself",  # noqa: RUF001 - Cyrillic letters are the point
        "I  WANT   TO\n\nKILL MYSELF",
        "i want to 🔫 myself",
    ],
    ids=["among 2,000 words", "last line of 100 kB", "first of 100 kB", "zero width", "look-alikes", "spaces", "sign"],
)
def test_danger_is_noticed_wherever_and_however_it_stands(message: str) -> None:
    assert detect(message) == CRISIS


@pytest.mark.parametrize(
    ("message", "near"),
    [
        ("i want to kill myself tonight", NOW),
        ("i have a gun and i want to die", NOW),
        ("ive taken all my pills to die", NOW),
        ("quiero morir, tengo las pastillas", NOW),
        ("i want to die", THOUGHTS),
        ("sometimes i wish i was dead", THOUGHTS),
        ("quiero morirme", THOUGHTS),
    ],
)
def test_what_is_near_is_told_from_thoughts(message: str, near: str) -> None:
    assert level(message) == near
    first, other = ("911", "988") if near == NOW else ("988", "911")
    for _ in range(9):
        text = safety_text(detect(message) or "", message)
        assert text.index(first) < text.index(other)


@pytest.mark.parametrize(
    "message",
    [
        "I want to die",
        "i just want to die",
        "im going to kill myself",
        "I am suicidal",
        "i took all my pills to end it",
        "quiero morirme",
        "me quiero matar",
        "someone overdosed and is not breathing",
    ],
)
def test_plain_words_of_danger_are_certain(message: str) -> None:
    assert detect(message) and is_certain(message)


@pytest.mark.parametrize(
    "message",
    [FILLER * 10 + "ugh shoot me now", "s h o o t me now", "sh00t me n0w", "\u200b".join("shoot me now")],
    ids=["long", "spelled out", "with digits", "invisible signs"],
)
def test_what_the_model_may_not_read_right_is_never_left_to_it(message: str) -> None:
    assert not is_certain("ugh shoot me now")
    assert detect(message) and is_certain(message)


def test_every_danger_has_its_reply_without_a_model() -> None:
    for danger in LISTS:
        text = safety_text(danger)
        assert "911" in text
        assert parse_data("text", danger)["intent"]["name"] == danger
