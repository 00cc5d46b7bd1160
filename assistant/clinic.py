"""What the clinic says about itself (`clinic.yml`): the one source of phone, address, hours, prices and links."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
import yaml

from assistant.settings import PROJECT_DIR

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# What visitors are told word for word; the other entries are for the program.
TEXTS = (
    *("name", "phone", "email", "address", "hours", "prices", "insurance", "refunds"),
    *("booking_link", "privacy_notice"),
)
CHANNELS = ("webchat", "sms", "twilio_whatsapp", "whatsapp", "messenger", "telegram", "slack")
_DUE_WITHOUT_PROMISE = timedelta(hours=24)  # what staff are held to where visitors are promised nothing
_OPENING = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})")
_LOCAL_START = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}")

Hours = Mapping[int, tuple[time, time]]


class ClinicError(ValueError):
    """`clinic.yml` holds an entry that nothing reads, or one that cannot be read."""


@dataclass(frozen=True)
class Clinic:
    """The clinic's own texts, of which an empty one means that the assistant has to say that it does not know, and
    what bookings go by."""

    name: str = ""
    phone: str = ""
    email: str = ""
    address: str = ""
    hours: str = ""
    prices: str = ""
    insurance: str = ""
    refunds: str = ""
    booking_link: str = ""
    privacy_notice: str = ""
    timezone: str = "America/Los_Angeles"
    country: str = "US"  # of phone numbers that are written without a country code
    opening: Hours | None = None  # the open days, 0 = Monday; None: unknown
    reply_within_hours: float | None = None  # opening hours, where those are known; None: no promise
    consultation_minutes: int = 45
    slots: tuple[datetime, ...] = ()  # starts that are offered, in UTC
    keep_requests_days: int = 365
    privacy_notice_version: str = "2026-11"
    booking_by_link: tuple[str, ...] = ("messenger", "telegram", "slack")  # channels without a health-data agreement

    @classmethod
    def load(cls, path: Path = PROJECT_DIR / "clinic.yml") -> Clinic:
        """Read the clinic's entries; an empty one is as if it were left out.

        Raises: ClinicError for an unknown entry or values that cannot be read: all of them at once.
        """
        entries = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        if not isinstance(entries, dict):
            raise ClinicError(f"{path.name}: write each entry as name: value")
        unknown = sorted(set(map(str, entries)) - {field.name for field in fields(cls)})
        if unknown:
            raise ClinicError(f"{path.name}: unknown entries: {', '.join(unknown)}")
        filled = {name: value for name, value in entries.items() if value not in (None, "")}
        wrong = sorted(name for name, value in filled.items() if name in _QUOTED and not isinstance(value, str))
        if wrong:
            raise ClinicError(f"{path.name}: write these as quoted texts: {', '.join(wrong)}")
        return cls(**_read_all(filled, path.name))

    def filled(self) -> dict[str, str]:
        """The texts for visitors that the clinic has filled in."""
        return {name: text for name in TEXTS if (text := getattr(self, name))}

    def books_by_link(self, conversation_id: str) -> bool:
        """Whether a conversation's channel must not be asked for personal data: its id begins with the channel."""
        channel, colon, _ = conversation_id.partition(":")
        return bool(colon) and channel in self.booking_by_link

    def open_days(self) -> frozenset[int] | None:
        """The days of the week on which the clinic is open (0 = Monday); None when unknown."""
        return None if self.opening is None else frozenset(self.opening)

    def opening_hours(self) -> dict[int, tuple[time, time]] | None:
        """Opening and closing time of each open day (0 = Monday), by the clinic's clock; None when unknown."""
        return None if self.opening is None else dict(self.opening)

    def is_open(self, now: datetime) -> bool | None:
        """Whether the clinic is open at a moment; None when unknown."""
        if self.opening is None:
            return None
        local = now.astimezone(ZoneInfo(self.timezone))
        opens, closes = self.opening.get(local.weekday(), (time.min, time.min))
        return opens <= local.time() < closes

    def due_at(self, now: datetime) -> datetime:
        """When staff should have answered what comes in now, in UTC.

        That is `reply_within_hours` from now, counted while the clinic is open where `opening` says when that is;
        24 hours from now where the clinic promises nothing.
        """
        now = now.astimezone(timezone.utc)
        if self.reply_within_hours is None:
            return now + _DUE_WITHOUT_PROMISE
        left = timedelta(hours=self.reply_within_hours)
        if self.opening is None:
            return now + left
        zone = ZoneInfo(self.timezone)
        day = now.astimezone(zone).date()
        while True:
            opens, closes = self.opening.get(day.weekday(), (time.min, time.min))
            start = max(now, datetime.combine(day, opens, zone).astimezone(timezone.utc))
            end = datetime.combine(day, closes, zone).astimezone(timezone.utc)
            if end > start:
                if left <= end - start:
                    return start + left
                left -= end - start
            day += timedelta(days=1)


def _read_all(entries: dict[str, Any], file: str) -> dict[str, Any]:
    """The values of the entries as `Clinic` holds them. Raises: ClinicError."""
    values: dict[str, Any] = {}
    problems = []
    for name, value in entries.items():
        try:
            read: Callable[[Any], Any] = _READERS.get(name, _text)
            values[name] = read(value)
        except ValueError as problem:
            problems.append(f"{name}: {problem}")
    # The clocks of the zone say which moments the slots are; a wrong zone is a problem already.
    zone = ZoneInfo(values.get("timezone", Clinic.timezone))
    try:
        values["slots"] = tuple(_moment(start, zone) for start in values.get("slots", ()))
    except ValueError as problem:
        problems.append(f"slots: {problem}")
    if problems:
        raise ClinicError(f"{file}: {'; '.join(problems)}")
    return values


def _text(value: Any) -> str:
    return str(value).strip()


def _version(value: Any) -> str:
    if len(_text(value)) > 64:
        raise ValueError("at most 64 characters")
    return _text(value)


def _zone(value: Any) -> str:
    try:
        return ZoneInfo(_text(value)).key
    except (ValueError, OSError, KeyError):
        raise ValueError('the name of a time zone, like "America/Los_Angeles"') from None


def _country(value: Any) -> str:
    if _text(value) not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError('two capital letters, like "US"')
    return _text(value)


def _whole(low: int, high: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if type(value) is not int or not low <= value <= high:  # True is an int, too
            raise ValueError(f"a whole number from {low} to {high}")
        return value

    return read


def _reply_hours(value: Any) -> float:
    if type(value) not in (int, float) or not 0 < value <= 336:
        raise ValueError("a number of hours, at most 336 (two weeks)")
    return float(value)


def _opening(value: Any) -> Hours:
    if not isinstance(value, dict) or not set(value) <= set(DAYS):
        raise ValueError(f"days from {DAYS[0]} to {DAYS[-1]}, each with its hours")
    hours = {}
    for number, day in enumerate(DAYS):
        if value.get(day, "closed") != "closed":
            hours[number] = _day_hours(value[day], day)
    if not hours:
        raise ValueError("at least one day has to be open; leave all of them out if the hours are unknown")
    return hours


def _day_hours(value: Any, day: str) -> tuple[time, time]:
    found = _OPENING.fullmatch(value.strip()) if isinstance(value, str) else None
    try:
        opens, closes = (time(int(found[i]), int(found[i + 1])) for i in (1, 3)) if found else (time.min, time.min)
    except ValueError:  # 25:00
        opens = closes = time.min
    if opens >= closes:
        raise ValueError(f'{day}: "closed", or from when to when, like "09:00-17:00"')
    return opens, closes


def _starts(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) and _LOCAL_START.fullmatch(one) for one in value):
        raise ValueError('a list of starts, each like "2026-12-01 14:00"')
    return value


def _moment(start: str, zone: ZoneInfo) -> datetime:
    try:
        local = datetime.fromisoformat(start)
    except ValueError:
        raise ValueError(f"{start} is in no calendar") from None
    moment = local.replace(tzinfo=zone).astimezone(timezone.utc)
    if moment.astimezone(zone).replace(tzinfo=None) != local:
        raise ValueError(f"the clocks skip {start}")
    return moment


def _channels(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(one in CHANNELS for one in value):
        raise ValueError(f"a list of channels, of {', '.join(CHANNELS)}")
    return tuple(value)


_QUOTED = frozenset({*TEXTS, "timezone", "country", "privacy_notice_version"})
_READERS: dict[str, Callable[[Any], Any]] = {
    "timezone": _zone,
    "country": _country,
    "opening": _opening,
    "reply_within_hours": _reply_hours,
    "consultation_minutes": _whole(5, 8 * 60),
    "slots": _starts,
    "keep_requests_days": _whole(1, 3650),
    "privacy_notice_version": _version,
    "booking_by_link": _channels,
}
