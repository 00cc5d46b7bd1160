"""Finds dates, days of the week and stretches of days."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

from bookings.typed_times import dates
from bookings.typed_times.bits import DAY_NAMES, Bit
from bookings.typed_times.preferences import Doubt, Reason, Refused
from bookings.typed_times.signs import DATE, DAY, Signs

_MONTH = rf"(?P<month>{dates.MONTHS})"
_ORDINAL = "|".join(dates.ORDINALS)
_NTH = rf"(?P<nth>\d{{1,2}}(?:st|nd|rd|th)?|{_ORDINAL})"
_YEAR = r"(?:,? ?(?P<year>(?:19|20|21)\d\d)\b)?"
_TO = r"(?:-|to|through|thru|until|till?)"
_THING = r"(?! (?:week|time|day|thing|month|of|half|floor|session|visit|monday|\w+day)\b)"
_DAY_LIST = rf"{DAY}(?: ?(?:,|/|or|and|-) ?(?:or |and )?(?:on )?{DAY})*(?! ?(?:next|this) week)"
_COUNTS = {
    "a": 1,
    "an": 1,
    "one": 1,
    "two": 2,
    "couple": 2,
    "three": 3,
    "few": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
}
_COUNT = r"(?P<count>\d{1,3}|an?|one|two|three|four|five|six|seven|eight|(?:a )?(?:couple(?: of)?|few))"
_UNITS = {"day": 1, "week": 7, "month": 30}


def find_days(signs: Signs) -> None:
    """Put a sign for every phrase about days."""
    _find_dates(signs)
    _find_numbers_of_days(signs)
    _find_relative_days(signs)
    _find_weekdays(signs)


def _find_dates(signs: Signs) -> None:
    today = signs.today

    def named(match: re.Match[str]) -> str:
        year = int(match["year"]) if match["year"] else None
        return signs.add_date(dates.written_date(_number(match["nth"]), match["month"], year, today), match[0])

    def several(match: re.Match[str]) -> str:
        first, last = (dates.written_date(int(match[name]), match["month"], None, today) for name in ("first", "last"))
        if first is None or last is None or last < first:
            raise Doubt("Which dates did you mean?")
        return signs.add("span", Bit(not_before=first, until=last))

    def numbered(match: re.Match[str]) -> str:
        year = int(match["y"]) if match["y"] else None
        return signs.add_date(dates.numbered_date(int(match["a"]), int(match["b"]), year, today), match[0])

    signs.put(r"(?<![\w/-])(?P<y>(?:19|20|21)\d\d)-(?P<a>0?[1-9]|1[0-2])-(?P<b>\d{1,2})(?![\w-])", numbered)
    signs.put(r"(?<![\w/.-])(?P<a>\d{1,2})/(?P<b>\d{1,2})(?:/(?P<y>\d{4}|\d\d))?(?![\w/])", numbered)
    signs.put(r"(?<![\w/.-])(?P<a>\d{1,2})-(?P<b>\d{1,2})-(?P<y>\d{4})(?![\w/-])", numbered)
    nth = r"\d{1,2}"
    signs.put(
        rf"\b{_MONTH}\.? (?:the )?(?P<first>{nth})(?:st|nd|rd|th)? ?{_TO} ?(?P<last>{nth})(?:st|nd|rd|th)?\b"
        r"(?! ?(?:am|pm))",
        several,
    )
    signs.put(rf"\b{_MONTH}\.? ?(?:the )?{_NTH}\b(?! ?(?:am|pm|:)){_YEAR}", named)
    signs.put(rf"\b(?:the )?{_NTH} (?:of )?{_MONTH}\b\.?{_YEAR}", named)


def _number(nth: str) -> int:
    digits = re.match(r"\d+", nth)
    if digits:
        return int(digits[0])
    return next(place for place, word in enumerate(dates.ORDINALS, 1) if re.fullmatch(word, nth))


def _find_numbers_of_days(signs: Signs) -> None:
    def counted(match: re.Match[str]) -> str:
        earliest = max(signs.latest_date() or signs.today, signs.today)
        return signs.add_date(dates.day_of_month(_number(match["nth"]), earliest), match[0])

    def year(match: re.Match[str]) -> str:
        typed = int(match[0])
        if typed in (signs.today.year, signs.today.year + 1):
            return match[0]
        past = typed < signs.today.year
        words = f"{typed} is over." if past else f"{typed} is too far ahead."
        return signs.add("date", Bit(refused=Refused(Reason.PAST if past else Reason.TOO_FAR, words)))

    signs.put(rf"\b(?:(?:the )?(?=\d)|the )(?P<nth>\d{{1,2}}(?:st|nd|rd|th)|{_ORDINAL})\b{_THING}", counted)
    signs.put(r"(?<![\w/$:.-])(?:19|20|21)\d\d(?![\w/:-])", year)


def _find_relative_days(signs: Signs) -> None:
    today = signs.today

    def on(days: int) -> str:
        return signs.add_date(today + timedelta(days=days), "")

    def counted(match: re.Match[str]) -> str:
        days = _days(match["count"], match["unit"])
        ahead = Bit(date=today + timedelta(days=days)) if match["unit"] == "day" and match["count"].isdigit() else None
        return signs.add("span", ahead or Bit(not_before=today + timedelta(days=days)))

    def within(match: re.Match[str]) -> str:
        return signs.add("span", Bit(until=today + timedelta(days=_days(match["count"], match["unit"]))))

    def gone(match: re.Match[str]) -> str:
        return signs.add(
            "date", Bit(refused=Refused(Reason.PAST, "That has already passed. Which day from now on suits you?"))
        )

    unit = r"(?P<unit>day|week|month)s?\b"
    signs.put(r"\b(?:the )?day after tomorrow\b", lambda match: on(2))
    signs.put(r"\btomorrow\b", lambda match: on(1))
    signs.put(r"\btoday\b", lambda match: on(0))
    signs.put(r"\b(?:tonight|this evening)\b", lambda match: on(0) + " evening")
    signs.put(r"\bthis (?=morning|afternoon)", lambda match: on(0))
    signs.put(
        rf"\byesterday\b|\blast (?:week|month|year|night|weekend|\w+day)\b|\b{_COUNT} (?:day|week|month|year)s? ago\b",
        gone,
    )
    signs.put(rf"\b(?:(?:with)?in the next|within(?: the)?) {_COUNT} {unit}", within)
    signs.put(rf"\b(?:(?:in|after) (?:about )?{_COUNT}(?: ?(?:-|to|or) ?\d{{1,2}})? {unit}(?:'? time)?)", counted)
    signs.put(rf"\b{_COUNT} {unit} from (?:now|today|{DATE})", counted)


def _days(count: str, unit: str) -> int:
    word = count.replace("a couple", "couple").replace("a few", "few").replace(" of", "")
    return (int(word) if word.isdigit() else _COUNTS[word]) * _UNITS[unit]


def _find_weekdays(signs: Signs) -> None:
    def days(*numbers: int) -> str:
        return signs.add("day", Bit(days=frozenset(numbers)))

    def run(match: re.Match[str]) -> str:
        first, last = (min(signs.bit(match[name]).days or {0}) for name in ("first", "last"))
        return days(*((first + step) % 7 for step in range((last - first) % 7 + 1)))

    signs.put(r"\bevery other\b|\bnext year\b", _doubt)
    signs.put(r"\bweeknight\b", lambda match: days(*range(5)) + " evening")
    signs.put(r"\bweekday\b", lambda match: days(*range(5)))
    for number, name in enumerate(DAY_NAMES):
        signs.put(rf"\b{name.lower()}\b", lambda match, number=number: days(number))  # type: ignore[misc]
    signs.put(rf"\bbetween (?P<first>{DAY}) and (?P<last>{DAY})", run)
    signs.put(rf"(?:\bfrom )?(?P<first>{DAY}) ?{_TO} ?(?P<last>{DAY})", run)
    _find_chosen_weekdays(signs)
    signs.put(r"\b(?:the )?(?:this (?:coming )?)weekend\b", lambda match: _this_weekend(signs))
    signs.put(r"\bnext weekend\b", _doubt)
    signs.put(r"\bweekend\b", lambda match: days(5, 6))


def _this_weekend(signs: Signs) -> str:
    saturday, sunday = dates.coming(5, signs.today), dates.coming(6, signs.today)
    return signs.add("day", Bit(days=frozenset({5, 6}), not_before=min(saturday, sunday), until=sunday))


def _doubt(match: re.Match[str]) -> str:
    raise Doubt("Which dates would that be?")


def _find_chosen_weekdays(signs: Signs) -> None:
    """ "next Monday or Tuesday", "this Friday", "Tuesday, December 1", "a week from Tuesday"."""
    today = signs.today

    def next_week(match: re.Match[str]) -> str:
        monday, _ = dates.week(today, later=1)
        return _each_day(signs, match["days"], lambda number: monday + timedelta(days=number))

    def this_week(match: re.Match[str]) -> str:
        return _each_day(signs, match["days"], lambda number: dates.coming(number, today))

    def later(match: re.Match[str]) -> str:
        start = dates.coming(min(signs.bit(match["day"]).days or {0}), today + timedelta(days=1))
        return signs.add_date(start + timedelta(days=_days(match["count"], match["unit"])), match[0])

    def dated(match: re.Match[str]) -> str:
        bit, days = signs.bit(match["date"]), signs.bit(match["day"]).days or ()
        if bit.refused or len(days) > 1:
            return match[0]
        return signs.add("date", bit.joined(signs.bit(match["day"])))

    signs.put(rf"\b{_COUNT} (?P<unit>week|day)s? (?:from|after) (?P<day>{DAY})", later)
    signs.put(rf"\bnext (?P<days>{_DAY_LIST})", next_week)
    signs.put(rf"\b(?:this(?: coming)?|the coming|coming) (?P<days>{_DAY_LIST})", this_week)
    signs.put(rf"(?P<day>{DAY}) ?,? ?(?:the )?(?P<date>{DATE})", dated)
    signs.put(rf"(?P<date>{DATE}) ?,? ?\(?(?P<day>{DAY})\)?", dated)


def _each_day(signs: Signs, listed: str, to_date: Callable[[int], date]) -> str:
    """The list with a date in the place of each single day of the week; "weekdays" stay what they are."""

    def dated(match: re.Match[str]) -> str:
        days = signs.bit(match[0]).days or frozenset()
        return signs.add("date", Bit(date=to_date(min(days)))) if len(days) == 1 else match[0]

    return re.sub(DAY, dated, listed)
