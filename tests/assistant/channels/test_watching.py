"""Whose word counts about danger: the lists', and the model's where the lists are not certain."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from assistant import safety
from assistant.channels.desk_messages import user_message, uttered
from assistant.channels.watching import danger_in, weighed
from assistant.conversations.inbox import Arrival

OFTEN_HARMLESS = "ugh shoot me now"
CERTAIN = "i want to kill myself"


def arrival(text: str) -> Arrival:
    return Arrival("0123456789", text, danger=safety.detect(text))


async def clears(_: str) -> dict[str, Any]:
    return {"intent": {"name": "greet"}}


async def confirms(_: str) -> dict[str, Any]:
    return {"intent": {"name": "crisis"}}


async def fails(_: str) -> dict[str, Any]:
    raise RuntimeError("no model")


@pytest.mark.parametrize(
    ("text", "understand", "danger"),
    [
        (OFTEN_HARMLESS, clears, None),
        (OFTEN_HARMLESS, confirms, "crisis"),
        (OFTEN_HARMLESS, fails, "crisis"),
        (CERTAIN, clears, "crisis"),
        (CERTAIN, fails, "crisis"),
        ("hello", fails, None),
    ],
)
def test_staff_are_told_of_what_the_assistant_would_take_for_danger(
    text: str, understand: Any, danger: str | None
) -> None:
    assert asyncio.run(danger_in(arrival(text), understand)) == danger


async def never() -> bool:
    return False


async def lately() -> bool:
    return True


@pytest.mark.parametrize(
    ("text", "understand", "was_in_crisis", "danger"),
    [
        (OFTEN_HARMLESS, clears, never, None),
        (OFTEN_HARMLESS, clears, lately, "crisis"),
        (OFTEN_HARMLESS, confirms, never, "crisis"),
        (OFTEN_HARMLESS, fails, never, "crisis"),
        (CERTAIN, clears, never, "crisis"),
        ("s h o o t me now", clears, never, "crisis"),
        ("hello", clears, never, None),
    ],
)
def test_the_model_clears_only_doubtful_words(
    text: str, understand: Any, was_in_crisis: Any, danger: str | None
) -> None:
    assert asyncio.run(weighed(arrival(text), understand, was_in_crisis)).danger == danger


@pytest.mark.parametrize("text", ["hello there " * 150, "greet"], ids=["cut off", "a button that was not shown"])
def test_danger_that_was_found_in_other_words_stays(text: str) -> None:
    found = Arrival("0123456789", text, danger=safety.CRISIS)
    assert asyncio.run(weighed(found, clears, never)).danger == safety.CRISIS


def test_a_failed_answer_to_danger_is_kept_as_danger() -> None:
    found = arrival(OFTEN_HARMLESS)
    kept = uttered(found, user_message("web:0123456789abcdef", Arrival("0123456789", OFTEN_HARMLESS)))
    assert kept.parse_data["intent"]["name"] == safety.CRISIS
