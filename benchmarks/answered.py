"""Everything that the assistant made of the held-out messages, as figures and question by question."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks.dialogues import Said, dialogue_goals
from benchmarks.goals import Goal
from benchmarks.single import Outcome, single_goals


@dataclass(frozen=True)
class Answered:
    """The outcomes of one evaluation."""

    singles: list[Outcome]
    mistyped: list[Outcome]
    compounds: list[Said]
    dialogues: list[Said]

    @property
    def goals(self) -> list[Goal]:
        """The figures that the project promises."""
        return single_goals(self.singles, self.mistyped) + dialogue_goals(self.compounds, self.dialogues)


def as_json(answered: Answered) -> dict[str, Any]:
    """The goals, and of each question its kind, text, what was expected and given, and whether that is right."""
    goals = [{**vars(goal), "met": goal.met} for goal in answered.goals]
    return {"goals": goals, "questions": list(_questions(answered))}


def _questions(answered: Answered) -> Iterator[dict[str, Any]]:
    for outcome in answered.singles:
        asked = outcome.question
        yield _question(asked.kind, asked.text, asked.intent, outcome.intent, outcome.right)
    for kind, all_said in (("compound", answered.compounds), ("follow_ups", answered.dialogues)):
        for said in all_said:
            yield _question(
                kind, " | ".join(said.messages), ", ".join(said.expected), ", ".join(said.given), said.right
            )


def _question(kind: str, text: str, expected: str, given: str, right: bool) -> dict[str, Any]:
    return {"kind": kind, "text": text, "expected": expected, "given": given, "right": right}
