"""The pieces that a typed time is made of, before they are put together."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass, fields

from bookings.typed_times.preferences import Doubt, Reason, Refused

DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HOUR_WORDS = "one two three four five six seven eight nine ten eleven twelve".split()


@dataclass(frozen=True)
class Clock:
    """A time of day; unless `settled`, nobody said whether morning or afternoon."""

    hour: int
    minute: int = 0
    settled: bool = True

    def as_time(self) -> datetime.time:
        return datetime.time(self.hour, self.minute)


@dataclass(frozen=True)
class Bit:
    """Something said about the day, the time of day, or both."""

    days: frozenset[int] | None = None
    date: datetime.date | None = None
    not_before: datetime.date | None = None
    until: datetime.date | None = None
    parts: frozenset[str] = frozenset()
    at: Clock | None = None
    earliest: Clock | None = None
    latest: Clock | None = None
    soon: bool = False
    anything: bool = False
    bare: bool = False  # "12-3": a time only when a day stands beside it
    reading: str = ""  # what was assumed, such as '"after work" as after 5 pm'
    refused: Refused | None = None

    @property
    def has_day(self) -> bool:
        return self.days is not None or self.date is not None or self.has_span or self.refused is not None

    @property
    def has_span(self) -> bool:
        return self.not_before is not None or self.until is not None

    @property
    def has_time(self) -> bool:
        return bool(self.parts or self.at or self.earliest or self.latest)

    @property
    def is_open(self) -> bool:
        """Whether it only says "any time" or "as soon as possible"."""
        return (self.soon or self.anything) and not self.has_day and not self.has_time

    def joined(self, other: Bit) -> Bit:
        """Both said about one time.

        Raises: Doubt where they contradict each other.
        """
        said = {field.name: getattr(self, field.name) or getattr(other, field.name) for field in fields(Bit)}
        said["parts"] = self.parts | other.parts
        if self.days is not None and other.days is not None:
            said["days"] = self.days | other.days
        for name in ("date", "not_before", "until", "at", "earliest", "latest"):
            mine, its = getattr(self, name), getattr(other, name)
            if mine is not None and its is not None and mine != its:
                raise Doubt()
            said[name] = mine if mine is not None else its
        if said["date"] is not None and said["days"] is not None:
            if said["date"].weekday() not in said["days"]:
                raise Doubt("The day of the week and the date do not go together. Which date did you mean?")
            said["days"] = None
        return Bit(**said)


def clock(hour: str, minute: str | None = None, half: str | None = None) -> Clock | None:
    """A time of day as typed; None when there is no such time. `half` is "am" or "pm"."""
    number = HOUR_WORDS.index(hour) + 1 if hour in HOUR_WORDS else int(hour)
    minutes = int(minute or 0)
    if number > 23 or minutes > 59 or (half and number == 0) or (half == "am" and number > 12):
        return None
    if half and number <= 12:
        return Clock(number % 12 + (12 if half == "pm" else 0), minutes)
    two_digits = re.fullmatch(r"0\d", hour) is not None  # "09:00" is written by people who count to 24
    return Clock(number, minutes, settled=number > 12 or number == 0 or two_digits)


def no_such_time(typed: str) -> Bit:
    """Stands for a time of day like 25:00."""
    return Bit(
        refused=Refused(Reason.IMPOSSIBLE, f"There is no {typed.strip()} on the clock. Which time did you mean?")
    )
