"""`/staff/insights`: how much is asked, how well and how fast it is answered, and what comes of it; also as a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timezone
from typing import Any
from zoneinfo import ZoneInfo

from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse
from sqlalchemy.engine import Engine

from assistant.clinic import Clinic
from assistant.conversations import daily
from assistant.conversations.figures import COUNTS, Figures
from assistant.conversations.insights import PERIODS, Insights, channels_of, insights
from assistant.conversations.staff_queries import known_channels
from assistant.database import reading
from bookings.funnel import Came, requests_between
from bookings.requests import BookingStore
from console.pages import Problem
from console.staff.access import Door, Visit
from console.staff.counting import Counting
from console.staff.csv_file import csv_reply
from console.staff.figure_words import day_name
from console.staff.insight_report import MEDIAN, P95, channel_title, report
from console.staff.pages import StaffPages, query

_USUAL_PERIOD = 30
_CSV_HEAD = ("day", "channel", *COUNTS, "half_answered_within_seconds", "95_of_100_answered_within_seconds", "requests")
_NO_PERIOD = ("There is no such period", "Choose 7, 30, 90 or 365 days on the page Insights.")
_NO_CHANNEL = ("There is no such channel", "Nobody has written that way. Choose another on the page Insights.")
_MOST_NAMED = 5  # days without figures that are listed one by one


@dataclass(frozen=True)
class _Read:
    """What the databases know of a period.

    Attributes:
        channel: the only one that was asked for; None: all.
        channels: all that one may ask for.
        requests: of the channels that were asked for, each with its channel; empty: its conversation was deleted.
        by_channel: how many requests came in by each channel, whatever was asked for.
        is_empty: nobody has ever written.
    """

    days: int
    channel: str | None
    channels: list[str]
    found: Insights
    requests: list[tuple[Came, str]]
    by_channel: Mapping[str, int]
    is_empty: bool


class InsightsPages:
    """The figures of the last days, and their file.

    Args:
        engine: the database of conversations.
        clock: the present moment in unix seconds.
    """

    def __init__(
        self,
        pages: StaffPages,
        door: Door,
        engine: Engine,
        bookings: BookingStore,
        clinic: Clinic,
        clock: Callable[[], float],
    ) -> None:
        self._pages = pages
        self._door = door
        self._engine = engine
        self._bookings = bookings
        self._zone = ZoneInfo(clinic.timezone)
        self._clock = clock

    def add_to(self, app: Sanic) -> None:
        """Serve these pages in an app, and count the days that close for as long as it runs."""
        self._door.add(app, "insights", self.show)
        self._door.add(app, "insights_csv", self.download)
        Counting(self._engine, self._zone, self._clock).add_to(app)

    def show(self, request: Request, visit: Visit) -> HTTPResponse:
        """The figures, with a plot and a table of each kind."""
        read = self._read(query(request))
        today = max(read.found.days)
        return self._pages.page(
            visit,
            "insights.html",
            periods=PERIODS,
            days=read.days,
            channel=read.channel or "",
            channels=_titled(read.channels),
            report=report(read.found, [came for came, _ in read.requests], read.by_channel),
            has_any=bool(read.requests or any(read.found.total.counts.values())),
            is_empty=read.is_empty,
            waiting=_waiting(read.found.waiting, today),
        )

    def download(self, request: Request, visit: Visit) -> HTTPResponse:
        """A row for each day and channel; a day that is not counted yet has a row without figures."""
        read = self._read(query(request))
        name = f"insights-{min(read.found.days)}-to-{max(read.found.days)}"
        return csv_reply(name, _CSV_HEAD, _rows(read.found, self._requests_of_cells(read)))

    def _read(self, wanted: Mapping[str, str]) -> _Read:
        """Raises: Problem if the period or the channel is none that there is."""
        days, channel, now = _period(wanted.get("days", "")), wanted.get("channel"), self._clock()
        came = self._came(daily.days_until(now, days, self._zone))
        with reading(self._engine) as session:
            found = insights(session, days, self._zone, now, channel)
            known = channels_of(session, [one.conversation_id for one in came])
            # Figures outlive the conversations that they were counted from.
            channels = sorted({*known_channels(session), *found.channels})
            is_empty = not channels and not found.waiting and daily.first_message_at(session) is None
        if channel is not None and channel not in channels:
            raise Problem(400, *_NO_CHANNEL)
        requests = [(one, known.get(one.conversation_id, "")) for one in came]
        by_channel = Counter(by for _, by in requests)
        asked_for = [(one, by) for one, by in requests if channel in (None, by)]
        return _Read(days, channel, channels, found, asked_for, by_channel, is_empty and not came)

    def _came(self, period: Sequence[daily.Day]) -> list[Came]:
        since, until = (datetime.fromtimestamp(at, timezone.utc) for at in (period[0].starts_at, period[-1].ends_at))
        return requests_between(self._bookings.engine, since, until)

    def _requests_of_cells(self, read: _Read) -> Counter[tuple[date, str]]:
        return Counter((one.at.astimezone(self._zone).date(), by) for one, by in read.requests)


def _period(text: str) -> int:
    """Raises: Problem."""
    allowed = {str(days): days for days in PERIODS}
    if text and text not in allowed:
        raise Problem(400, *_NO_PERIOD)
    return allowed.get(text, _USUAL_PERIOD)


def _titled(channels: Sequence[str]) -> list[tuple[str, str]]:
    """Channels with their titles; where two are called the same, their names stand beside."""
    titles = [channel_title(name) for name in channels]
    return [(name, title if titles.count(title) == 1 else f"{title} ({name})") for name, title in zip(channels, titles)]


def _waiting(days: Sequence[date], today: date) -> str:
    """The days without figures, in words; empty if there are none."""
    if not days:
        return ""
    if len(days) > _MOST_NAMED:
        return f"{len(days)} days between {day_name(days[0], today)} and {day_name(days[-1], today)} are"
    names = ", ".join(day_name(day, today) for day in days)
    return f"{names} {'is' if len(days) == 1 else 'are'}"


def _rows(found: Insights, requests: Mapping[tuple[date, str], int]) -> Iterator[list[Any]]:
    """The rows of the file, oldest first."""
    uncounted = {(day, "") for day in found.waiting}
    for day, channel in sorted({*found.cells, *requests, *uncounted}):
        came = requests.get((day, channel), 0)
        if day in found.waiting:
            yield [day.isoformat(), channel, *[None] * (len(COUNTS) + 2), came or None]
            continue
        one = found.cells.get((day, channel)) or Figures()
        times = (None if (took := one.seconds(share)) is None else round(took, 3) for share in (MEDIAN, P95))
        yield [day.isoformat(), channel, *(one.counts[name] for name in COUNTS), *times, came]
