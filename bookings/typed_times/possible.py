"""Says whether a wish can be met: the calendar, opening hours, and which half of the day "2" means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from bookings.typed_times import echo
from bookings.typed_times.bits import DAY_NAMES, Bit, Clock
from bookings.typed_times.preferences import DAYPARTS, Doubt, Preference, Reason, Refused, RefusedTime

Hours = Mapping[int, tuple[time, time]]  # opening and closing time of each day of the week, 0 = Monday

FARTHEST = timedelta(days=180)  # nobody knows the clinic's calendar beyond it
_SINGLE_DAYS = 3  # so many days of one week are named by their dates
_STARTS = {"morning": time(0), "afternoon": time(12), "evening": time(17)}
_ENDS = {"morning": time(12), "afternoon": time(17), "evening": time.max}
_NIGHT = (time(6), time(22))  # a clock time out of these is asked back where opening hours are unknown
_TOGETHER = 'Please write the day and the time together, like "Tuesday at 2 pm".'
_FIRST_OF_DAY = 8  # a bare hour from here to noon is taken as the morning, an earlier one as the afternoon


@dataclass(frozen=True)
class Calendar:
    """What the clinic's calendar allows, seen from one moment."""

    now: datetime  # in the clinic's time zone
    open_days: frozenset[int] | None
    hours: Hours | None

    def windows(self, weekdays: frozenset[int]) -> list[tuple[time, time]]:
        """Opening and closing times of these days, where they are known."""
        return [self.hours[day] for day in sorted(weekdays) if day in self.hours] if self.hours else []


@dataclass(frozen=True)
class Settled:
    """A wish that can be met, and what was assumed or left out."""

    preference: Preference
    readings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def settle(bit: Bit, calendar: Calendar) -> list[Settled]:
    """The preferences that a wish comes to.

    Raises: RefusedTime when it cannot be met, Doubt when it can be read in two ways.
    """
    if bit.refused:
        raise RefusedTime(bit.refused)
    return [_settle_one(one, calendar) for one in _dated(bit)]


def _dated(bit: Bit) -> list[Bit]:
    """A few days of one week ("Friday next week") as dates."""
    whole_week = bit.not_before and bit.until and bit.until - bit.not_before < timedelta(days=7)
    if not (whole_week and bit.days and len(bit.days) <= _SINGLE_DAYS and bit.not_before and bit.until):
        return [bit]
    length = (bit.until - bit.not_before).days + 1
    days = [bit.not_before + timedelta(days=step) for step in range(length)]
    wanted = [day for day in days if day.weekday() in bit.days]
    if not wanted:
        raise RefusedTime(Refused(Reason.PAST, "That day has already passed. Which day from now on suits you?"))
    return [replace(bit, days=None, not_before=None, until=None, date=day) for day in wanted]


def _settle_one(bit: Bit, calendar: Calendar) -> Settled:
    _check_dates(bit, calendar)
    days, closed = _open_days(bit, calendar)
    relevant = frozenset({bit.date.weekday()}) if bit.date else frozenset(days or range(7))
    windows = calendar.windows(relevant)
    readings = [bit.reading] if bit.reading else []
    at, earliest, latest = (
        _settled_clock(wanted, bit.parts, windows, readings) for wanted in (bit.at, bit.earliest, bit.latest)
    )
    if earliest and latest and earliest >= latest:
        raise Doubt("From when until when?")
    parts = _parts(bit.parts, at)
    if bit.date and at:
        _check_clock_change(bit.date, at, calendar.now)
    if at and not calendar.hours and not _NIGHT[0] <= at < _NIGHT[1]:
        raise Doubt(f"Is {echo.clock(at)} right? {_TOGETHER}")
    kept = _check_hours(parts, at, earliest, latest, windows)
    _check_today(bit.date, kept or parts, at, latest, calendar)
    notes = [f"closed on {echo.listed([DAY_NAMES[day] for day in sorted(closed)], 'and')}"] if closed else []
    if parts and kept != parts:
        notes.append(f"closed in the {echo.listed([part for part in parts if part not in kept], 'and')}")
    preference = Preference(
        days=bit.date or (tuple(sorted(days)) if days and len(days) < 7 else None),
        dayparts=kept,
        at=at,
        earliest=earliest,
        latest=latest,
        not_before=bit.not_before,
        until=bit.until,
        soon=bit.soon,
    )
    return Settled(preference, tuple(readings), tuple(notes))


def _check_dates(bit: Bit, calendar: Calendar) -> None:
    today = calendar.now.date()
    last = today + FARTHEST
    end = bit.date or bit.until
    if end and end < today:
        raise RefusedTime(
            Refused(Reason.PAST, f"{echo.day(end, today)} has already passed. Which day from now on suits you?")
        )
    start = bit.date or bit.not_before
    if start and start > last:
        words = (
            f"{echo.day(start, today)} is too far ahead. The last day that can be asked for is {echo.day(last, today)}."
        )
        raise RefusedTime(Refused(Reason.TOO_FAR, words))


def _open_days(bit: Bit, calendar: Calendar) -> tuple[frozenset[int] | None, frozenset[int]]:
    """The wanted days of the week that the clinic is open on, and those on which it is closed."""
    is_open = (
        calendar.open_days if calendar.open_days is not None else frozenset(calendar.hours) if calendar.hours else None
    )
    wanted = frozenset({bit.date.weekday()}) if bit.date else bit.days
    if is_open is None or wanted is None:
        return bit.days, frozenset()
    closed = wanted - is_open
    if closed == wanted:
        names = echo.listed([DAY_NAMES[day] for day in sorted(closed)], "and")
        others = echo.weekdays(tuple(sorted(is_open)), "and")
        raise RefusedTime(Refused(Reason.CLOSED_DAY, f"The clinic is closed on {names}. It is open on {others}."))
    return (None, frozenset()) if bit.date else (wanted - closed, closed)


def _settled_clock(
    wanted: Clock | None, parts: frozenset[str], windows: list[tuple[time, time]], readings: list[str]
) -> time | None:
    """The time of day, in the half of the day that goes with what else is known; `readings` gets what was assumed."""
    if wanted is None:
        return None
    if wanted.settled:
        return wanted.as_time()
    morning, afternoon = time(wanted.hour % 12, wanted.minute), time(wanted.hour % 12 + 12, wanted.minute)
    if parts:
        return morning if parts == {"morning"} else afternoon
    fitting = [half for half in (morning, afternoon) if any(start <= half <= end for start, end in windows)]
    if len(fitting) == 1:
        chosen = fitting[0]
    elif wanted.hour == _FIRST_OF_DAY - 1:
        raise Doubt(f"Is that {wanted.hour} am or {wanted.hour} pm? {_TOGETHER}")
    else:
        chosen = morning if _FIRST_OF_DAY <= wanted.hour < 12 else afternoon
    typed = f"{wanted.hour}:{wanted.minute:02}" if wanted.minute else str(wanted.hour)
    readings.append(f"{typed} as {echo.clock(chosen)}")
    return chosen


def _parts(parts: frozenset[str], at: time | None) -> tuple[str, ...]:
    """The parts of the day in their order; a clock time within them makes them needless."""
    if at is None:
        return tuple(part for part in DAYPARTS if part in parts)
    if parts and not any(_STARTS[part] <= at <= _ENDS[part] for part in parts):
        raise Doubt("The time and the part of the day do not go together. Which time did you mean?")
    return ()


def _check_clock_change(day: date, at: time, now: datetime) -> None:
    """Raises RefusedTime for the hour that is left out when summer time begins."""
    zone = now.tzinfo
    there = datetime.combine(day, at, tzinfo=zone)
    if there.astimezone(timezone.utc).astimezone(zone).replace(tzinfo=None) != there.replace(tzinfo=None):
        words = f"The clocks go forward on {echo.day(day, now.date())}: there is no {echo.clock(at)}."
        raise RefusedTime(Refused(Reason.IMPOSSIBLE, words))


def _check_hours(
    parts: tuple[str, ...],
    at: time | None,
    earliest: time | None,
    latest: time | None,
    windows: list[tuple[time, time]],
) -> tuple[str, ...]:
    """The wanted parts of the day in which the clinic is open. Raises: RefusedTime when there are none."""
    if not windows:
        return parts
    if at is not None:
        fits = any(start <= at < end for start, end in windows)
    else:
        low, high = earliest or time.min, latest or time.max
        kept = tuple(
            part
            for part in parts
            if any(max(start, low, _STARTS[part]) < min(end, high, _ENDS[part]) for start, end in windows)
        )
        fits = bool(kept) if parts else any(max(start, low) < min(end, high) for start, end in windows)
        parts = kept
    if fits:
        return parts
    start, end = min(start for start, _ in windows), max(end for _, end in windows)
    words = f"The clinic is open from {echo.clock(start)} to {echo.clock(end)} then. Which time within that suits you?"
    raise RefusedTime(Refused(Reason.OUTSIDE_HOURS, words))


def _check_today(
    day: date | None, parts: tuple[str, ...], at: time | None, latest: time | None, calendar: Calendar
) -> None:
    if day != calendar.now.date():
        return
    closing = [end for _, end in calendar.windows(frozenset({calendar.now.weekday()}))]
    ends = [at, latest, max((_ENDS[part] for part in parts), default=None), max(closing, default=None)]
    if any(end is not None and end <= calendar.now.time() for end in ends):
        raise RefusedTime(Refused(Reason.PAST, "That time today has already passed. Which other time suits you?"))


def calendar_at(now: datetime, zone: str, open_days: frozenset[int] | None, hours: Hours | None) -> Calendar:
    """The clinic's calendar at a moment."""
    return Calendar(now.astimezone(ZoneInfo(zone)), open_days, hours)
