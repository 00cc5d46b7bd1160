"""Figures as people read them: numbers, shares, times, days."""

from __future__ import annotations

from datetime import date

NONE = "–"


def number(value: float) -> str:
    """A number as long as it may be: `1,234`."""
    return f"{value:,}"


def counted(count: int, name: str) -> str:
    """So many of something that has an ordinary plural."""
    return f"{number(count)} {name}{'' if count == 1 else 's'}"


def share(part: int, whole: int) -> str:
    """A share in per cent; a dash where there is nothing to have a share of."""
    return rate(part / whole) if whole else NONE


def rate(value: float) -> str:
    """A share in per cent."""
    return f"{value:.0%}"


def seconds(value: float | None) -> str:
    """A time as long as answers take."""
    if value is None:
        return NONE
    digits = 0 if value >= 10 or not value else 1 if value >= 1 else 2
    return f"{value:.{digits}f} s"


def day_name(day: date, today: date) -> str:
    """A day as people write it, with the year where it is another: `Nov 26`."""
    return f"{day:%b} {day.day}" + (f", {day.year}" if day.year != today.year else "")
