"""`/booking/<token>`: a visitor comes back to their request by the signed link, changes it, or cancels it.

Whoever has the link is let in, so the page names nobody: an initial, the end of a phone number, no topic. Forms carry
a code that only a page opened by the same link holds. There are no cookies, and tokens are never logged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, redirect

from assistant.clinic import Clinic
from assistant.limits import WINDOW, RateLimit
from assistant.tokens import Expired, Forged
from bookings import contact, times
from bookings.links import LINK_LABEL, read_link
from bookings.models import State
from bookings.progress import FINAL, NotPossible
from bookings.records import RequestView
from bookings.requests import VISITOR, BookingStore, UnknownRequest
from bookings.settings import LINK_LIFETIME, LINK_PATH, BookingSettings
from console import wording
from console.form_codes import FormCodes
from console.pages import Pages, Problem

_REQUESTS = 30  # of a link within a minute; a person needs a few
_LONGEST = 500  # characters that a browser lets somebody type


class VisitorPages:
    """The pages behind signed links.

    Args:
        clock: the present moment, with a time zone.
    """

    def __init__(
        self,
        store: BookingStore,
        clinic: Clinic,
        settings: BookingSettings,
        clock: Callable[[], datetime],
        pages: Pages,
    ) -> None:
        self._store = store
        self._secret = store.cipher.derive(LINK_LABEL)
        self._codes = FormCodes(self._secret)
        self._clinic = clinic
        self._settings = settings
        self._clock = clock
        self._pages = pages
        self._limit = RateLimit(_REQUESTS)

    def add_to(self, app: Sanic) -> None:
        """Serve these pages in an app."""
        link = f"{LINK_PATH}/<token:str>"
        app.add_route(self.show, link, methods=["GET"])
        app.add_route(self.change_times, f"{link}/times", methods=["POST"])
        app.add_route(self.change_contact, f"{link}/contact", methods=["POST"])
        app.add_route(self.ask_to_cancel, f"{link}/cancel", methods=["GET"])
        app.add_route(self.cancel, f"{link}/cancel", methods=["POST"])

    async def show(self, request: Request, token: str) -> HTTPResponse:
        """The request as it stands, with what was just said about it."""
        view = await self._opened(token)
        said = str(request.args.get("said", ""))
        # An address that somebody made up must not say what is not so.
        if (said == "cancelled" and view.state is not State.CANCELLED) or (said == "closed" and _is_changeable(view)):
            said = ""
        return self._page(view, token, said=wording.SAID.get(said, ""))

    async def change_times(self, request: Request, token: str) -> HTTPResponse:
        """Note other times, or say why these cannot be had."""
        view = await self._opened(token)
        typed = self._posted(request, token, "times")
        read = await asyncio.to_thread(self._read_times, typed)
        if not isinstance(read, times.Understood):
            return self._page(view, token, times=typed, times_problem=wording.times_refusal(read))
        wanted = [{"words": read.words, **preference.as_data()} for preference in read.preferences]
        return await self._change(view, token, "times", preferred_times=wanted)

    async def change_contact(self, request: Request, token: str) -> HTTPResponse:
        """Note another phone number or e-mail address, or say what is wrong with it."""
        view = await self._opened(token)
        typed = self._posted(request, token, "contact")
        found = contact.find_contacts(typed, self._clinic.country, self._settings.allow_fictional_phones)
        read = {"phone": found.phone, "email": found.email}
        usable = [(kind, one) for kind, one in read.items() if isinstance(one, contact.Found)]
        if len(usable) != 1:
            refusal = wording.contact_refusal(read.values())
            return self._page(view, token, contact=typed, contact_problem=refusal)
        ((kind, chosen),) = usable
        if chosen.suggestion and self._posted(request, token, "sure") != typed:
            question = wording.did_you_mean(chosen.suggestion)
            return self._page(view, token, contact=typed, contact_problem=question, sure=typed)
        return await self._change(view, token, "contact", contact_kind=kind, contact=chosen.value)

    async def ask_to_cancel(self, request: Request, token: str) -> HTTPResponse:
        """Make sure that cancelling is meant."""
        view = await self._opened(token)
        if not _is_changeable(view):
            return self._back(token, "closed")
        return self._pages.page("cancel.html", view=view, address=self._address(token), code=self._codes.of(token))

    async def cancel(self, request: Request, token: str) -> HTTPResponse:
        """Cancel the request; once more, it stays cancelled."""
        view = await self._opened(token)
        self._codes.check(request, token)
        try:
            await self._stored(self._store.cancel, view.reference, VISITOR)
        except NotPossible:
            return self._back(token, "closed")
        return self._back(token, "cancelled")

    async def _change(self, view: RequestView, token: str, said: str, **what: Any) -> HTTPResponse:
        try:
            await self._stored(self._store.change, view.reference, VISITOR, **what)
        except NotPossible:
            return self._back(token, "closed")
        return self._back(token, said)

    async def _opened(self, token: str) -> RequestView:
        """The request behind a link. Raises: Problem."""
        try:
            reference = read_link(token, self._secret, self._clock(), LINK_LIFETIME)
        except Expired:
            raise Problem(410, "This link is too old", "It no longer opens your request.") from None
        except Forged:
            text = "Please check that the whole link was copied. We cannot tell which request it was for."
            raise Problem(404, "This link does not work", text) from None
        if not self._limit.allows(token, self._clock()):
            text = "This page was asked for very often. Please wait a minute, then open your link again."
            raise Problem(429, "Please wait a moment", text, {"Retry-After": str(int(WINDOW.total_seconds()))})
        view: RequestView = await self._stored(self._store.get, reference)
        return view

    async def _stored(self, work: Callable[..., Any], *args: Any, **what: Any) -> Any:
        """What the store answers, without holding up other visitors meanwhile. Raises: Problem, NotPossible."""
        try:
            return await asyncio.to_thread(work, *args, **what)
        except UnknownRequest:
            raise Problem(410, "This request is no longer kept", "We have deleted it.") from None

    def _posted(self, request: Request, token: str, field: str) -> str:
        """A field of a form that came from a page of this link. Raises: Problem."""
        self._codes.check(request, token)
        return str(request.form.get(field, "")).strip()

    def _read_times(self, typed: str) -> times.Understood | times.Refused | times.Unclear | None:
        clinic = self._clinic
        return times.read_times(typed, self._clock(), clinic.timezone, clinic.open_days(), clinic.opening_hours())

    def _address(self, token: str) -> str:
        return f"{self._pages.base}{LINK_PATH}/{token}"

    def _back(self, token: str, said: str) -> HTTPResponse:
        """To the page of the request, by GET: loading it again then sends nothing again."""
        return redirect(f"{self._address(token)}?said={said}", status=303)

    def _page(self, view: RequestView, token: str, **form: str) -> HTTPResponse:
        """The page of the request; what is wrong with a form is said beside it, with what was typed still in it."""
        now = self._clock()
        shown = {"said": "", "times": "", "times_problem": "", "contact": "", "contact_problem": "", "sure": "", **form}
        return self._pages.page(
            "request.html",
            422 if shown["times_problem"] or shown["contact_problem"] else 200,
            view=view,
            kind=wording.KINDS[view.kind],
            states=wording.state(view, self._clinic, now),
            initial=wording.initial(view.name),
            masked=wording.masked(view.contact_kind, view.contact),
            wishes=wording.wishes(view),
            changeable=_is_changeable(view),
            is_scheduled=view.state is State.SCHEDULED,
            clock_name=f"{now.astimezone(ZoneInfo(self._clinic.timezone)):%Z}",
            longest=_LONGEST,
            address=self._address(token),
            code=self._codes.of(token),
            **shown,
        )


def _is_changeable(view: RequestView) -> bool:
    return view.state not in FINAL
