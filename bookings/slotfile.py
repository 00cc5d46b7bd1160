"""Reads the times that a clinic offers from a CSV file, as a spreadsheet writes it."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

_COLUMNS = ("start", "minutes", "staff")
_MINUTES = range(5, 8 * 60 + 1)
_LONGEST_STAFF = 120


class BadSlots(ValueError):
    """Rows that cannot be read, each with its line; `problems` lists them."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class OfferedSlot:
    """A time that the clinic offers; `staff` may be empty."""

    starts_at: datetime
    minutes: int
    staff: str = ""


def read_slots(path: Path, zone: ZoneInfo) -> list[OfferedSlot]:
    """The times of a file with the columns `start`, `minutes` and `staff`.

    Args:
        zone: where the clock hangs that a start without a zone was read from.

    Raises:
        BadSlots: with every bad row.
    """
    with path.open(newline="", encoding="utf-8-sig") as file:
        try:
            return _read(csv.DictReader(file, restkey="more"), zone)
        except (UnicodeDecodeError, csv.Error):
            raise BadSlots(["the file is not a CSV file in UTF-8"]) from None


def _read(rows: csv.DictReader[str], zone: ZoneInfo) -> list[OfferedSlot]:
    if tuple(name.strip().lower() for name in rows.fieldnames or ()) != _COLUMNS:
        raise BadSlots([f"line 1: name the columns {', '.join(_COLUMNS)}"])
    rows.fieldnames = _COLUMNS
    slots, problems = [], []
    for row in rows:
        try:
            slots.append(_slot(row, zone))
        except ValueError as problem:
            problems.append(f"line {rows.line_num}: {problem}")
    if problems:
        raise BadSlots(problems)
    return slots


def _slot(row: dict[str | None, str | None], zone: ZoneInfo) -> OfferedSlot:
    if "more" in row:
        raise ValueError("too many columns")
    minutes, staff = (row["minutes"] or "").strip(), (row["staff"] or "").strip()
    if not (minutes.isascii() and minutes.isdigit() and int(minutes) in _MINUTES):
        raise ValueError(f"minutes: a whole number from {_MINUTES[0]} to {_MINUTES[-1]}")
    if len(staff) > _LONGEST_STAFF:
        raise ValueError(f"staff: at most {_LONGEST_STAFF} characters")
    return OfferedSlot(_moment((row["start"] or "").strip(), zone), int(minutes), staff)


def _moment(text: str, zone: ZoneInfo) -> datetime:
    try:
        # Python 3.10 does not read the "Z" that others write.
        moment = datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)
    except ValueError:
        raise ValueError("start: write it like 2025-03-04 14:30") from None
    if moment.tzinfo is None:
        return _local(moment, zone)
    return moment.astimezone(timezone.utc)


def _local(moment: datetime, zone: ZoneInfo) -> datetime:
    """The moment at which the clocks of the zone show this; the hours around a clock change need care."""
    first = moment.replace(tzinfo=zone, fold=0).astimezone(timezone.utc)
    second = moment.replace(tzinfo=zone, fold=1).astimezone(timezone.utc)
    if first.astimezone(zone).replace(tzinfo=None) != moment:
        raise ValueError("start: the clocks skip that time on that day")
    if first != second:
        raise ValueError("start: the clocks show that time twice on that day; add the offset, like -07:00")
    return first
