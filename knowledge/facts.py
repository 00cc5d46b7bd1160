"""Reads `facts.yml` and which answers of `domain.yml` rest on which fact."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

PROJECT_DIR = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Fact:
    """One statement of the article in our words; `sentence` is the fingerprint of the sentence that states it."""

    id: str
    section: str
    sentence: str
    hedge: str
    text: str


@dataclass(frozen=True)
class Knowledge:
    """The facts, and the sentences of the article that state nothing about the treatment."""

    facts: tuple[Fact, ...]
    not_statements: frozenset[str]

    @classmethod
    def load(cls, path: Path = PROJECT_DIR / "knowledge" / "facts.yml") -> Knowledge:
        """Read the facts' file."""
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        facts = tuple(Fact(**entry) for entry in content["facts"])
        return cls(facts, frozenset(entry["sentence"] for entry in content["not_statements"]))


def answers_by_fact(path: Path = PROJECT_DIR / "domain.yml") -> dict[str, set[str]]:
    """The names of the answers that rest on each fact, by the fact's id."""
    users: dict[str, set[str]] = defaultdict(set)
    for name, variants in yaml.safe_load(path.read_text(encoding="utf-8"))["responses"].items():
        for variant in variants:
            for fact in _facts_of(variant):
                users[fact].add(name)
    return dict(users)


def _facts_of(variant: dict[str, Any]) -> list[str]:
    facts: list[str] = variant["metadata"]["facts"]
    return facts
