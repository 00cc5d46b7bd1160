"""What reading a visitor's times comes to: preferences with their words, a refusal, or a question back."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date, time
from typing import Any

DAYPARTS = ("morning", "afternoon", "evening")


class Reason(str, enum.Enum):
    """Why a time that was understood cannot be had."""

    PAST = "past"
    TOO_FAR = "too_far"
    CLOSED_DAY = "closed_day"
    IMPOSSIBLE = "impossible"
    OUTSIDE_HOURS = "outside_hours"


@dataclass(frozen=True)
class Preference:
    """One way in which a visitor's wish can be met; days and clock times are those of the clinic."""

    days: tuple[int, ...] | date | None = None  # weekdays (0 = Monday), one day of the calendar, or any day
    dayparts: tuple[str, ...] = ()  # of DAYPARTS; none means any part of the day
    at: time | None = None
    earliest: time | None = None
    latest: time | None = None
    not_before: date | None = None
    until: date | None = None  # that day included
    soon: bool = False  # the sooner the better

    def as_data(self) -> dict[str, Any]:
        """What was said, ready for JSON; what was left open is left out."""
        said: dict[str, Any] = {}
        for name, value in vars(self).items():
            if value is None or value == () or value is False:
                continue
            if isinstance(value, time):
                said[name] = value.strftime("%H:%M")
            else:
                said[name] = value.isoformat() if isinstance(value, date) else value
        return said


@dataclass(frozen=True)
class Understood:
    """The visitor's wish, any of `preferences` will do."""

    preferences: tuple[Preference, ...]
    words: str  # says it back in plain English, with what was assumed


@dataclass(frozen=True)
class Refused:
    """A time that cannot be had."""

    reason: Reason
    words: str  # a sentence for the visitor: why, and what is possible


@dataclass(frozen=True)
class Unclear:
    """A time that can be read in more than one way, or that nobody can be sure of."""

    question: str  # for the visitor


class RefusedTime(Exception):
    """Carries a refusal up to the reader."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.reason.value)
        self.refused = refused


class Doubt(Exception):
    """Carries a question for the visitor up to the reader."""

    def __init__(self, question: str = 'Which days and times suit you? For example "Thursday mornings".') -> None:
        super().__init__("unclear")
        self.question = question
