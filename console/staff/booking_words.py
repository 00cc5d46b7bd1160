"""What the staff's pages about requests say: states, what one can do next, what has happened, what will be sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timezone
from zoneinfo import ZoneInfo

from assistant.clinic import Clinic
from bookings.models import TRANSITIONS, Kind, State, Target
from bookings.outbox import DeadLetter, Sending
from bookings.records import HistoryEntry, RequestView
from bookings.requests import VISITOR

KINDS = {Kind.CONSULTATION: "Consultation", Kind.CALL_BACK: "Call back"}
STATES = {
    State.NEW: "New",
    State.CONTACTED: "Contacted",
    State.SCHEDULED: "Time confirmed",
    State.DONE: "Done",
    State.CANCELLED: "Cancelled",
    State.NO_SHOW: "Did not come",
}
CHIPS = {State.NEW: "warm", State.SCHEDULED: "good", State.NO_SHOW: "danger"}
OPEN = (State.NEW, State.CONTACTED, State.SCHEDULED, State.NO_SHOW)
REASONS = ("To call or write to them", "To confirm a time", "To find somebody who called us", "To check a complaint")
CHANGED = (
    "Somebody has changed this request since you opened the page. Nothing of yours was saved: "
    "please look at how it stands now, and do it again if it is still right."
)
# What a redirect's `said` stands for; the words themselves stay out of addresses.
SAID = {
    "revealed": "Shown for ten minutes. Your reason is noted.",
    "moved": "Noted.",
    "assigned": "Noted who looks after it.",
    "mail": "The time is confirmed. An e-mail with the calendar entry will be sent to the visitor.",
    "no_address": "The time is confirmed. The visitor left no e-mail address, so nothing is sent: please tell them.",
    "no_mail": "The time is confirmed. No e-mail is set up here, so nothing is sent: please tell them.",
    "resent": "The message will be sent again.",
    "not_dead": "That message waits for nobody any more: it was sent, or is about to be.",
}
_MOVES = {
    State.CONTACTED: "We reached them, or tried to",
    State.DONE: "Done",
    State.CANCELLED: "Cancel the request",
    State.NO_SHOW: "Did not come",
}
_ORDER = (State.CONTACTED, State.DONE, State.NO_SHOW, State.CANCELLED)
_FIELDS = {"name": "name", "contact": "phone or e-mail", "preferred_times": "times"}
_TARGETS = {
    Target.STAFF_EMAIL: "E-mail to staff",
    Target.WEBHOOK: "The clinic's own system",
    Target.VISITOR_EMAIL: "E-mail to the visitor",
}
_EVENTS = {
    "request.created": "new request",
    "call_back.requested": "wish for a call back",
    "request.changed": "change",
    "request.cancelled": "called off",
    "request.scheduled": "time confirmed",
}


class NoTime(ValueError):
    """What was typed is no time that can be confirmed; the text says why."""


@dataclass(frozen=True)
class Move:
    """Something that can be done with a request next."""

    to: State
    label: str
    question: str = ""


def moves(view: RequestView) -> list[Move]:
    """The ways that lead on, but for confirming a time, which is a form of its own."""
    found = []
    for to in (state for state in _ORDER if state in TRANSITIONS[view.state]):
        label = _MOVES[to]
        if view.state is State.SCHEDULED and to is State.CONTACTED:
            label = "Call the time off, look for another"
        if view.state is State.NO_SHOW and to is State.CONTACTED:
            label = "Back in touch"
        question = ""
        if to is State.CANCELLED or (view.state is State.SCHEDULED and to is State.CONTACTED):
            question = f"{label}?" if view.state is not State.SCHEDULED else f"{label}? {told(view)}"
        found.append(Move(to, label, question))
    return found


def told(view: RequestView) -> str:
    """Whether the visitor hears of a time that is called off."""
    return (
        "An e-mail tells the visitor." if view.contact_kind == "email" else "Nothing is sent: please tell the visitor."
    )


def will_be_sent(view: RequestView, targets: frozenset[Target]) -> str:
    """The key in `SAID` of what happens once a time is confirmed."""
    if view.contact_kind != "email":
        return "no_address"
    return "mail" if Target.VISITOR_EMAIL in targets else "no_mail"


def happened(entry: HistoryEntry, people: Mapping[str, str]) -> tuple[str, str]:
    """What an entry of the history tells: what, and by whom.

    Args:
        people: the names that accounts are shown by.
    """
    by = "the visitor" if entry.by == VISITOR else people.get(entry.by, entry.by)
    if entry.event == "created":
        return "The request came in", by
    if entry.event == "changed":
        return "Changed: " + ", ".join(_FIELDS.get(field, field) for field in entry.fields), by
    if entry.event == "owner":
        return "Changed who looks after it", by
    if entry.event == "scheduled":
        return "Confirmed a time", by
    if entry.from_state and entry.to_state:
        return f"{STATES[entry.from_state]} → {STATES[entry.to_state]}", by
    return entry.event.replace("_", " ").capitalize(), by


def about(message: DeadLetter | Sending) -> str:
    """Whom a message is for, and what it tells: "E-mail to the visitor: time confirmed"."""
    return f"{_TARGETS[message.target]}: {_EVENTS.get(message.event, message.event)}"


def read_time(day: str, clock: str, minutes: str, clinic: Clinic, now: datetime) -> tuple[datetime, int]:
    """The moment and length that somebody typed, by the clinic's clock.

    Raises: NoTime.
    """
    try:
        local = datetime.combine(date.fromisoformat(day), time.fromisoformat(clock))
    except ValueError:
        raise NoTime("Please fill in a day and a time.") from None
    if local.year > now.year + 2:
        raise NoTime("That is years away. Is there a slip in the day?")
    zone = ZoneInfo(clinic.timezone)
    at = local.replace(tzinfo=zone).astimezone(timezone.utc)
    if at.astimezone(zone).replace(tzinfo=None) != local:
        raise NoTime("The clocks are put forward that night and skip this time. Please take another one.")
    if at != local.replace(tzinfo=zone, fold=1).astimezone(timezone.utc):
        raise NoTime("The clocks are put back that night, and this time comes twice. Please take another one.")
    if at <= now:
        raise NoTime("That time is past.")
    if not (minutes.isascii() and minutes.isdigit() and len(minutes) < 4 and 5 <= int(minutes) <= 8 * 60):
        raise NoTime("The length: 5 minutes to 8 hours.")
    return at, int(minutes)


def is_outside_hours(at: datetime, clinic: Clinic) -> bool:
    """Whether the clinic is known to be closed then."""
    return clinic.is_open(at) is False
