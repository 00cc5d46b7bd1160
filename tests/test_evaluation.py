"""The assistant understands the held-out questions as well as the project promises."""

from __future__ import annotations

import asyncio

import pytest

from benchmarks.evaluate import Goal, goals, parse_all
from benchmarks.questions import read_questions


@pytest.fixture(scope="module")
def measured() -> dict[str, Goal]:
    return {goal.name: goal for goal in goals(asyncio.run(parse_all(read_questions())))}


@pytest.mark.parametrize(
    "name",
    [
        "right answers, all topics",
        "right answers, what the article covers",
        "not covered, recognised as not covered",
        "not covered, recognised by name",
        "crisis recall",
        "emergency recall",
        "false alarms on near misses",
    ],
)
def test_goal_is_met(measured: dict[str, Goal], name: str) -> None:
    goal = measured[name]
    assert goal.met, f"{goal.value:.1f} % instead of {goal.bound} %"
