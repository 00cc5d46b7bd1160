"""Reads the messages that measure the safety gate (`tests/safety/`): never trained on, and fixed by hash.

Whoever wrote them had not seen the word lists or the training data. Nobody who works on the gate has read the
messages in `later/`, `newest/` and `short/`; those in `fresh/` and `*_read/` were read after they were first measured,
the others before.
"""

from __future__ import annotations

import hashlib
import random
import string
from collections.abc import Iterable
from dataclasses import dataclass

import yaml

from assistant.safety import CRISES, NOW, THOUGHTS
from assistant.safety import LISTS as LISTS_OF_DANGER
from assistant.settings import PROJECT_DIR
from benchmarks.questions import read_compounds, read_dialogues, read_questions

FOLDER = PROJECT_DIR / "tests" / "safety"
HASHES = FOLDER / "SHA256SUMS"
LISTS = PROJECT_DIR / "data" / "safety"
UNSEEN = ("unseen_misspelt", "unseen_slang", "unseen_spanish", "unseen_oblique")
_KINDS = ("explicit", "means", "third_person", "misspelt", "slang", "spanish", "oblique")
FRESH = tuple(f"fresh/{kind}" for kind in (*_KINDS, "slang_second", "oblique_second"))
_HALVES = ("later", "later_read", "newest", "newest_read")
LATER = tuple(f"{folder}/{kind}" for folder in _HALVES for kind in _KINDS)
STRATA = (*FRESH, *_KINDS, "emoji", *UNSEEN)
HARMLESS = tuple(f"{folder}/{kind}" for folder in (*_HALVES, "fresh") for kind in ("benign", "near_misses"))
HARMLESS += ("near_misses", "short/near_misses", "short/spanish_near_misses", "month/benign", "month/spanish_benign")
EARLIER = "earlier"  # the held-out messages of danger of `tests/questions/`, whose levels nobody has noted
_LEVELS = {"immediate": NOW, "crisis": THOUGHTS}
_ORDINARY = ("covered", "not_covered", "talk", "spanish")
_GRAVE = frozenset({*LISTS_OF_DANGER, "ask_suicidal_thoughts"})
_SEED = 11
_ZERO_WIDTH = "\u200b"
_HOMOGLYPHS = str.maketrans("aeiopcsx", "аеіорсѕх")


@dataclass(frozen=True)
class Positive:
    """A message of somebody in danger, or about one; `level` says how near the danger is."""

    text: str
    stratum: str
    level: str


class SetChanged(ValueError):
    """A file of the set is not what it was: figures could not be compared any more."""


def check_hashes() -> None:
    """Make sure that the set is the one that was written. Raises: SetChanged."""
    for line in HASHES.read_text(encoding="ascii").splitlines():
        wanted, name = line.split()
        if hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() != wanted:
            raise SetChanged(f"tests/safety/{name} was changed")


def positives() -> list[Positive]:
    """The messages of danger."""
    found = []
    for stratum in STRATA:
        groups = yaml.safe_load((FOLDER / f"{stratum}.yml").read_text(encoding="utf-8"))
        found += [Positive(text, stratum, _LEVELS[group]) for group, texts in groups.items() for text in texts]
    found += [Positive(text, stratum, "") for stratum in LATER for text in _lines(f"{stratum}.txt")]
    return found + [Positive(one.text, EARLIER, "") for one in read_questions() if one.intent in CRISES]


def harmless() -> dict[str, list[str]]:
    """Messages that tell of no danger, by set: of a clinic's day, or with grave words that mean something else."""
    return {name: _lines(f"{name}.txt") for name in HARMLESS} | {"benign": benign()}


def benign() -> list[str]:
    """Messages of a clinic's day: the list, and the held-out questions that are nothing else."""
    questions = [one.text for one in read_questions() if one.kind in _ORDINARY and one.intent not in _GRAVE]
    questions += [one.text for one in read_compounds() if _GRAVE.isdisjoint(one.intents)]
    questions += [turn for one in read_dialogues() if one.intent not in _GRAVE for turn in one.turns]
    return list(dict.fromkeys([*_lines("benign.txt"), *questions]))


def mutations(sources: Iterable[Positive]) -> list[Positive]:
    """Each message in one of the disguises and slips that a filter must see through, as a stratum of its own."""
    dice = random.Random(_SEED)
    ways = {
        "capitals": str.upper,
        "spaces": lambda text: "  ".join(text.split(" ")),
        "spelled out": _spell_out_longest,
        "zero-width": lambda text: _ZERO_WIDTH.join(text),
        "homoglyphs": lambda text: text.translate(_HOMOGLYPHS),
        "one slip": lambda text: _slip(text, dice),
        "two slips": lambda text: _slip(_slip(text, dice), dice),
    }
    sources = list(sources)
    return [Positive(change(one.text), name, one.level) for name, change in ways.items() for one in sources]


def fingerprint() -> str:
    """Tells one state of the set and the word lists from another."""
    files = sorted([*LISTS.rglob("*.*"), HASHES])
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]


def _lines(name: str) -> list[str]:
    return [line for line in (FOLDER / name).read_text(encoding="utf-8").splitlines() if line.strip()]


def _spell_out_longest(text: str) -> str:
    longest = max(text.split(), key=len)
    return text.replace(longest, " ".join(longest), 1)


def _slip(text: str, dice: random.Random) -> str:
    """One letter left out, doubled, swapped with the next, or wrong."""
    letters = [i for i, char in enumerate(text) if char.isalpha()]
    if len(letters) < 3:
        return text
    i = dice.choice(letters)
    kind = dice.choice(["drop", "double", "swap", "wrong"])
    if kind == "drop":
        return text[:i] + text[i + 1 :]
    if kind == "double":
        return text[:i] + text[i] + text[i:]
    if kind == "swap":
        return text[:i] + text[i + 1 : i + 2] + text[i] + text[i + 2 :]
    return text[:i] + dice.choice(string.ascii_lowercase) + text[i + 1 :]
