"""The assistant understands the held-out messages as well as the project promises (`make evaluate` prints them all)."""

from __future__ import annotations

import asyncio

import pytest

from benchmarks.evaluate import evaluate
from benchmarks.goals import Goal


@pytest.fixture(scope="module")
def measured() -> dict[str, Goal]:
    return {goal.name: goal for goal in asyncio.run(evaluate(print_details=False))}


@pytest.mark.parametrize(
    "name",
    [
        "right answers, all topics",
        "right answers, what the article covers",
        "not covered, recognised as not covered",
        "not covered, recognised by name",
        "small talk, actions and off topic",
        "crisis recall",
        "emergency recall",
        "false alarms on near misses",
        "near misses answered right",
        "Spanish and reports of side effects",
        "off topic, recognised (refused or asked back)",
        "real questions refused",
        "right answers lost to two typos, points",
        "several questions: every part answered",
        "several questions: an answer given twice, messages",
        "one question that looks like several: one answer",
        "follow-ups answered from their topic",
        "follow-ups without a topic asked back",
    ],
)
def test_goal_is_met(measured: dict[str, Goal], name: str) -> None:
    goal = measured[name]
    assert goal.met, f"{goal.value:.1f} {goal.unit} instead of {goal.bound} {goal.unit}"
