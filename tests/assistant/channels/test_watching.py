"""Whose word counts about danger: the lists', and the model's where the lists are not certain."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from assistant import safety
from assistant.channels.desk_messages import user_message
from assistant.channels.watching import danger_in
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


def test_only_certain_danger_is_answered_without_the_model() -> None:
    assert user_message("web:0123456789abcdef", arrival(CERTAIN)).parse_data
    assert not user_message("web:0123456789abcdef", arrival(OFTEN_HARMLESS)).parse_data


def test_what_was_cut_off_a_long_message_still_counts() -> None:
    long = "hello there " * 150
    assert user_message("web:0123456789abcdef", Arrival("0123456789", long, danger=safety.CRISIS)).parse_data
