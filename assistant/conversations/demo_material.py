"""What made-up visitors write and what they are answered: the training examples and the answers of the assistant."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import yaml

from assistant.questions import is_follow_up, is_question
from assistant.settings import PROJECT_DIR

FIRST_NAMES = (
    "Maria James Aisha Daniel Priya Ellen Marcus Yuki Rosa Tom Leila Owen Grace Victor Hana Paul Nadia Sam".split()
)
LAST_NAMES = "Lopez Carter Rahman Novak Patel Brooks Hill Tanaka Silva Reed Haddad Walsh Kim Stone Berg Ortiz".split()
TOPICS = ("depression", "anxiety", "PTSD", "chronic pain", "fibromyalgia", "my back pain", "nerve pain")
TIMES = (
    "Thursday mornings",
    "weekdays after 3",
    "as soon as possible",
    "Monday or Tuesday",
    "evenings",
    "any day next week",
)
UNCLEAR = (
    "hgfjk",
    "the thing from before but the other one",
    "?????",
    "my cousin said 40",
    "can the blue one go with it or no",
    "ok so then what about it",
    "like last time pls",
    "is it same as spravo or no ist other",
)
REASONS = (
    "did not answer my question",
    "too long",
    "I wanted a price",
    "I asked about my own case",
    "it repeats itself",
    "that is not what I meant",
    "",
    "",
)
NOTES = (
    "Called back, left a message.",
    "Asks about insurance a lot: please add it to the list for the front desk.",
    "Sounds worried about side effects. A clinician should call.",
    "Spoke with the visitor, all well.",
    "Same person as last week, I think.",
    "The answer was right but long.",
)
TAGS = ("call-back", "insurance", "side-effects", "follow-up", "feedback", "price", "existing-patient")
STAFF_WORDS = (
    "Hello, this is {name} of the clinic's team. I have read what you wrote. May we call you today?",
    "{name} here. I am glad that you told us. Is somebody with you right now?",
    "Thank you for waiting, {name} here. I can look at times for you.",
)
STAFF = {"dana": "Dana", "lee": "Lee", "samira": "Samira"}
_ANNOTATION = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")
_PLACEHOLDER = re.compile(r"(?<!\{)\{(\w+)\}")
FILLED = ("booking_", "clinic_keep_requests_days")  # names of what a made-up conversation knows
_LINE = "- "


@dataclass(frozen=True)
class Reply:
    """An answer as `domain.yml` has it."""

    text: str
    metadata: Mapping[str, Any]
    buttons: tuple[Mapping[str, str], ...]


@dataclass(frozen=True)
class Material:
    """All that there is to say.

    Attributes:
        examples: what visitors write, by intent.
        replies: answers that need nothing of `clinic.yml`, by action.
        questions: intents that have an answer, each with how often it is asked.
    """

    examples: Mapping[str, list[str]]
    replies: Mapping[str, list[Reply]]
    questions: Mapping[str, float]

    def question(self, rng: random.Random) -> str:
        """An intent, the popular ones more often."""
        return rng.choices(list(self.questions), list(self.questions.values()))[0]

    def others(self, rng: random.Random, intent: str, count: int) -> list[str]:
        """Intents that a message could have been taken for."""
        names = [name for name in rng.sample(list(self.questions), count + 1) if name != intent]
        return names[:count]


def read_material() -> Material:
    """Read `data/nlu.yml` and `domain.yml`."""
    examples = {entry["intent"]: _examples(entry["examples"]) for entry in _yaml("data/nlu.yml")["nlu"]}
    replies = {action: _replies(variants) for action, variants in _yaml("domain.yml")["responses"].items()}
    asked = [name for name in examples if is_question(name) and not is_follow_up(name) and replies.get(f"utter_{name}")]
    asked.sort(key=lambda name: crc32(name.encode()))  # any order will do, so long as it stays
    questions = {name: 1 / (rank + 4) for rank, name in enumerate(asked)}
    return Material(examples, {action: found for action, found in replies.items() if found}, questions)


def _examples(block: str) -> list[str]:
    lines = (line[len(_LINE) :] for line in block.splitlines() if line.startswith(_LINE))
    return [_ANNOTATION.sub(r"\1", line) for line in lines if not line.startswith("/")]


def _replies(variants: list[dict[str, Any]]) -> list[Reply]:
    replies: list[Reply] = []
    for variant in variants:
        about, text = variant.get("metadata") or {}, variant.get("text")
        if not text or about.get("needs") or (replies and variant.get("condition")):
            continue
        if all(name.startswith(FILLED) for name in _PLACEHOLDER.findall(text)):
            replies.append(Reply(text, about, tuple(_button(button) for button in variant.get("buttons") or [])))
    return replies


def _button(button: Mapping[str, str]) -> dict[str, str]:
    return {"title": button["title"], "payload": button["payload"].replace("{{", "{").replace("}}", "}")}


def _yaml(name: str) -> Any:
    return yaml.load((PROJECT_DIR / name).read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
