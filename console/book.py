"""`/book/<token>`: a visitor makes a request on a page of the clinic, where the chat must not ask for personal data.

The signed link comes from the chat and names its conversation. There are no cookies, and tokens are never logged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, redirect

from assistant.clinic import Clinic
from assistant.limits import WINDOW, RateLimit
from assistant.tokens import Expired, Forged
from bookings import contact, names, times
from bookings.links import LINK_LABEL, PAGE_LABEL, read_page, sign_link
from bookings.models import Kind
from bookings.records import NewRequest
from bookings.requests import BookingStore
from bookings.settings import LINK_PATH, PAGE_PATH
from console import wording
from console.form_codes import FormCodes
from console.pages import Pages, Problem

_REQUESTS = 30  # of a link within a minute; a person needs a few
_LONGEST = 500  # characters that a browser lets somebody type
_FIELDS = ("name", "contact", "times", "topic", "agreed", "sure")


class BookPage:
    """The page on which a request is made.

    Args:
        clock: the present moment, with a time zone.
    """

    def __init__(
        self,
        store: BookingStore,
        clinic: Clinic,
        allow_fictional: bool,
        clock: Callable[[], datetime],
        pages: Pages,
    ) -> None:
        self._store = store
        self._secret = store.cipher.derive(PAGE_LABEL)
        self._codes = FormCodes(self._secret)
        self._clinic = clinic
        self._allow_fictional = allow_fictional
        self._clock = clock
        self._pages = pages
        self._limit = RateLimit(_REQUESTS)

    def add_to(self, app: Sanic) -> None:
        """Serve the page in an app."""
        app.add_route(self.show, f"{PAGE_PATH}/<token:str>", methods=["GET"], name="book")
        app.add_route(self.send, f"{PAGE_PATH}/<token:str>", methods=["POST"], name="book_send")

    async def show(self, request: Request, token: str) -> HTTPResponse:
        """The empty form."""
        _, kind, _ = self._opened(token)
        return self._page(token, kind, dict.fromkeys(_FIELDS, ""), {})

    async def send(self, request: Request, token: str) -> HTTPResponse:
        """Store the request, or say what is wrong with it; sent twice it is one request."""
        conversation_id, kind, key = self._opened(token)
        self._codes.check(request, token)
        typed = {field: str(request.form.get(field, "")).strip()[:_LONGEST] for field in _FIELDS}
        read, problems = await asyncio.to_thread(self._read, typed)
        if problems:
            return self._page(token, kind, typed, problems)
        now = self._clock()
        new = NewRequest(
            submission_key=key,
            conversation_id=conversation_id,
            kind=kind,
            consent_version=self._clinic.privacy_notice_version,
            consent_at=now,
            due_at=self._clinic.due_at(now),
            **read,
        )
        receipt = await asyncio.to_thread(self._store.submit, new)
        link = sign_link(receipt.reference, self._store.cipher.derive(LINK_LABEL), now)
        return redirect(f"{self._pages.base}{LINK_PATH}/{link}", status=303)

    def _opened(self, token: str) -> tuple[str, Kind, str]:
        """The conversation of a link, and kind and key of its request. Raises: Problem."""
        again = "Please write “book a consultation” in the chat again, and you get a new one."
        try:
            opened = read_page(token, self._secret, self._clock())
        except Expired:
            raise Problem(410, "This link is too old", again) from None
        except Forged:
            raise Problem(404, "This link does not work", f"Was the whole link copied? {again}") from None
        if not self._limit.allows(token, self._clock()):
            wait = "This page was asked for very often. Please wait a minute, then open your link again."
            raise Problem(429, "Please wait a moment", wait, {"Retry-After": str(int(WINDOW.total_seconds()))})
        return opened

    def _read(self, typed: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
        """What the fields say, as the request has it; and what is wrong with them, by field."""
        read: dict[str, Any] = {"topic": typed["topic"] if typed["topic"] in wording.TOPICS else "private"}
        problems = {}
        named = names.find_name(typed["name"], expected=True)
        if isinstance(named, names.Name):
            read["name"] = named.value
        else:
            problems["name"] = wording.name_refusal(named)
        found = contact.find_contacts(typed["contact"], self._clinic.country, self._allow_fictional)
        kinds = {"phone": found.phone, "email": found.email}
        usable = [(kind, one) for kind, one in kinds.items() if isinstance(one, contact.Found)]
        if len(usable) != 1:
            problems["contact"] = wording.contact_refusal(kinds.values())
        elif usable[0][1].suggestion and typed["sure"] != typed["contact"]:
            problems["contact"] = wording.did_you_mean(usable[0][1].suggestion)
        else:
            read |= {"contact_kind": usable[0][0], "contact": usable[0][1].value}
        self._read_times(typed["times"], read, problems)
        if typed["agreed"] != "yes":
            problems["agreed"] = "We may keep this only if you agree."
        return read, problems

    def _read_times(self, typed: str, read: dict[str, Any], problems: dict[str, str]) -> None:
        if not typed:
            read["preferred_times"] = [{"words": "any time"}]
            return
        clinic = self._clinic
        told = times.read_times(typed, self._clock(), clinic.timezone, clinic.open_days(), clinic.opening_hours())
        if isinstance(told, times.Understood):
            read["preferred_times"] = [{"words": told.words, **wish.as_data()} for wish in told.preferences]
        else:
            problems["times"] = wording.times_refusal(told)

    def _page(self, token: str, kind: Kind, typed: Mapping[str, str], problems: Mapping[str, str]) -> HTTPResponse:
        """The form; what is wrong is said beside each field, with what was typed still in it."""
        return self._pages.page(
            "book.html",
            422 if problems else 200,
            is_call_back=kind is Kind.CALL_BACK,
            typed=typed,
            problems={**dict.fromkeys(_FIELDS, ""), **problems},
            topics=wording.TOPICS,
            clock_name=f"{self._clock().astimezone(ZoneInfo(self._clinic.timezone)):%Z}",
            longest=_LONGEST,
            address=f"{self._pages.base}{PAGE_PATH}/{token}",
            code=self._codes.of(token),
        )
