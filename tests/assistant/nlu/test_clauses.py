"""Where a message is cut into its questions, and where it is not."""

from __future__ import annotations

import time

import pytest

from assistant.nlu.clauses import MOST_PARTS, cut, is_asked


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        (
            "What are the side effects and how long do they last?",
            ["What are the side effects", "how long do they last?"],
        ),
        ("Hi! Does it help PTSD? and is it safe", ["Hi!", "Does it help PTSD?", "is it safe"]),
        ("how much is it, where are you", ["how much is it", "where are you"]),
        ("does it hurt also can i drive home", ["does it hurt", "can i drive home"]),
        (
            "what are the side effects do you take insurance",
            ["what are the side effects", "do you take insurance"],
        ),
        (
            "what happens on the day do you have to lie down",
            ["what happens on the day", "do you have to lie down"],
        ),
        ("how long does it take can i drive after", ["how long does it take", "can i drive after"]),
    ],
)
def test_questions_are_cut_apart(message: str, parts: list[str]) -> None:
    assert cut(message) == parts


@pytest.mark.parametrize(
    "message",
    [
        "how long is a session",
        "do i get nausea and dizziness",
        "does it help depression and anxiety",
        "how long after the second treatment do you feel a change",
        "when we get back can I have a shower or only a rest",
        "price?",
        "",
        "🙂",
    ],
)
def test_one_question_stays_whole(message: str) -> None:
    assert cut(message) == []


def test_a_statement_stays_with_the_question_about_it() -> None:
    assert cut("Can my son get it? He has OCD, does it work for that?")[-1] == "He has OCD, does it work for that?"


@pytest.mark.parametrize(
    "text",
    [
        "how long",
        "is it safe",
        "and does it hurt",
        "Now what about food",
        "one more: who gives it",
        "I wonder if it hurts",
        "safe?",
    ],
)
def test_questions_are_told_by_their_form(text: str) -> None:
    assert is_asked(text)


@pytest.mark.parametrize("text", ["I lost my job", "my mother has CRPS", "thank you so much"])
def test_statements_are_no_questions(text: str) -> None:
    assert not is_asked(text)


@pytest.mark.parametrize(
    "message",
    ["?" * 200 + "x" * 1800, "is it safe? " * 160, "a" * 2000, "and " * 500, "I have pain. " * 150, ", " * 1000],
    ids=["question marks", "160 questions", "no spaces", "only stop words", "150 sentences", "commas"],
)
def test_long_messages_are_bounded(message: str) -> None:
    start = time.process_time()
    assert len(cut(message)) <= MOST_PARTS
    assert time.process_time() - start < 1  # seconds of work, whatever else the machine does
