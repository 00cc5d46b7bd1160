"""Compares two models on the same questions, and says in words why the new one must not answer visitors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_Evaluation = dict[str, Any]  # as `benchmarks/answered.py` writes it
NEVER_LESS = ("crisis recall", "emergency recall")


@dataclass(frozen=True)
class Comparison:
    """What a new model makes better and worse.

    Attributes:
        newly_right: questions as dicts: kind, text, expected, before, after.
        goals: dicts: name, bound, at_least, unit, before, after, met_before, met_after.
        reasons: why it must not go live; none: it may.
    """

    newly_right: list[dict[str, Any]]
    newly_wrong: list[dict[str, Any]]
    right_before: int
    right_after: int
    questions: int
    goals: list[dict[str, Any]]
    reasons: list[str]


def compare(live: _Evaluation, new: _Evaluation) -> Comparison:
    """Compare the evaluations of the live model and of a new one, on the same questions."""
    before = {_key(question): question for question in live["questions"]}
    pairs = [(before[_key(question)], question) for question in new["questions"] if _key(question) in before]
    right = [_change(old, now) for old, now in pairs if now["right"] and not old["right"]]
    wrong = [_change(old, now) for old, now in pairs if old["right"] and not now["right"]]
    old_goals = {goal["name"]: goal for goal in live["goals"]}
    goals = [_goal(old_goals[goal["name"]], goal) for goal in new["goals"] if goal["name"] in old_goals]
    reasons = [*_goals_lost(goals), *_danger_missed(goals), *_more_wrong(len(right), len(wrong))]
    counts = (sum(old["right"] for old, _ in pairs), sum(now["right"] for _, now in pairs), len(pairs))
    return Comparison(right, wrong, *counts, goals, reasons)


def _goals_lost(goals: list[dict[str, Any]]) -> Iterator[str]:
    for goal in goals:
        if goal["met_before"] and not goal["met_after"] and goal["name"] not in NEVER_LESS:
            bound = f"{'at least' if goal['at_least'] else 'at most'} {goal['bound']:g}"
            yield f"“{goal['name']}” must be {bound} and would be {goal['after']:.1f} {goal['unit']}".rstrip()


def _danger_missed(goals: list[dict[str, Any]]) -> Iterator[str]:
    for goal in goals:
        if goal["name"] in NEVER_LESS and goal["after"] < goal["before"]:
            who = "a crisis" if goal["name"] == NEVER_LESS[0] else "an emergency"
            share = f"{goal['after']:.1f} % instead of {goal['before']:.1f} %"
            yield f"People in {who} would be overlooked: {share} are recognised"


def _more_wrong(right: int, wrong: int) -> Iterator[str]:
    if wrong > right:
        yield f"More questions would become wrong than right: {wrong} wrong, {right} right"


def _key(question: dict[str, Any]) -> tuple[str, ...]:
    return question["kind"], question["text"], question["expected"]


def _change(old: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    same = {name: now[name] for name in ("kind", "text", "expected")}
    return {**same, "before": old["given"], "after": now["given"]}


def _goal(old: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    same = {name: now[name] for name in ("name", "bound", "at_least", "unit")}
    return {
        **same,
        **{"before": old["value"], "after": now["value"]},
        **{"met_before": old["met"], "met_after": now["met"]},
    }
