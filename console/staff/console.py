"""The staff's console, put together: its databases, its door, its pages."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from sanic import Sanic
from sanic.exceptions import NotFound
from sanic.request import Request
from sanic.response import HTTPResponse, json, text
from sqlalchemy.engine import Engine

from assistant.clinic import Clinic
from assistant.database import CONVERSATIONS, STAFF, database_url, migrate, open_database
from assistant.keys import load_key
from bookings.requests import BookingStore
from console.pages import FOLDER, Pages, Problem
from console.staff.access import Door
from console.staff.accounts import Accounts
from console.staff.audit import Audit
from console.staff.audit_page import AuditPages
from console.staff.bookings import BookingPages
from console.staff.conversations import ConversationPages
from console.staff.insights import InsightsPages
from console.staff.judging import JudgingPages
from console.staff.meanings import Meanings
from console.staff.pages import StaffPages
from console.staff.people import PeoplePages
from console.staff.privacy import PrivacyPages
from console.staff.review_actions import ReviewActions
from console.staff.saved_filters import SavedFilters
from console.staff.sessions import Sessions
from console.staff.sign_in import SignInPages
from console.staff.takeover_page import TakeOver
from console.staff.teach import TeachPages
from console.staff.today import TodayPages
from console.staff.transcript import TranscriptPages

_CSS, _JAVASCRIPT = "text/css; charset=utf-8", "text/javascript; charset=utf-8"
_STATIC = {
    "staff.css": _CSS,
    "insights.css": _CSS,
    "print.css": _CSS,
    "staff.js": _JAVASCRIPT,
    "today.js": _JAVASCRIPT,
    "conversations.js": _JAVASCRIPT,
    "keys.js": _JAVASCRIPT,
    "transcript.js": _JAVASCRIPT,
    "judge.js": _JAVASCRIPT,
    "publication.js": _JAVASCRIPT,
}


class StaffSettingsError(ValueError):
    """A variable of the environment that is wrong."""


@dataclass(frozen=True)
class Parts:
    """What the pages of the console work with.

    Attributes:
        conversations: the database of conversations.
        staff: the database of accounts and the audit trail.
        clock: the present moment in unix seconds.
    """

    conversations: Engine
    staff: Engine
    bookings: BookingStore
    clinic: Clinic
    accounts: Accounts
    sessions: Sessions
    audit: Audit
    clock: Callable[[], float]
    public_url: str = ""
    totp_for_admins: bool = False


class StaffConsole:
    """Everything under `/staff`."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._pages: StaffPages | None = None

    @property
    def databases(self) -> dict[str, Engine]:
        """The databases that it needs, by area."""
        return {CONVERSATIONS: self._parts.conversations, STAFF: self._parts.staff}

    def add_to(self, app: Sanic, pages: Pages) -> None:
        """Serve it in an app."""
        parts = self._parts
        public = urlsplit(parts.public_url)
        origin = f"{public.scheme}://{public.netloc}" if public.netloc else ""
        door = Door(parts.accounts, parts.sessions, parts.audit, pages.base, origin, parts.totp_for_admins)
        shown = self._pages = StaffPages(pages, parts.clinic, door.base, parts.clock)
        door.add(app, "style", _static)
        SignInPages(shown, door, parts.clinic.name).add_to(app)
        TodayPages(shown, door, parts.conversations, parts.bookings, parts.clinic, parts.clock).add_to(app)
        saved, clinic = SavedFilters(parts.staff), parts.clinic
        ConversationPages(shown, door, parts.conversations, saved, parts.bookings, clinic, parts.clock).add_to(app)
        transcripts = TranscriptPages(shown, door, parts.conversations, parts.clinic, parts.clock)
        transcripts.add_to(app)
        ReviewActions(transcripts, door, parts.conversations).add_to(app)
        TakeOver(transcripts, door, parts.conversations).add_to(app)
        JudgingPages(shown, door, parts.conversations, Meanings(), parts.clock, parts.clinic.country).add_to(app)
        TeachPages(shown, door, parts.conversations, parts.clock, parts.clinic.country).add_to(app)
        BookingPages(shown, door, parts.bookings, parts.accounts, parts.clinic, parts.clock).add_to(app)
        InsightsPages(shown, door, parts.conversations, parts.bookings, parts.clinic, parts.clock).add_to(app)
        PeoplePages(shown, door, parts.accounts).add_to(app)
        PrivacyPages(shown, door, parts).add_to(app)
        AuditPages(shown, door, parts.audit, parts.accounts).add_to(app)

    def problem(self, request: Request, problem: Problem) -> HTTPResponse:
        """A problem, in the form that was asked for."""
        if self._pages is None or "application/json" in request.headers.get("accept", ""):
            return json({"error": problem.title}, status=problem.status, headers=dict(problem.headers or {}))
        return self._pages.problem(problem)


def open_console(bookings: BookingStore, clinic: Clinic, env: Mapping[str, str]) -> StaffConsole:
    """The console of this installation, with its tables brought up to date.

    Args:
        env: STAFF_ADMIN_TOTP=1 asks admins for an authenticator app; PUBLIC_URL is our origin.

    Raises: StaffSettingsError, and what the databases raise.
    """
    totp = env.get("STAFF_ADMIN_TOTP") or "0"
    if totp not in ("0", "1"):
        raise StaffSettingsError("STAFF_ADMIN_TOTP must be 1 or 0")
    conversations, staff = open_area(CONVERSATIONS), open_area(STAFF)
    key, clock = load_key("STAFF_KEY", "staff.key"), time.time
    parts = Parts(
        conversations=conversations,
        staff=staff,
        bookings=bookings,
        clinic=clinic,
        accounts=Accounts(staff, key, clock),
        sessions=Sessions(staff, key, clock),
        audit=Audit(staff, key, clock),
        clock=clock,
        public_url=env.get("PUBLIC_URL", ""),
        totp_for_admins=totp == "1",
    )
    return StaffConsole(parts)


def open_area(area: str) -> Engine:
    """An area's database, its tables brought up to date."""
    engine = open_database(database_url(area))
    migrate(engine, area)
    return engine


def _static(request: Request, visit: None, name: str) -> HTTPResponse:
    kind = _STATIC.get(name)
    if kind is None:
        raise NotFound("there is no such file")
    content = (FOLDER / "static" / name).read_text(encoding="utf-8")
    return text(content, content_type=kind, headers={"Cache-Control": "max-age=300"})
