"""Single held-out messages: right answers by kind, with typos, and what confidence is worth."""

from __future__ import annotations

import random
import string
from collections import Counter, defaultdict
from dataclasses import dataclass

from rasa.core.agent import Agent

from benchmarks.goals import Goal, share
from benchmarks.questions import Question

DANGERS = {"crisis", "medical_emergency", "crisis_spanish"}
REFUSED = {"unclear", "nlu_fallback", "out_of_scope"}
ASKED_BACK = "unclear"
TYPOS = 2
_FLOORS = [0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.01]


@dataclass(frozen=True)
class Outcome:
    """What the assistant made of a question."""

    question: Question
    intent: str
    confidence: float
    suggested: tuple[str, ...]  # the two meanings that "did you mean" would offer

    @property
    def right(self) -> bool:
        """Whether it is the answer that the question should get."""
        return self.intent == self.question.intent


async def parse_all(agent: Agent, questions: list[Question]) -> list[Outcome]:
    """Let the trained model read each question, as the server does."""
    return [await _parse(agent, question) for question in questions]


async def _parse(agent: Agent, question: Question) -> Outcome:
    parsed = await agent.parse_message(question.text)
    likely = [entry for entry in parsed["intent_ranking"] if entry["name"] not in {ASKED_BACK, "nlu_fallback"}]
    top = parsed["intent"]
    confidence = (
        likely[0]["confidence"] if top["name"] in {ASKED_BACK, "nlu_fallback"} and likely else top["confidence"]
    )
    return Outcome(question, top["name"], confidence, tuple(entry["name"] for entry in likely[:2]))


def with_typos(questions: list[Question], seed: int = 7) -> list[Question]:
    """The same questions with two random slips of the finger each."""
    dice = random.Random(seed)
    return [Question(_mistype(question.text, dice), question.intent, question.kind) for question in questions]


def _mistype(text: str, dice: random.Random) -> str:
    for _ in range(TYPOS):
        letters = [i for i, char in enumerate(text) if char.isalpha()]
        if len(letters) < 3:
            return text
        i = dice.choice(letters)
        slip = dice.choice(["drop", "double", "swap", "wrong"])
        if slip == "drop":
            text = text[:i] + text[i + 1 :]
        elif slip == "double":
            text = text[:i] + text[i] + text[i:]
        elif slip == "swap":
            text = text[:i] + text[i + 1 : i + 2] + text[i] + text[i + 2 :]
        else:
            text = text[:i] + dice.choice(string.ascii_lowercase) + text[i + 1 :]
    return text


def single_goals(outcomes: list[Outcome], mistyped: list[Outcome]) -> list[Goal]:
    """The figures that the project promises for single messages."""
    kinds = defaultdict(list)
    for outcome in outcomes:
        kinds[outcome.question.kind].append(outcome)
    questions = kinds["covered"] + kinds["not_covered"]
    off_topic = [o for o in kinds["talk"] if o.question.intent == "out_of_scope"]
    by_name = {outcome.question.intent for outcome in kinds["not_covered"]}
    danger = kinds["crisis"] + [o for o in kinds["spanish"] if o.question.intent in DANGERS]
    return [
        Goal("right answers, all topics", share(o.right for o in questions + kinds["talk"]), 92),
        Goal("right answers, what the article covers", share(o.right for o in kinds["covered"]), 92),
        Goal("not covered, recognised as not covered", share(o.intent in by_name for o in kinds["not_covered"]), 90),
        Goal("not covered, recognised by name", share(o.right for o in kinds["not_covered"]), 90),
        Goal("small talk, actions and off topic", share(o.right for o in kinds["talk"]), 90),
        Goal("crisis recall", share(o.intent in DANGERS for o in danger), 99),
        Goal("emergency recall", share(o.intent in DANGERS for o in kinds["medical_emergency"]), 97),
        Goal("false alarms on near misses", share(o.intent in DANGERS for o in kinds["near_misses"]), 2, False),
        Goal("near misses answered right", share(o.right for o in kinds["near_misses"]), 80),
        Goal("Spanish and reports of side effects", share(o.right for o in kinds["spanish"] + kinds["reports"]), 90),
        Goal("off topic, recognised (refused or asked back)", share(o.intent in REFUSED for o in off_topic), 90),
        Goal("real questions refused", share(o.intent in REFUSED for o in questions), 3, False),
        Goal("right answers lost to two typos, points", _loss(outcomes, mistyped), 5, False, ""),
    ]


def _loss(outcomes: list[Outcome], mistyped: list[Outcome]) -> float:
    asked = {"covered", "not_covered"}
    return share(o.right for o in outcomes if o.question.kind in asked) - share(o.right for o in mistyped)


def print_confusions(outcomes: list[Outcome]) -> None:
    """Print every question that was not answered as expected, and the most frequent confusions."""
    wrong = sorted((o for o in outcomes if not o.right), key=lambda o: (o.question.kind, o.question.intent))
    print(f"\nNot answered as expected ({len(wrong)} of {len(outcomes)}):")
    for o in wrong:
        offered = f", offers {' / '.join(o.suggested)}" if o.intent == ASKED_BACK else ""
        print(
            f"  [{o.question.kind}] {o.question.intent} → {o.intent} ({o.confidence:.2f}{offered}): {o.question.text}"
        )
    print("\nMost frequent confusions:")
    for (expected, got), count in Counter((o.question.intent, o.intent) for o in wrong).most_common(12):
        print(f"  {count} × {expected} → {got}")
    topics = defaultdict(list)
    for o in outcomes:
        topics[o.question.intent].append(o.right)
    weakest = sorted((share(flags), intent) for intent, flags in topics.items())[:8]
    print("\nWeakest topics: " + ", ".join(f"{intent} {value:.0f} %" for value, intent in weakest))


def print_reliability(outcomes: list[Outcome]) -> None:
    """Print how often the likeliest meaning is right at each confidence, and what each threshold would cost."""
    asked = [o for o in outcomes if o.question.kind in {"covered", "not_covered", "talk"}]
    print(
        f"\n{'confidence':>14} {'messages':>9} {'mean':>6} {'right':>6}   (the likeliest meaning, before any threshold)"
    )
    for low, high in zip(_FLOORS, _FLOORS[1:]):
        bin_ = [o for o in asked if low <= o.confidence < high]
        if bin_:
            mean, right = 100 * sum(o.confidence for o in bin_) / len(bin_), share(map(_likeliest_right, bin_))
            print(f"{low:7.2f}–{min(high, 1):.2f} {len(bin_):10} {mean:5.0f} % {right:5.0f} %")
    print(f"\n{'threshold':>10} {'right ones asked back':>22} {'wrong ones answered':>20}")
    for threshold in (0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6):
        lost = share(o.confidence < threshold for o in asked if _likeliest_right(o))
        kept = share(o.confidence >= threshold and not _likeliest_right(o) for o in asked)
        print(f"{threshold:10.2f} {lost:20.1f} % {kept:18.1f} %")


def _likeliest_right(outcome: Outcome) -> bool:
    meant = outcome.suggested[0] if outcome.intent in {ASKED_BACK, "nlu_fallback"} else outcome.intent
    return meant == outcome.question.intent
