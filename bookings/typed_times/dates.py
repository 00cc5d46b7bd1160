"""Days of the calendar as people write and count them; nothing here knows of opening hours."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from dateparser.date import DateDataParser  # type: ignore[import-untyped]

MONTHS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    "nov(?:ember)?|dec(?:ember)?"
)
_ONES = "first second third fourth fifth sixth seventh eighth ninth".split()
_TEENS = "tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth".split()
_TWENTIES = ["twentieth", *(f"twenty[ -]?{ones}" for ones in _ONES), "thirtieth", "thirty[ -]?first"]
ORDINALS = [*_ONES, *_TEENS, *_TWENTIES]
_MOST_YEARS = range(1900, 2200)


@lru_cache(maxsize=1)
def _parser() -> Any:
    # No RELATIVE_BASE: dateparser keeps every set of settings for ever, and the year is always given.
    return DateDataParser(languages=["en"], settings={"STRICT_PARSING": True, "PARSERS": ["absolute-time"]})


def month_number(name: str) -> int:
    """The number of a month, from its name or the first three letters of it."""
    return list(calendar.month_abbr).index(name[:3].capitalize())


def written_date(day: int, month: str, year: int | None, today: date) -> date | None:
    """The date of "3 december"; without a year, the next one there is. None when that day is not in the calendar."""
    for candidate in (year,) if year else (today.year, today.year + 1):
        found = _in_calendar(day, month_number(month), candidate)
        if found and (year or found >= today):
            return found
    return None


@lru_cache(maxsize=1_000)
def _in_calendar(day: int, month: int, year: int) -> date | None:
    found = _parser().get_date_data(f"{day} {calendar.month_name[month]} {year}").date_obj
    # dateparser may read something else into a day that does not exist.
    if found is None or (found.day, found.month, found.year) != (day, month, year):
        return None
    result: date = found.date()
    return result


def numbered_date(first: int, second: int, year: int | None, today: date) -> date | None:
    """The date of "12/3" as Americans write it; the other way round where only that makes a date."""
    month, day = (first, second) if first <= 12 else (second, first)
    if not 1 <= month <= 12:
        return None
    if year is not None and year < 100:
        year += 2000
    if year is not None and year not in _MOST_YEARS:
        return None
    return written_date(day, calendar.month_name[month], year, today)


def day_of_month(day: int, earliest: date) -> date | None:
    """The next day with this number on or after `earliest`."""
    if not 1 <= day <= 31:
        return None
    first = earliest.replace(day=1)
    while True:
        if day <= calendar.monthrange(first.year, first.month)[1] and first.replace(day=day) >= earliest:
            return first.replace(day=day)
        first = (first + timedelta(days=32)).replace(day=1)


def coming(weekday: int, today: date) -> date:
    """The next such day of the week, which may be today."""
    return today + timedelta(days=(weekday - today.weekday()) % 7)


def week(day: date, later: int = 0) -> tuple[date, date]:
    """Monday and Sunday of that day's week, or of one some weeks later."""
    monday = day - timedelta(days=day.weekday()) + timedelta(weeks=later)
    return monday, monday + timedelta(days=6)


def month(day: date, later: int = 0) -> tuple[date, date]:
    """First and last day of that day's month, or of one some months later."""
    first = date(day.year + (day.month - 1 + later) // 12, (day.month - 1 + later) % 12 + 1, 1)
    return first, first.replace(day=calendar.monthrange(first.year, first.month)[1])
