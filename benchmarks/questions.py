"""Reads the questions that were never trained on (`tests/questions/`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from assistant.settings import PROJECT_DIR

QUESTIONS_DIR = PROJECT_DIR / "tests" / "questions"


@dataclass(frozen=True)
class Question:
    """A message, the intent that it has, and the kind of question that it is counted under."""

    text: str
    intent: str
    kind: str


def read_questions() -> list[Question]:
    """All held-out questions of `covered`, `not_covered`, `talk`, `crisis`, `medical_emergency` and `near_misses`."""
    return [*_by_intent("covered"), *_by_intent("not_covered"), *_by_intent("talk"), *_safety()]


def _by_intent(kind: str) -> Iterator[Question]:
    for intent, texts in _load(kind).items():
        yield from (Question(text, intent, kind) for text in texts)


def _safety() -> Iterator[Question]:
    groups = _load("safety")
    for danger in ("crisis", "medical_emergency"):
        yield from (Question(text, danger, danger) for text in groups[danger])
    yield from (Question(entry["text"], entry["intent"], "near_misses") for entry in groups["near_misses"])


def _load(name: str) -> dict:
    return yaml.safe_load((QUESTIONS_DIR / f"{name}.yml").read_text(encoding="utf-8"))
