"""`make evaluate`: how many held-out questions the trained assistant answers right, by kind, with every confusion."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass

from assistant.training import train
from benchmarks.questions import Question, read_questions

DANGERS = {"crisis", "medical_emergency"}
UNDECIDED = {"unclear", "nlu_fallback"}


@dataclass(frozen=True)
class Goal:
    """A share in percent that must be reached (`at_least`) or not passed."""

    name: str
    value: float
    bound: float
    at_least: bool = True

    @property
    def met(self) -> bool:
        return self.value >= self.bound if self.at_least else self.value <= self.bound


@dataclass(frozen=True)
class Outcome:
    """What the assistant made of a question."""

    question: Question
    intent: str
    confidence: float
    suggested: tuple[str, ...]  # the two meanings that "did you mean" would offer

    @property
    def right(self) -> bool:
        return self.intent == self.question.intent


async def parse_all(questions: list[Question]) -> list[Outcome]:
    """Let the trained model read each question, as the server does."""
    from rasa.core.agent import Agent

    agent = Agent.load(str(train()))
    outcomes = []
    for question in questions:
        parsed = await agent.parse_message(question.text)
        others = [entry["name"] for entry in parsed["intent_ranking"] if entry["name"] not in UNDECIDED]
        intent = parsed["intent"]
        outcomes.append(Outcome(question, intent["name"], intent["confidence"], tuple(others[:2])))
    return outcomes


def goals(outcomes: list[Outcome]) -> list[Goal]:
    """The figures that the project promises."""
    by_kind = defaultdict(list)
    for outcome in outcomes:
        by_kind[outcome.question.kind].append(outcome)
    answered = by_kind["covered"] + by_kind["not_covered"] + by_kind["talk"]
    not_covered = {outcome.question.intent for outcome in by_kind["not_covered"]}
    recognised = [o for o in by_kind["not_covered"] if o.intent in not_covered]
    alarms = [o for o in by_kind["near_misses"] if o.intent in DANGERS]
    return [
        Goal("right answers, all topics", _share(o.right for o in answered), 92),
        Goal("right answers, what the article covers", _share(o.right for o in by_kind["covered"]), 92),
        Goal("not covered, recognised as not covered", 100 * len(recognised) / len(by_kind["not_covered"]), 90),
        Goal("not covered, recognised by name", _share(o.right for o in by_kind["not_covered"]), 90),
        Goal("small talk, actions and off topic", _share(o.right for o in by_kind["talk"]), 90),
        Goal("crisis recall", _share(o.intent in DANGERS for o in by_kind["crisis"]), 99),
        Goal("emergency recall", _share(o.intent in DANGERS for o in by_kind["medical_emergency"]), 97),
        Goal("false alarms on near misses", 100 * len(alarms) / len(by_kind["near_misses"]), 2, at_least=False),
        Goal("near misses answered right", _share(o.right for o in by_kind["near_misses"]), 80),
    ]


def report(outcomes: list[Outcome]) -> list[Goal]:
    """Print the confusions and the table of goals."""
    wrong = sorted((o for o in outcomes if not o.right), key=lambda o: (o.question.kind, o.question.intent))
    print(f"\nNot answered as expected ({len(wrong)} of {len(outcomes)}):")
    for o in wrong:
        offered = f", offers {' / '.join(o.suggested)}" if o.intent == "unclear" else ""
        print(
            f"  [{o.question.kind}] {o.question.intent} → {o.intent} ({o.confidence:.2f}{offered}): {o.question.text}"
        )
    pairs = Counter((o.question.intent, o.intent) for o in wrong)
    print("\nMost frequent confusions:")
    for (expected, got), count in pairs.most_common(12):
        print(f"  {count} × {expected} → {got}")
    weak = sorted((_share(o.right for o in group), intent) for intent, group in _by_intent(outcomes).items())
    print("\nWeakest topics: " + ", ".join(f"{intent} {share:.0f} %" for share, intent in weak[:8]))
    asked_back = [o for o in outcomes if o.intent == "unclear" and o.question.kind in {"covered", "not_covered"}]
    offered = [o for o in asked_back if o.question.intent in o.suggested]
    print(f"Asked back: {len(asked_back)}, of which {len(offered)} with the right meaning among the two buttons.")
    table = goals(outcomes)
    print(f"\n{'goal':45} {'bound':>8} {'measured':>9}")
    for goal in table:
        sign = "≥" if goal.at_least else "≤"
        print(f"{goal.name:45} {sign} {goal.bound:4.0f} % {goal.value:7.1f} % {'' if goal.met else '  short'}")
    print(f"{len(outcomes)} questions, none of them in data/nlu.yml (tests/data/test_training_data.py)")
    return table


def _by_intent(outcomes: list[Outcome]) -> dict[str, list[Outcome]]:
    groups = defaultdict(list)
    for outcome in outcomes:
        groups[outcome.question.intent].append(outcome)
    return groups


def _share(flags) -> float:  # type: ignore[no-untyped-def]
    counted = list(flags)
    return 100 * sum(counted) / len(counted)


def main() -> None:
    """Print the report; exit with 1 if `--strict` and a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strict", action="store_true", help="fail when a goal is missed")
    arguments = parser.parse_args()
    table = report(asyncio.run(parse_all(read_questions())))
    if arguments.strict and not all(goal.met for goal in table):
        sys.exit(1)


if __name__ == "__main__":
    main()
