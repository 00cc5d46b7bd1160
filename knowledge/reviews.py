"""`make reviews`: lists the answers that a clinician has yet to read, and the numbers for help that nobody has tried.

A review is of a wording: it ends when the answer changes, and after a year. The clinic signs with

    python -m knowledge.reviews sign utter_ask_dissociation "Dr. Jane Doe"

Source of the terms: the clinic's own rule that each medical answer is signed and dated at most 365 days ago, and each
number for help tried every quarter.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

from knowledge.facts import PROJECT_DIR

REVIEW_DAYS, DIAL_DAYS = 365, 92
_REVIEWS = PROJECT_DIR / "knowledge" / "reviews.yml"
_HELPLINES = PROJECT_DIR / "knowledge" / "helplines.yml"


@dataclass(frozen=True)
class Review:
    """That somebody read an answer.

    Attributes:
        wording: fingerprint of all variants as they were read.
    """

    by: str
    on: date
    wording: str


@dataclass(frozen=True)
class Helpline:
    """A number or web address that visitors may be given."""

    shown: str
    what: str
    source: str
    dialled: list[dict[str, Any]] = field(default_factory=list)  # `on`: date, `by`: name

    @property
    def last_dialled(self) -> date | None:
        return max((entry["on"] for entry in self.dialled), default=None)


def read_helplines(path: Path = _HELPLINES) -> list[Helpline]:
    """The one table of numbers and addresses."""
    return [Helpline(**entry) for entry in yaml.safe_load(path.read_text(encoding="utf-8"))]


def read_reviews(path: Path = _REVIEWS) -> dict[str, Review]:
    """The reviews by the answer's name."""
    return {name: Review(**entry) for name, entry in yaml.safe_load(path.read_text(encoding="utf-8")).items()}


def wordings(path: Path = PROJECT_DIR / "domain.yml") -> dict[str, str]:
    """The fingerprint of each answer's texts and buttons, by name."""
    responses = yaml.safe_load(path.read_text(encoding="utf-8"))["responses"]
    return {name: _fingerprint(variants) for name, variants in responses.items()}


def due_reviews(reviews: dict[str, Review], present: dict[str, str], today: date) -> dict[str, str]:
    """Why each answer that needs a review needs one, by name."""
    return {name: reason for name in present if (reason := _due(reviews.get(name), present[name], today))}


def due_dials(helplines: list[Helpline], today: date) -> dict[str, str]:
    """Why each number that needs to be tried needs it, by what is shown."""
    found = {}
    for line in helplines:
        last = line.last_dialled
        if last is None:
            found[line.shown] = "nobody has recorded that they tried it"
        elif today - last > timedelta(days=DIAL_DAYS):
            found[line.shown] = f"last tried on {last}"
    return found


def sign(name: str, by: str, today: date, path: Path = _REVIEWS) -> None:
    """Record that somebody read an answer as it stands. Raises: KeyError if there is no such answer."""
    reviews = read_reviews(path) | {name: Review(by, today, wordings()[name])}
    head = "".join(line for line in path.read_text(encoding="utf-8").splitlines(keepends=True) if line.startswith("#"))
    entries = {name: vars(review) for name, review in sorted(reviews.items())}
    path.write_text(head + yaml.safe_dump(entries, sort_keys=False, allow_unicode=True), encoding="utf-8")


def _due(review: Review | None, wording: str, today: date) -> str | None:
    if review is None:
        return "nobody has signed it"
    if review.wording != wording:
        return f"changed since {review.by} read it on {review.on}"
    if today - review.on > timedelta(days=REVIEW_DAYS):
        return f"read by {review.by} on {review.on}, over a year ago"
    return None


def _fingerprint(variants: list[dict[str, Any]]) -> str:
    shown = [{key: variant.get(key) for key in ("text", "buttons", "channel")} for variant in variants]
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()[:16]


def _report(today: date) -> Iterator[str]:
    present, helplines = wordings(), read_helplines()
    answers, numbers = due_reviews(read_reviews(), present, today), due_dials(helplines, today)
    yield f"Answers with a review that holds: {len(present) - len(answers)} of {len(present)}"
    yield from (f"  {name}: {reason}" for name, reason in sorted(answers.items()))
    tried = len(helplines) - len(numbers)
    yield f"Numbers and addresses tried in the last {DIAL_DAYS} days: {tried} of {len(helplines)}"
    yield from (f"  {shown}: {reason}" for shown, reason in numbers.items())


def main(arguments: list[str]) -> int:
    """Print what is due, 1 if anything is; or sign an answer."""
    today = date.today()
    if not arguments:
        print("\n".join(_report(today)))
        return 1 if due_reviews(read_reviews(), wordings(), today) or due_dials(read_helplines(), today) else 0
    if len(arguments) != 3 or arguments[0] != "sign" or arguments[1] not in wordings():
        print('Say which answer and who read it: python -m knowledge.reviews sign utter_… "Name"', file=sys.stderr)
        return 2
    sign(arguments[1], arguments[2], today)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
