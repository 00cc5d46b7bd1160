"""`/staff/bookings`: the requests that wait for somebody, what is done about them, and messages that did not arrive."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse

from assistant.clinic import Clinic
from bookings.models import State
from bookings.outbox import Outbox
from bookings.progress import FINAL, ChangedMeanwhile, NotPossible
from bookings.records import RequestView
from bookings.reference import MistypedReference, read_reference
from bookings.requests import BookingStore, UnknownRequest
from bookings.secrets import Unreadable
from console import wording
from console.pages import Problem
from console.staff import booking_words as words
from console.staff.access import Door, Visit
from console.staff.accounts import Accounts
from console.staff.pages import StaffPages, form, query
from console.staff.policy import Permission

_MOST_ROWS = 200
_LONGEST_REASON = 200
_TIME_FIELDS = ("day", "clock", "minutes")
_MINE, _NOBODYS = "mine", "nobody"
_UNKNOWN = ("There is no such request", "It was deleted, or the reference holds a slip.")
_UNREADABLE = (
    "The requests cannot be read",
    "They were written with another key than the one that is set up now. Nothing is lost: ask your engineer.",
)


class BookingPages:
    """The queue of requests, and a page for each.

    Args:
        clock: the present moment in unix seconds.
    """

    def __init__(
        self,
        pages: StaffPages,
        door: Door,
        store: BookingStore,
        accounts: Accounts,
        clinic: Clinic,
        clock: Callable[[], float],
    ) -> None:
        self._pages = pages
        self._door = door
        self._store = store
        self._accounts = accounts
        self._clinic = clinic
        self._clock = clock
        self._outbox = Outbox(store.engine, store.cipher, self._now)

    def add_to(self, app: Sanic) -> None:
        """Serve these pages in an app."""
        self._door.add(app, "bookings", self.queue)
        self._door.add(app, "booking", self.show)
        self._door.add(app, "booking_reveal", self.reveal)
        self._door.add(app, "booking_move", self.move)
        self._door.add(app, "booking_assign", self.assign)
        self._door.add(app, "booking_confirm", self.confirm)
        self._door.add(app, "resend", self.resend)

    def queue(self, request: Request, visit: Visit) -> HTTPResponse:
        """The open requests, the most urgent first, and the messages that were given up."""
        wanted = query(request)
        if "reference" in wanted:
            return self._find(wanted["reference"])
        views, now = self._stored(self._store.list_open), self._now()
        shown = [view for view in views if _fits(view, wanted, visit.person.name)]
        return self._pages.page(
            visit,
            "bookings.html",
            rows=[(view, _is_overdue(view, now), wording.wishes(view)) for view in shown[:_MOST_ROWS]],
            found=len(shown),
            open_count=len(views),
            overdue_count=sum(_is_overdue(view, now) for view in views),
            dead=[(letter, words.about(letter)) for letter in self._outbox.dead_letters()],
            wanted={"state": "", "owner": "", **wanted},
            said=words.SAID.get(wanted.get("said", ""), ""),
            **self._words(),
        )

    def show(self, request: Request, visit: Visit, reference: str) -> HTTPResponse:
        """One request."""
        return self._show(visit, self._get(reference), said=words.SAID.get(query(request).get("said", ""), ""))

    def reveal(self, request: Request, visit: Visit, reference: str) -> HTTPResponse:
        """Show name, contact and topic for some minutes, to somebody who says why."""
        view, fields = self._get(reference), form(request)
        reason = " – ".join(fields[name] for name in ("reason", "more") if fields.get(name))
        if not reason or len(reason) > _LONGEST_REASON:
            problem = f"Please say why, in at most {_LONGEST_REASON} letters."
            return self._show(visit, view, 422, problem=problem)
        visit.record("booking.reason", reference, reason=reason)
        self._door.sessions.reveal(visit.signed_in.token_hash, reference)
        return self._back(reference, "revealed")

    def move(self, request: Request, visit: Visit, reference: str) -> HTTPResponse:
        """Move a request along."""
        to = form(request).get("to", "")
        if to not in [state.value for state in State]:
            raise Problem(400, "That is no state", "Nothing was changed.")
        return self._change(request, visit, reference, "moved", self._store.move, State(to), visit.person.name)

    def assign(self, request: Request, visit: Visit, reference: str) -> HTTPResponse:
        """Say who looks after a request."""
        owner = form(request).get("owner", "")
        if owner and owner not in dict(self._colleagues()):
            return self._show(visit, self._get(reference), 422, problem="There is no such colleague.")
        return self._change(request, visit, reference, "assigned", self._store.assign, owner or None, visit.person.name)

    def confirm(self, request: Request, visit: Visit, reference: str) -> HTTPResponse:
        """Confirm a time, or another one."""
        view, fields = self._get(reference), form(request)
        typed = {name: fields.get(name, "") for name in _TIME_FIELDS}
        try:
            at, minutes = words.read_time(**typed, clinic=self._clinic, now=self._now())
            if words.is_outside_hours(at, self._clinic) and not fields.get("sure"):
                raise words.NoTime("The clinic is closed then. Tick the box below if it is meant.")
        except words.NoTime as problem:
            return self._show(visit, view, 422, time_problem=str(problem), typed=typed)
        said = words.will_be_sent(view, self._store.targets)
        return self._change(request, visit, reference, said, self._store.confirm_time, at, minutes, visit.person.name)

    def resend(self, request: Request, visit: Visit, number: int) -> HTTPResponse:
        """Send a message again that was given up."""
        is_sent = self._outbox.resend(number)
        return self._pages.back(f"/bookings?said={'resent' if is_sent else 'not_dead'}")

    def _find(self, typed: str) -> HTTPResponse:
        """To the page of a request whose reference somebody typed."""
        try:
            reference = read_reference(typed)
        except MistypedReference:
            reference = None
        if reference is None:
            raise Problem(404, *_UNKNOWN)
        return self._pages.back(f"/bookings/{self._get(reference).reference}")

    def _change(
        self, request: Request, visit: Visit, reference: str, said: str, work: Callable[..., Any], *what: Any
    ) -> HTTPResponse:
        """Do something with a request that is still as it was on the page from which it was asked for."""
        try:
            self._stored(work, reference, *what, seen=_moment(form(request).get("seen", "")))
        except ChangedMeanwhile:
            return self._show(visit, self._get(reference), 409, problem=words.CHANGED)
        except NotPossible as problem:
            text = f"That is not possible: the request is {words.STATES[problem.state].lower()}. Nothing was changed."
            return self._show(visit, self._get(reference), 409, problem=text)
        except ValueError:  # the time passed while it was sent
            return self._show(visit, self._get(reference), 422, time_problem="That time cannot be confirmed.")
        return self._back(reference, said)

    def _get(self, reference: str) -> RequestView:
        view: RequestView = self._stored(self._store.get, reference)
        return view

    def _stored(self, work: Callable[..., Any], *args: Any, **more: Any) -> Any:
        """What the store answers. Raises: Problem, and what else it raises."""
        try:
            return work(*args, **more)
        except UnknownRequest:
            raise Problem(404, *_UNKNOWN) from None
        except Unreadable:
            raise Problem(503, *_UNREADABLE) from None

    def _back(self, reference: str, said: str) -> HTTPResponse:
        return self._pages.back(f"/bookings/{reference}?said={said}")

    def _show(self, visit: Visit, view: RequestView, status: int = 200, **more: Any) -> HTTPResponse:
        now, people = self._now(), {person.name: person.display_name for person in self._accounts.all()}
        values = {"said": "", "problem": "", "time_problem": "", "typed": dict.fromkeys(_TIME_FIELDS, ""), **more}
        dead = [letter for letter in self._outbox.dead_letters() if letter.reference == view.reference]
        return self._pages.page(
            visit,
            "booking.html",
            status,
            view=view,
            is_overdue=_is_overdue(view, now),
            is_final=view.state in FINAL,
            is_revealed=self._door.sessions.is_revealed(visit.signed_in.token_hash, view.reference),
            may_reveal=visit.may(Permission.REVEAL),
            initial=wording.initial(view.name),
            masked=wording.masked(view.contact_kind, view.contact),
            wishes=wording.wishes(view),
            history=[(entry, *words.happened(entry, people)) for entry in reversed(view.history)],
            sendings=[(one, words.about(one)) for one in self._outbox.sendings(view.reference)],
            dead=[(letter, words.about(letter)) for letter in dead],
            moves=words.moves(view),
            may_confirm=view.state not in FINAL,
            outcome=words.will_be_sent(view, self._store.targets),
            colleagues=self._colleagues(),
            reasons=words.REASONS,
            clock_name=self._clinic.timezone.rpartition("/")[2].replace("_", " "),
            today=self._pages.day(now),
            minutes=view.appointment_minutes or self._clinic.consultation_minutes,
            **self._words(),
            **values,
        )

    def _words(self) -> dict[str, Any]:
        names = {person.name: person.display_name for person in self._accounts.all()}
        return {"names": names, "kinds": words.KINDS, "states": words.STATES, "chips": words.CHIPS, "open": words.OPEN}

    def _colleagues(self) -> list[tuple[str, str]]:
        active = (person for person in self._accounts.all() if person.disabled_at is None)
        return [(person.name, person.display_name) for person in active if person.may(Permission.BOOKINGS)]

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), timezone.utc)


def _is_overdue(view: RequestView, now: datetime) -> bool:
    return view.state is State.NEW and view.due_at < now


def _fits(view: RequestView, wanted: dict[str, str], me: str) -> bool:
    state, owner = wanted.get("state", ""), wanted.get("owner", "")
    is_of_state = not state or view.state.value == state
    if owner == _MINE:
        return is_of_state and view.owner == me
    return is_of_state and (owner != _NOBODYS or view.owner is None)


def _moment(text: str) -> datetime:
    """The `updated_at` that a form carries. Raises: ChangedMeanwhile if it carries none: nobody knows what was seen."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ChangedMeanwhile from None
    if moment.tzinfo is None:
        raise ChangedMeanwhile
    return moment
