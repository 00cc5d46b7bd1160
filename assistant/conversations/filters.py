"""What staff look for among conversations, in which order, and how far down the list they are.

Filters travel as plain strings: in an address of the console, and in a saved filter.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

NEWEST, STARTED, LENGTH, CONFIDENCE = "newest", "started", "length", "confidence"
SORTS = (NEWEST, STARTED, LENGTH, CONFIDENCE)
NOBODY = "-"  # instead of a member of staff: conversations that nobody looks after
LONGEST_TEXT = 200
_LONGEST_NAME = 96
_LATEST = 4102444800.0  # the year 2100
_YES, _NO = "yes", "no"


@dataclass(frozen=True)
class Filters:
    """Which conversations, and in which order; what is None does not matter.

    Attributes:
        flag: the kind of a flag that one of its messages has.
        reviewed: whether somebody has reviewed all that was said until now.
        assigned_to: a member of staff, or `NOBODY`.
        since: unix seconds of the last activity, this moment included.
        until: the same, this moment excluded.
        text: words that one message holds; `"words in this order"`, `-without`, `this or that`.
        confidence_below: of the message that was understood worst, 0 to 1.
        booking: whether it led to a consultation request.
        disliked: whether the visitor said of an answer that it did not help.
        messages: at least so many.
        sort: one of `SORTS`; newest, started and length begin with the greatest, confidence with the lowest.
    """

    channel: str | None = None
    flag: str | None = None
    reviewed: bool | None = None
    assigned_to: str | None = None
    tag: str | None = None
    intent: str | None = None
    since: float | None = None
    until: float | None = None
    text: str | None = None
    confidence_below: float | None = None
    booking: bool | None = None
    disliked: bool | None = None
    messages: int | None = None
    sort: str = NEWEST

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Filters:
        """The filters of an address or of a saved filter; empty strings, and names that are no filter, say nothing.

        Raises: ValueError, in words for the person who typed it.
        """
        values = {}
        for name, read in _READERS.items():
            given = query.get(name, "").strip()
            if given:
                values[name] = read(name, given)
        found = cls(**values)
        if found.since is not None and found.until is not None and found.since >= found.until:
            raise ValueError("since: has to be before until")
        return found

    def to_query(self) -> dict[str, str]:
        """The same as strings; `from_query` reads them back."""
        values = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: _word(value) for name, value in values if value is not None and (name, value) != ("sort", NEWEST)}


@dataclass(frozen=True)
class Cursor:
    """The conversation after which a page begins; it stays right while conversations come and go."""

    sort: str
    value: float
    last_at: float
    id: str

    def as_text(self) -> str:
        """For the address of the page."""
        return json.dumps([self.sort, self.value, self.last_at, self.id], separators=(",", ":"))

    @classmethod
    def of_text(cls, text: str) -> Cursor:
        """Read it back. Raises: ValueError."""
        try:
            sort, value, last_at, of = json.loads(text)
            cursor = cls(str(sort), float(value), float(last_at), str(of))
        except (ValueError, TypeError, OverflowError, RecursionError):
            raise ValueError("before: no place in the list") from None
        if sort not in SORTS or not (math.isfinite(cursor.value) and math.isfinite(cursor.last_at)):
            raise ValueError("before: no place in the list")
        return cursor


def clean(text: str) -> str:
    """A text without the characters that a database cannot store."""
    return text.encode("utf-8", "ignore").decode("utf-8").replace("\0", " ")


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return _YES if value else _NO
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _name(name: str, given: str) -> str:
    if len(given) > _LONGEST_NAME or not given.isprintable():
        raise ValueError(f"{name}: at most {_LONGEST_NAME} letters")
    return clean(given)


def _text(name: str, given: str) -> str:
    if len(given) > LONGEST_TEXT:
        raise ValueError(f"{name}: at most {LONGEST_TEXT} letters")
    return clean(given).strip()


def _yes_or_no(name: str, given: str) -> bool:
    if given not in (_YES, _NO):
        raise ValueError(f"{name}: {_YES} or {_NO}")
    return given == _YES


def _number(name: str, given: str, most: float) -> float:
    try:
        number = float(given)
    except ValueError:
        number = math.nan
    if not 0 <= number <= most:
        raise ValueError(f"{name}: a number from 0 to {most:g}")
    return number


def _moment(name: str, given: str) -> float:
    try:
        return _number(name, given, _LATEST)
    except ValueError:
        raise ValueError(f"{name}: a date before the year 2100") from None


def _share(name: str, given: str) -> float:
    return _number(name, given, 1)


def _count(name: str, given: str) -> int:
    if not (given.isascii() and given.isdigit() and len(given) < 7):
        raise ValueError(f"{name}: a whole number below a million")
    return int(given)


def _sort(name: str, given: str) -> str:
    if given not in SORTS:
        raise ValueError(f"{name}: one of {', '.join(SORTS)}")
    return given


_READERS: dict[str, Callable[[str, str], Any]] = {
    "channel": _name,
    "flag": _name,
    "reviewed": _yes_or_no,
    "assigned_to": _name,
    "tag": _name,
    "intent": _name,
    "since": _moment,
    "until": _moment,
    "text": _text,
    "confidence_below": _share,
    "booking": _yes_or_no,
    "disliked": _yes_or_no,
    "messages": _count,
    "sort": _sort,
}
