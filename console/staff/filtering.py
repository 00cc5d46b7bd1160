"""The list's filters as staff choose them: the fields of its form, and what is chosen, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from assistant.conversations.filters import CONFIDENCE, LENGTH, NEWEST, NOBODY, STARTED, Filters
from assistant.conversations.projection import NOT_COVERED, SIDE_EFFECT, UNCLEAR, WANTS_PERSON
from assistant.conversations.today import LOW_CONFIDENCE
from assistant.safety import CRISIS, MEDICAL_EMERGENCY
from console.staff import labels
from console.staff.accounts import Person

FLAGS = (CRISIS, MEDICAL_EMERGENCY, SIDE_EFFECT, WANTS_PERSON, NOT_COVERED, UNCLEAR)
SORTS = {
    NEWEST: "Last activity",
    STARTED: "Begin, latest first",
    LENGTH: "Length, longest first",
    CONFIDENCE: "Confidence, lowest first",
}
_FROM, _TO = "from", "to"  # days of the clinic, both included
_LATEST_YEAR = 2099


@dataclass(frozen=True)
class Chosen:
    """One thing that the list is filtered by; `without` is the rest, as a query."""

    text: str
    without: str


@dataclass(frozen=True)
class View:
    """A way to look at the list that one click opens."""

    title: str
    query: str
    is_open: bool


class Filtering:
    """Reads and shows filters by the clinic's calendar."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def read(self, query: Mapping[str, str]) -> Filters:
        """The filters of an address. Raises: ValueError, in words for the person who typed it."""
        values = dict(query)
        first = self._midnight(query[_FROM], _FROM) if _FROM in query else None
        last = self._midnight(query[_TO], _TO, days=1) if _TO in query else None
        if first is not None and last is not None and first >= last:
            raise ValueError("the first day has to be before the last one")
        values |= {name: f"{at:.0f}" for name, at in (("since", first), ("until", last)) if at is not None}
        return Filters.from_query(values)

    def days(self, filters: Filters) -> tuple[str, str]:
        """The first and the last day, as the form's fields hold them."""
        return self._day(filters.since), self._day(None if filters.until is None else filters.until - 1)

    def chosen(self, filters: Filters, people: Mapping[str, str]) -> list[Chosen]:
        """What the list is filtered by, each in words.

        Args:
            people: the names of the accounts' owners.
        """
        first, last = self.days(filters)
        words = {
            "text": f"Search: {filters.text}",
            "channel": labels.channel_title(filters.channel or ""),
            "flag": labels.flag_title(filters.flag or ""),
            "intent": labels.intent_title(filters.intent or ""),
            "reviewed": "Reviewed" if filters.reviewed else "Not reviewed",
            "assigned_to": _assigned(filters.assigned_to or "", people),
            "tag": f"#{filters.tag}",
            "since": f"From {first}",
            "until": f"To {last}",
            "confidence_below": f"Confidence below {(filters.confidence_below or 0):.0%}",
            "booking": "With a request" if filters.booking else "Without a request",
            "disliked": "Thumbs down" if filters.disliked else "No thumbs down",
            "messages": f"At least {filters.messages} messages",
        }
        unset = {field.name: field.default for field in fields(Filters)}
        return [
            Chosen(words[name], urlencode({key: value for key, value in filters.to_query().items() if key != name}))
            for name in words
            if getattr(filters, name) != unset[name]
        ]

    def _midnight(self, given: str, name: str, days: int = 0) -> float:
        try:
            day = date.fromisoformat(given) + timedelta(days=days)
        except (ValueError, OverflowError):
            raise ValueError(f"{name}: write a day as 2026-11-26") from None
        if not 1971 <= day.year <= _LATEST_YEAR:
            raise ValueError(f"{name}: a day before the year 2100")
        return datetime(day.year, day.month, day.day, tzinfo=self._zone).timestamp()

    def _day(self, at: float | None) -> str:
        return "" if at is None else f"{datetime.fromtimestamp(at, self._zone):%Y-%m-%d}"


def as_query(filters: Filters) -> str:
    """The part of the list's address that stands for filters."""
    return urlencode(filters.to_query())


def views(person: Person, filters: Filters) -> list[View]:
    """The ways to look at the list that everybody needs."""
    ready = {
        "All": Filters(),
        "Not reviewed": Filters(reviewed=False),
        "Mine": Filters(assigned_to=person.name),
        "Low confidence": Filters(confidence_below=LOW_CONFIDENCE, sort=CONFIDENCE),
        "Thumbs down": Filters(disliked=True),
        "Not covered": Filters(flag=NOT_COVERED),
    }
    return [View(title, as_query(one), one == filters) for title, one in ready.items()]


def choices(
    person: Person, people: Sequence[Person], channels: Sequence[str], tags: Sequence[tuple[str, int]]
) -> dict[str, list[tuple[str, str]]]:
    """What the form's fields offer: values with their titles."""
    others = [(one.name, one.display_name) for one in people if one.name != person.name]
    titles = [labels.channel_title(channel) for channel in channels]
    return {
        "channel": [
            (channel, title if titles.count(title) == 1 else f"{title} ({channel})")
            for channel, title in zip(channels, titles)
        ],
        "flag": [(flag, labels.flag_title(flag)) for flag in FLAGS],
        "intent": labels.intents(),
        "reviewed": [("no", "Not reviewed"), ("yes", "Reviewed")],
        "assigned_to": [(person.name, "Me"), (NOBODY, "Nobody"), *others],
        "tag": [(tag, f"{tag} ({count})") for tag, count in tags],
        "booking": [("yes", "With a request"), ("no", "Without a request")],
        "sort": list(SORTS.items()),
    }


def _assigned(name: str, people: Mapping[str, str]) -> str:
    return "Assigned to nobody" if name == NOBODY else f"Assigned to {people.get(name, name)}"
