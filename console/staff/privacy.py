"""`/staff/privacy`: how long things are kept, and one person's data: found, handed out, erased with a certificate.

What is searched for comes by POST only, so that it stands in no address and no log; the audit trail never holds it.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, raw

from bookings.privacy import BeingSent, by_references
from bookings.progress import FINAL
from console import wording
from console.pages import Problem
from console.staff.access import Door, Visit
from console.staff.booking_words import KINDS, STATES
from console.staff.certificates import (
    ERASED,
    as_markdown,
    as_text,
    certificate,
    certificates,
    detail_of,
    newest,
)
from console.staff.counting import Counting
from console.staff.labels import channel_title
from console.staff.pages import HEADERS, StaffPages, form, query
from console.staff.person import NotReadable, People
from console.staff.retention import LONGEST, SHORTEST, Periods, Retention

if TYPE_CHECKING:  # the console is put together of these pages
    from console.staff.console import Parts

_LONGEST_REASON = 200
_MOST = 200
_SAID = {"kept": "The new periods hold from now on. What is older is deleted within the hour."}
_NO_REASON = "Please say why. The reason is noted in the audit trail."
_NOTHING_CHOSEN = "Please tick at least one conversation or request."
_UNCHECKED = "Please confirm that all of it belongs to this one person."
_BEING_SENT = "A message about this request is being sent right now. Nothing was erased: please try again in a minute."


class PrivacyPages:
    """The pages of one installation."""

    def __init__(self, pages: StaffPages, door: Door, parts: Parts) -> None:
        self._pages = pages
        self._door = door
        self._people = People(parts.conversations, parts.bookings, parts.clinic.country)
        self._retention = Retention(
            parts.staff,
            parts.conversations,
            parts.bookings,
            parts.audit,
            parts.clinic.keep_requests_days,
            parts.clock,
            Counting(parts.conversations, ZoneInfo(parts.clinic.timezone), parts.clock).count,
        )
        self._bookings = parts.bookings
        self._clinic = parts.clinic.name
        self._clock = parts.clock

    def add_to(self, app: Sanic) -> None:
        """Serve these pages in an app, and delete what is kept for too long for as long as it runs."""
        self._door.add(app, "privacy", self.show)
        self._door.add(app, "privacy_retention", self.change_retention)
        self._door.add(app, "privacy_find", self.find)
        self._door.add(app, "privacy_reveal", self.reveal)
        self._door.add(app, "privacy_export", self.export)
        self._door.add(app, "privacy_confirm", self.confirm)
        self._door.add(app, "privacy_erase", self.erase)
        self._door.add(app, "certificate", self.certificate)
        self._door.add(app, "certificate_text", self.certificate_text)

        async def start(app: Sanic, _loop: object) -> None:
            app.ctx.retention = asyncio.ensure_future(self._retention.go_on())

        async def stop(app: Sanic, _loop: object) -> None:
            app.ctx.retention.cancel()

        app.register_listener(start, "after_server_start")
        app.register_listener(stop, "before_server_stop")

    def show(self, request: Request, visit: Visit) -> HTTPResponse:
        """Both parts."""
        return self._show(visit, said=_SAID.get(query(request).get("said", ""), ""))

    def change_retention(self, request: Request, visit: Visit) -> HTTPResponse:
        """Show what other periods would delete, and, asked once more, let them hold."""
        fields = form(request)
        wanted = _periods(fields.get("conversations", ""), fields.get("requests", ""))
        if wanted is None:
            problem = f"Please write whole numbers of days, from {SHORTEST} to {LONGEST}."
            return self._show(visit, 422, period_problem=problem)
        if fields.get("step") != "save":
            return self._show(visit, wanted=wanted)
        self._retention.set_periods(wanted, visit.person.name)
        visit.record("retention.changed", conversations=wanted.conversations, requests=wanted.requests)
        return self._pages.back("/privacy?said=kept")

    def find(self, request: Request, visit: Visit) -> HTTPResponse:
        """What there is of one person, without names and contacts."""
        return self._found(visit, form(request).get("q", ""))

    def reveal(self, request: Request, visit: Visit) -> HTTPResponse:
        """The same with names and contacts."""
        fields = form(request)
        reason = _reason(fields)
        if not reason:
            return self._found(visit, fields.get("q", ""), problem=_NO_REASON)
        visit.record("privacy.revealed", reason=reason)
        return self._found(visit, fields.get("q", ""), is_revealed=True, reason=reason)

    def export(self, request: Request, visit: Visit) -> HTTPResponse:
        """All that is kept of what was ticked, as a file."""
        fields = form(request)
        references, conversation_ids = _chosen(request)
        reason, problem = _reason(fields), ""
        if not references and not conversation_ids:
            problem = _NOTHING_CHOSEN
        elif not reason:
            problem = _NO_REASON
        if problem:
            return self._found(visit, fields.get("q", ""), problem=problem)
        exported = self._people.export(references, conversation_ids)
        counts = {name: len(rows) for name, rows in exported.items()}
        visit.record("privacy.exported", "", reason=reason, counts=counts)
        at = self._clock()
        if fields.get("format") == "markdown":
            return _file(as_markdown(exported, at), "text/markdown", f"person-{self._pages.day(at)}.md")
        text = json.dumps(exported, ensure_ascii=False, indent=2)
        return _file(text, "application/json", f"person-{self._pages.day(at)}.json")

    def confirm(self, request: Request, visit: Visit) -> HTTPResponse:
        """What would be erased, once more."""
        references, conversation_ids = _chosen(request)
        if not references and not conversation_ids:
            return self._found(visit, form(request).get("q", ""), problem=_NOTHING_CHOSEN)
        return self._confirm(visit, references, conversation_ids)

    def erase(self, request: Request, visit: Visit) -> HTTPResponse:
        """Erase it for good; the certificate."""
        fields = form(request)
        references, conversation_ids = _chosen(request)
        reason = _reason(fields)
        if not references and not conversation_ids:
            return self._show(visit, 422, find_problem=_NOTHING_CHOSEN)
        if not reason or fields.get("sure") != "yes":
            problem = _UNCHECKED if reason else _NO_REASON
            return self._confirm(visit, references, conversation_ids, 422, problem, reason)
        visit.record("person.erasing", reason=reason, requests=len(references), conversations=len(conversation_ids))
        try:
            outcome = self._people.erase(references, conversation_ids, self._clock())
        except BeingSent:
            return self._confirm(visit, references, conversation_ids, 409, _BEING_SENT, reason)
        visit.record(ERASED, **detail_of(outcome, reason))
        return self._pages.back(f"/privacy/certificates/{newest(visit.audit, visit.person.name)}")

    def certificate(self, request: Request, visit: Visit, number: int) -> HTTPResponse:
        """What was erased, when and by whom."""
        one = certificate(visit.audit, number)
        if one is None:
            raise Problem(404, "There is no such certificate", "Please look it up on the privacy page.")
        return self._pages.page(visit, "privacy_certificate.html", one=one, by=self._name(one.by))

    def certificate_text(self, request: Request, visit: Visit, number: int) -> HTTPResponse:
        """The same as a file."""
        one = certificate(visit.audit, number)
        if one is None:
            raise Problem(404, "There is no such certificate", "Please look it up on the privacy page.")
        return _file(as_text(one, self._clinic, self._name(one.by)), "text/plain", f"certificate-{number}.txt")

    def _show(self, visit: Visit, status: int = 200, wanted: Periods | None = None, **values: Any) -> HTTPResponse:
        periods = self._retention.periods()
        shown = {
            "periods": periods,
            "wanted": wanted,
            "due": self._retention.due(wanted or periods),
            "shortest": SHORTEST,
            "longest": LONGEST,
            "certificates": [(one, self._name(one.by)) for one in certificates(visit.audit)],
            "period_problem": "",
            "find_problem": "",
        }
        return self._pages.page(visit, "privacy.html", status, **{**shown, **values})

    def _found(self, visit: Visit, q: str, problem: str = "", is_revealed: bool = False, **values: Any) -> HTTPResponse:
        try:
            person = self._people.find(q)
        except NotReadable as wrong:
            return self._show(visit, 422, find_problem=str(wrong))
        if person.is_nobody:
            return self._show(visit, find_problem="Nothing is kept under that. Please check how it is written.")
        shown = {"person": person, "q": q, "problem": problem, "is_revealed": is_revealed, "reason": ""}
        shown |= {"kinds": KINDS, "states": STATES, "wording": wording, "channel_title": channel_title}
        return self._pages.page(visit, "privacy_person.html", 422 if problem else 200, **{**shown, **values})

    def _confirm(
        self,
        visit: Visit,
        references: list[str],
        conversation_ids: list[str],
        status: int = 200,
        problem: str = "",
        reason: str = "",
    ) -> HTTPResponse:
        views = by_references(self._bookings, references)
        coming = [view for view in views if view.appointment_at and view.appointment_at.timestamp() > self._clock()]
        values = {"references": references, "conversation_ids": conversation_ids, "problem": problem, "reason": reason}
        still_open = sum(view.state not in FINAL for view in views)
        return self._pages.page(visit, "privacy_erase.html", status, coming=coming, open=still_open, **values)

    def _name(self, account: str) -> str:
        person = self._door.accounts.get(account)
        return f"{person.display_name} ({account})" if person else account


def _periods(conversations: str, requests: str) -> Periods | None:
    if not all(text.isascii() and text.isdigit() and len(text) <= 4 for text in (conversations, requests)):
        return None
    periods = Periods(int(conversations), int(requests))
    is_good = all(SHORTEST <= days <= LONGEST for days in (periods.conversations, periods.requests))
    return periods if is_good else None


def _chosen(request: Request) -> tuple[list[str], list[str]]:
    """The ticked references and conversations, each once."""
    fields: Any = request.form
    names = ("reference", "conversation")
    references, conversation_ids = (list(dict.fromkeys(fields.getlist(name) or [])) for name in names)
    return references[:_MOST], conversation_ids[:_MOST]


def _reason(fields: Any) -> str:
    return " ".join(str(fields.get("reason", "")).split())[:_LONGEST_REASON]


def _file(content: str, kind: str, name: str) -> HTTPResponse:
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    return raw(content.encode("utf-8", "replace"), content_type=f"{kind}; charset=utf-8", headers=headers)
