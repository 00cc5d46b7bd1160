"""What a reviewer wants the assistant to learn, and what is taken of it: nothing that spoils data or evaluation."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

from assistant import safety

LONGEST = 300  # characters; a longer message is a story, of which a part teaches more
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.\w")
_PHONE = re.compile(r"(?:\d[\s().+/-]*){7,}")
# Rasa reads these as marks of entities.
_MARKED = re.compile(r"\]\s*[({]")


@dataclass(frozen=True)
class Lesson:
    """One verdict: a question for the evaluation and other ways to say it for the training, both of one intent."""

    intent: str
    question: str = ""  # empty: none
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refusal:
    """A text that is not taken, and why, in words for staff."""

    text: str
    intent: str
    reason: str


@dataclass
class Accepted:
    """What is added to the training data and to the held-out questions, by intent; and what is refused."""

    examples: dict[str, list[str]] = field(default_factory=dict)
    questions: dict[str, list[str]] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)

    @property
    def example_count(self) -> int:
        """How many training examples are added."""
        return sum(map(len, self.examples.values()))

    @property
    def question_count(self) -> int:
        """How many held-out questions are added."""
        return sum(map(len, self.questions.values()))


class Examiner:
    """Decides about texts, one after the other: what was accepted counts for those after it.

    Args:
        trained: training examples by intent.
        held_out: held-out questions as pairs of text and intent.
        askable: the intents that have held-out questions.
    """

    def __init__(
        self, trained: dict[str, list[str]], held_out: Iterable[tuple[str, str]], askable: Iterable[str]
    ) -> None:
        self._intents = set(trained)
        self._trained = {normalised(text): intent for intent, texts in trained.items() for text in texts}
        self._held_out = {normalised(text): intent for text, intent in held_out}
        self._askable = set(askable)
        self.accepted = Accepted()

    def examine(self, lesson: Lesson) -> None:
        """Take of a lesson what can be taken. What is already there is neither added nor refused."""
        if lesson.question:
            self._take_question(clean(lesson.question), lesson.intent)
        for example in lesson.examples:
            self._take_example(clean(example), lesson.intent)

    def _take_question(self, text: str, intent: str) -> None:
        key = normalised(text)
        other = self._held_out.get(key)
        reason = (
            self._problem(text, intent)
            or (intent not in self._askable and "this kind of message has no questions in the evaluation")
            or (key in self._trained and "it is a training example, so it proves nothing in the evaluation")
            or (other and other != intent and f"the evaluation expects {other} for it")
        )
        if reason:
            self._refuse(text, intent, reason)
        elif other is None:
            self._held_out[key] = intent
            self.accepted.questions.setdefault(intent, []).append(text)

    def _take_example(self, text: str, intent: str) -> None:
        key = normalised(text)
        other = self._trained.get(key)
        reason = (
            self._problem(text, intent)
            or (key in self._held_out and "it is a question of the evaluation, which must not be trained on")
            or (other and other != intent and f"it is an example of {other}")
        )
        if reason:
            self._refuse(text, intent, reason)
        elif other is None:
            self._trained[key] = intent
            self.accepted.examples.setdefault(intent, []).append(text)

    def _problem(self, text: str, intent: str) -> str | None:
        if intent not in self._intents:
            return "the assistant knows no such topic"
        return problem_of(text) or _hides_danger(text, intent)

    def _refuse(self, text: str, intent: str, reason: str) -> None:
        self.accepted.refused.append(Refusal(text, intent, reason))


def problem_of(text: str) -> str | None:
    """Why a text can be neither example nor question, in words for staff; None if it can."""
    if not text:
        return "it is empty"
    if len(text) > LONGEST:
        return f"it is longer than {LONGEST} characters"
    if _EMAIL.search(text):
        return "it holds an e-mail address"
    if _PHONE.search(text):
        return "it holds what may be a phone number"
    if text.startswith("/") or _MARKED.search(text):
        return "it holds signs that the training data gives a meaning to"
    if any(unicodedata.category(sign) in {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"} for sign in text):
        return "it holds signs that cannot be printed"
    return None


def _hides_danger(text: str, intent: str) -> str | None:
    """Danger is never taught to a harmless topic, however often that is asked for."""
    if intent in safety.LISTS or safety.detect(text) is None:
        return None
    return "somebody in danger may write it, so it can only be taught as danger"


def clean(text: str) -> str:
    """A text on one line, with single spaces."""
    return " ".join(text.split())


def normalised(text: str) -> str:
    """What two texts have in common that only differ in case, punctuation and spaces."""
    words = re.findall(r"\w+", text.lower())
    return " ".join(words) if words else text.strip()
