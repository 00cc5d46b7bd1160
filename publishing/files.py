"""Adds lines to the training data and to the held-out questions; all other lines stay as they are, byte by byte."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

TRAINING_DATA = "data/nlu.yml"
QUESTIONS = "tests/questions"
# The lists of held-out questions, and within the one on safety the groups that are lists of texts.
_LISTS = ("covered", "not_covered", "talk", "spanish", "reports")
_SAFETY, _DANGERS = "safety", ("crisis", "medical_emergency")
_ITEM = re.compile(r"(?P<indent> *)- ")


class FileUnexpected(ValueError):
    """A file is not written as this module expects; nothing was changed."""


class ProjectFiles:
    """The training data and held-out questions of a project folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.examples: dict[str, list[str]] = _examples(self.read(TRAINING_DATA))
        self._lists = {name: self._load(name) for name in (*_LISTS, _SAFETY)}
        self.list_of = {
            **{intent: f"{QUESTIONS}/{name}.yml" for name in _LISTS for intent in self._lists[name]},
            **dict.fromkeys(_DANGERS, f"{QUESTIONS}/{_SAFETY}.yml"),
        }

    @property
    def held_out(self) -> list[tuple[str, str]]:
        """All messages of the evaluation, with their intents; of those with several questions, the first."""
        lists = [self._lists[name] for name in _LISTS]
        lists.append({danger: self._lists[_SAFETY][danger] for danger in _DANGERS})
        single = [(text, intent) for texts in lists for intent in texts for text in texts[intent]]
        alarming = [(entry["text"], entry["intent"]) for entry in self._lists[_SAFETY]["near_misses"]]
        several = [(entry["text"], entry["intents"][0]) for entry in self._load("compound")]
        return [*single, *alarming, *several]

    def read(self, name: str) -> str:
        """A file's text, with its own line ends."""
        return (self.root / name).read_bytes().decode("utf-8")

    def with_examples(self, added: dict[str, list[str]]) -> str:
        """The training data with more examples. Raises: FileUnexpected."""
        text = self.read(TRAINING_DATA)
        for intent, examples in added.items():
            text = _insert(text, rf"- intent: {re.escape(intent)}\s*(#.*)?$", examples)
        expected = {intent: texts + added.get(intent, []) for intent, texts in self.examples.items()}
        if _examples(text) != expected:
            raise FileUnexpected(f"{TRAINING_DATA} cannot be added to")
        return text

    def with_questions(self, added: dict[str, list[str]]) -> dict[str, str]:
        """The files of held-out questions that change. Raises: FileUnexpected."""
        changed: dict[str, str] = {}
        for intent, questions in added.items():
            name = self.list_of[intent]
            quoted = [json.dumps(question, ensure_ascii=False) for question in questions]
            before = changed.get(name) or self.read(name)
            changed[name] = _insert(before, rf"{re.escape(intent)}:\s*(#.*)?$", quoted)
            expected = _parse(before)
            expected[intent] = expected[intent] + questions
            if _parse(changed[name]) != expected:
                raise FileUnexpected(f"{name} cannot be added to")
        return changed

    def _load(self, name: str) -> Any:
        return _parse(self.read(f"{QUESTIONS}/{name}.yml"))


def _parse(text: str) -> Any:
    return yaml.load(text, yaml.CSafeLoader)  # noqa: S506 - safe


def _examples(text: str) -> dict[str, list[str]]:
    return {
        entry["intent"]: [line[2:] for line in entry["examples"].splitlines() if line.startswith("- ")]
        for entry in _parse(text)["nlu"]
    }


def _insert(text: str, heading: str, items: Sequence[str]) -> str:
    """Add items to the list under a heading, behind its last one and indented like it."""
    lines = text.splitlines(keepends=True)
    try:
        start = next(i for i, line in enumerate(lines) if re.match(heading, line))
    except StopIteration:
        raise FileUnexpected("a list is missing") from None
    last, indent = None, ""
    for i in range(start + 1, len(lines)):
        item = _ITEM.match(lines[i])
        if re.match(r"[^\s#-]|- intent:", lines[i]):  # the next list
            break
        if item:
            last, indent = i, item["indent"]
    if last is None:
        raise FileUnexpected("a list is empty")
    end = "\r\n" if lines[last].endswith("\r\n") else "\n"
    if not lines[last].endswith("\n"):
        lines[last] += end
    lines[last + 1 : last + 1] = [f"{indent}- {item}{end}" for item in items]
    return "".join(lines)
