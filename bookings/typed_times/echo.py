"""Says a preference in plain English."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from datetime import date, time

from bookings.typed_times.bits import DAY_NAMES
from bookings.typed_times.preferences import Preference

_WEEKDAYS, _WEEKEND = (0, 1, 2, 3, 4), (5, 6)


def listed(words: Sequence[str], last: str = "or") -> str:
    """ "Monday, Tuesday or Friday"."""
    return f" {last} ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def day(day: date, today: date) -> str:
    """ "Thursday 3 December", with the year where it is another one than this."""
    year = f" {day.year}" if day.year != today.year else ""
    return f"{DAY_NAMES[day.weekday()]} {day.day} {calendar.month_name[day.month]}{year}"


def clock(at: time) -> str:
    """ "2:30 pm", "noon"."""
    if at == time(12):
        return "noon"
    if at == time(0):
        return "midnight"
    minutes = f":{at.minute:02}" if at.minute else ""
    return f"{at.hour % 12 or 12}{minutes} {'am' if at.hour < 12 else 'pm'}"


def weekdays(days: tuple[int, ...], last: str = "or") -> str:
    """ "weekdays", "any day but Friday", "Monday or Tuesday"."""
    if days == _WEEKDAYS:
        return "weekdays"
    if days == _WEEKEND:
        return "weekends"
    if len(days) > 4:
        return "any day but " + listed([DAY_NAMES[number] for number in range(7) if number not in days])
    return listed([DAY_NAMES[number] for number in days], last)


def preference(wish: Preference, today: date) -> str:
    """A preference as its visitor may have said it."""
    said = _on_a_date(wish, wish.days, today) if isinstance(wish.days, date) else _on_days(wish)
    stretch = _stretch(wish, today)
    pieces = [piece for piece in ("as soon as possible" if wish.soon else "", said, stretch) if piece]
    return ", ".join(pieces) or "any time"


def _on_a_date(wish: Preference, on: date, today: date) -> str:
    parts = f" in the {listed(wish.dayparts)}" if wish.dayparts else ""
    return f"{day(on, today)}{parts}{_clocks(wish)}"


def _on_days(wish: Preference) -> str:
    days = weekdays(wish.days) if isinstance(wish.days, tuple) else ""
    if not wish.dayparts:
        clocks = _clocks(wish)
        return f"{days or 'any day'}{clocks}" if wish.at or days else clocks.strip()
    parts, bounds = _parts(wish)
    if days.startswith("any day"):
        return f"{days}, {parts}{bounds}"
    return f"{ {'weekdays': 'weekday', 'weekends': 'weekend'}.get(days, days) } {parts}{bounds}".strip()


def _parts(wish: Preference) -> tuple[str, str]:
    """ "early mornings" and "(before 10 am)", or the parts of the day and their clock times."""
    parts = listed([f"{part}s" for part in wish.dayparts])
    clocks = _clocks(wish)
    kind = (wish.dayparts, wish.earliest, wish.latest)
    if kind in ((("morning",), None, time(10)), (("afternoon",), None, time(15))):
        return f"early {parts}", f" ({clocks.strip()})"
    if kind in ((("morning",), time(10), None), (("afternoon",), time(15), None)):
        return f"late {parts}", f" ({clocks.strip()})"
    return parts, clocks


def _clocks(wish: Preference) -> str:
    if wish.at:
        return f" at {clock(wish.at)}"
    if wish.earliest and wish.latest:
        return f" between {clock(wish.earliest)} and {clock(wish.latest)}"
    if wish.earliest:
        return f" after {clock(wish.earliest)}"
    return f" before {clock(wish.latest)}" if wish.latest else ""


def _stretch(wish: Preference, today: date) -> str:
    if wish.not_before and wish.until:
        if wish.not_before == wish.until:
            return day(wish.until, today)
        return f"between {day(wish.not_before, today)} and {day(wish.until, today)}"
    if wish.not_before:
        return f"from {day(wish.not_before, today)} on"
    return f"by {day(wish.until, today)}" if wish.until else ""
