"""Reads the questions that were never trained on (`tests/questions/`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from assistant.settings import PROJECT_DIR

QUESTIONS_DIR = PROJECT_DIR / "tests" / "questions"
CLARIFY = "clarify"  # what a follow-up without a topic should get


@dataclass(frozen=True)
class Question:
    """A message, the intent that it has, and the kind of question that it is counted under."""

    text: str
    intent: str
    kind: str


@dataclass(frozen=True)
class Compound:
    """A message and the meanings of its questions, in order; often it has only one."""

    text: str
    intents: tuple[str, ...]


@dataclass(frozen=True)
class Dialogue:
    """Messages of one visitor, and the question that the last of them means."""

    turns: tuple[str, ...]
    intent: str


def read_questions() -> list[Question]:
    """All single held-out messages."""
    lists = ("covered", "not_covered", "talk", "spanish", "reports")
    return [*(question for kind in lists for question in _by_intent(kind)), *_safety()]


def read_compounds() -> list[Compound]:
    """All held-out messages with several questions, or that look like it."""
    return [Compound(entry["text"], tuple(entry["intents"])) for entry in _load("compound")]


def read_dialogues() -> list[Dialogue]:
    """All held-out dialogues whose last message is a follow-up."""
    return [Dialogue(tuple(entry["turns"]), entry["intent"]) for entry in _load("follow_ups")]


def _by_intent(kind: str) -> Iterator[Question]:
    for intent, texts in _load(kind).items():
        yield from (Question(text, intent, kind) for text in texts)


def _safety() -> Iterator[Question]:
    groups = _load("safety")
    for danger in ("crisis", "medical_emergency"):
        yield from (Question(text, danger, danger) for text in groups[danger])
    yield from (Question(entry["text"], entry["intent"], "near_misses") for entry in groups["near_misses"])


def _load(name: str) -> Any:
    return yaml.safe_load((QUESTIONS_DIR / f"{name}.yml").read_text(encoding="utf-8"))
