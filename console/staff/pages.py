"""Fills the staff's templates: who is signed in, what they may open, and moments by the clinic's clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment
from sanic.request import Request
from sanic.response import HTTPResponse, html, redirect

from assistant.clinic import Clinic
from console.pages import Pages, Problem
from console.staff.access import Visit
from console.staff.policy import Permission

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    # Browsers leave the origin out of forms where they may not tell the page they come from.
    "Referrer-Policy": "same-origin",
}
_NAVIGATION = (
    ("Today", "", Permission.READ),
    ("Conversations", "/conversations", Permission.READ),
    ("Teach", "/teach", Permission.TEACH),
    ("Bookings", "/bookings", Permission.BOOKINGS),
    ("Insights", "/insights", Permission.INSIGHTS),
    ("People", "/people", Permission.PEOPLE),
    ("Privacy", "/privacy", Permission.PRIVACY),
    ("Audit", "/audit", Permission.AUDIT),
)
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


class StaffPages:
    """The staff's pages of one clinic.

    Args:
        base: the address of the first page, without a slash at its end.
        clock: the present moment in unix seconds.
    """

    def __init__(self, pages: Pages, clinic: Clinic, base: str, clock: Callable[[], float] = time.time) -> None:
        self._zone = ZoneInfo(clinic.timezone)
        self._clock = clock
        self.base = base
        self._environment: Environment = pages.environment
        self._environment.globals.update(staff=base, Permission=Permission)
        self._environment.filters.update(moment=self.moment, iso=_iso, age=self.age, day=self.day)

    def page(self, visit: Visit | None, template: str, status: int = 200, **values: Any) -> HTTPResponse:
        """A page, filled; the template knows `visit`, `csrf`, `navigation`, and `said`, what was just done."""
        may = [(title, self.base + path) for title, path, needed in _NAVIGATION if visit and visit.may(needed)]
        shared = {"visit": visit, "csrf": visit.signed_in.csrf if visit else "", "navigation": may, "said": ""}
        text = self._environment.get_template(f"staff/{template}").render({**shared, **values})
        return html(text, status=status, headers=HEADERS)

    def problem(self, problem: Problem) -> HTTPResponse:
        """The page of a problem."""
        page = self.page(None, "problem.html", problem.status, title=problem.title, text=problem.text)
        page.headers.update(problem.headers or {})
        return page

    def back(self, path: str) -> HTTPResponse:
        """To a page by GET, after something was done: loading it again then does nothing again."""
        return redirect(self.base + path, status=303)

    def moment(self, at: float | datetime | None) -> str:
        """A moment by the clinic's clock: `Nov 26, 14:03`, with the year where it is another."""
        if at is None:
            return ""
        local = _aware(at).astimezone(self._zone)
        is_now = local.year == datetime.fromtimestamp(self._clock(), self._zone).year
        return f"{local:%b} {local.day}{'' if is_now else f' {local.year}'}, {local:%H:%M}"

    def day(self, at: float | datetime) -> str:
        """The day of a moment by the clinic's clock: `2026-11-26`."""
        return f"{_aware(at).astimezone(self._zone):%Y-%m-%d}"

    def age(self, at: float | datetime) -> str:
        """How long ago a moment was, or in how long it is: `4 min`, `3 h`, `2 days`."""
        seconds = abs(self._clock() - _aware(at).timestamp())
        if seconds < _HOUR:
            return f"{max(1, int(seconds // _MINUTE))} min"
        if seconds < 2 * _DAY:
            return f"{int(seconds // _HOUR)} h"
        return f"{int(seconds // _DAY)} days"


def form(request: Request) -> Mapping[str, str]:
    """The fields of a sent form, each once, without white space around."""
    return {name: str(values[0]).strip() for name, values in (request.form or {}).items() if values}


def query(request: Request) -> dict[str, str]:
    """The filled fields of an address, each once."""
    return {name: str(values[0]).strip() for name, values in request.args.items() if values and values[0].strip()}


def _aware(at: float | datetime) -> datetime:
    return at if isinstance(at, datetime) else datetime.fromtimestamp(at, timezone.utc)


def _iso(at: float | datetime) -> str:
    return _aware(at).isoformat(timespec="seconds")
