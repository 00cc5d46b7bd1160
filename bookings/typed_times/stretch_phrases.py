"""Finds stretches of days: weeks, months, "after the 5th", "by Friday"."""

from __future__ import annotations

import re
from datetime import date, timedelta

from bookings.typed_times import dates
from bookings.typed_times.bits import Bit
from bookings.typed_times.preferences import Doubt
from bookings.typed_times.signs import DATE, DAY, Signs

_ONE_DAY = timedelta(days=1)
_EARLY = r"(?:early|beginning of|start of|first half of|first part of)"
_MIDDLE = r"(?:mid|middle of)"
_LATE = r"(?:late|end of|later|back half of|second half of)"
_THIRD = rf"(?:(?P<early>{_EARLY})|(?P<middle>{_MIDDLE})|(?P<late>{_LATE}))"
_WHEN = rf"(?:(?:(?:at|towards?|in) )?(?:the )?{_THIRD}[ -]?(?:in )?)?"
_FULL_MONTH = "january|february|april|june|july|august|september|october|november|december"
_POINT = rf"(?:{DATE}|{DAY})"


def find_stretches(signs: Signs) -> None:
    """Put a sign for every phrase about several days in a row."""
    _find_weeks(signs)
    _find_months(signs)
    _find_limits(signs)


def _find_weeks(signs: Signs) -> None:
    def some_week(match: re.Match[str], later: int) -> str:
        monday, sunday = dates.week(signs.today, later)
        first, last = (0, 2) if match["early"] else (1, 3) if match["middle"] else (3, 4) if match["late"] else (0, 6)
        return _span(signs, monday + first * _ONE_DAY, monday + last * _ONE_DAY if last < 6 else sunday)

    def later_this_week(match: re.Match[str]) -> str:
        _, sunday = dates.week(signs.today)
        if sunday == signs.today:
            raise Doubt("Which day did you mean?")
        return _span(signs, signs.today + _ONE_DAY, sunday)

    def week_of(match: re.Match[str]) -> str:
        day = signs.bit(match["day"]).date
        return _span(signs, *dates.week(day)) if day else match["day"]

    signs.put(rf"\b(?:the )?week (?:of|starting|beginning) (?:the )?(?P<day>{DATE})", week_of)
    signs.put(rf"\b{_WHEN}(?:the )?(?:week after next|following week)\b", lambda match: some_week(match, 2))
    signs.put(rf"\b{_WHEN}next week\b", lambda match: some_week(match, 1))
    signs.put(r"\blater this week\b", later_this_week)
    signs.put(rf"\b{_WHEN}this week\b", lambda match: some_week(match, 0))
    signs.put(
        r"\b(?:the )?(?:rest|remainder) of (?:the|this) week\b", lambda match: _span(signs, *dates.week(signs.today))
    )
    signs.put(r"\b(?:the )?end of the week\b", lambda match: _span(signs, *(_thursday_and_friday(signs.today))))
    signs.put(r"\bmidweek\b", lambda match: signs.add("day", Bit(days=frozenset({1, 2, 3}))))


def _thursday_and_friday(today: date) -> tuple[date, date]:
    monday, _ = dates.week(today)
    return monday + 3 * _ONE_DAY, monday + 4 * _ONE_DAY


def _span(signs: Signs, first: date, last: date) -> str:
    """A stretch without its days that have passed."""
    return signs.add("span", Bit(not_before=max(first, signs.today) if last >= signs.today else first, until=last))


def _find_months(signs: Signs) -> None:
    def part_of(match: re.Match[str], first: date, last: date) -> str:
        third = 10 * _ONE_DAY
        if match["early"]:
            last = first + third - _ONE_DAY
        elif match["middle"]:
            first, last = first + third, first + 2 * third - _ONE_DAY
        elif match["late"]:
            first = first + 2 * third
        return _span(signs, first, last)

    def named(match: re.Match[str]) -> str:
        number = dates.month_number(match["month"])
        year = int(match["year"]) if match["year"] else signs.today.year + (number < signs.today.month)
        return part_of(match, *dates.month(date(year, number, 1)))

    year = r"(?: (?P<year>(?:19|20|21)\d\d)\b)?"
    signs.put(rf"\b{_WHEN}next month\b", lambda match: part_of(match, *dates.month(signs.today, 1)))
    signs.put(rf"\b{_WHEN}(?:this|the) month\b", lambda match: part_of(match, *dates.month(signs.today)))
    signs.put(
        rf"\b(?:in|during|sometime|(?={_EARLY}|{_MIDDLE}|{_LATE}|the )) ?{_WHEN}(?P<month>{dates.MONTHS})\b{year}",
        named,
    )
    signs.put(rf"\b{_WHEN}(?P<month>{_FULL_MONTH})\b{year}", named)


def _find_limits(signs: Signs) -> None:
    def day(sign: str) -> date:
        bit = signs.bit(sign)
        if bit.date is None and bit.days is None:
            raise Doubt("Which dates did you mean?")
        return bit.date or min(dates.coming(number, signs.today) for number in bit.days or ())

    def between(match: re.Match[str]) -> str:
        first, last = day(match["first"]), day(match["last"])
        if last < first:
            raise Doubt("Which dates did you mean?")
        return signs.add("span", Bit(not_before=first, until=last))

    def limit(match: re.Match[str]) -> str:
        if signs.bit(match["day"]).refused:
            return match["day"]
        point = day(match["day"])
        if match["after"]:
            return signs.add("span", Bit(not_before=point + _ONE_DAY))
        if match["since"]:
            return signs.add("span", Bit(not_before=point))
        return signs.add("span", Bit(until=point if match["until"] else point - _ONE_DAY))

    signs.put(rf"\bbetween (?P<first>{DATE}) (?:and|-|to) (?P<last>{DATE})", between)
    signs.put(rf"(?:\bfrom )?(?P<first>{DATE}) ?(?:-|to|through|thru|until) ?(?P<last>{DATE})", between)
    signs.put(
        r"\b(?:(?P<after>(?:any ?time )?(?:after|past))|(?P<since>from|starting|beginning|as of|on or after)"
        r"|(?P<until>by|until|till?|through|up to|on or before)|before)"
        rf" (?:the )?(?P<day>{_POINT})(?: (?:on|onwards?|forward))?",
        limit,
    )
