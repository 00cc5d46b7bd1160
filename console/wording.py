"""What the page behind a link says about a request: enough to know one's own, too little to tell others who it is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from assistant.clinic import Clinic
from bookings import contact, names, times
from bookings.models import Kind, State
from bookings.notifications import in_words
from bookings.records import RequestView

KINDS = {Kind.CONSULTATION: "consultation request", Kind.CALL_BACK: "call-back request"}
# What a request may be about, as `bookings` stores it.
TOPICS = {
    "private": "I would rather not say",
    "depression": "Depression",
    "anxiety": "Anxiety or PTSD",
    "pain": "Chronic pain",
    "other": "Something else",
}
# What a redirect's `said` stands for; the words themselves stay out of addresses.
SAID = {
    "times": "Your times are noted.",
    "contact": "Your phone number or e-mail is noted.",
    "cancelled": "Your request is cancelled.",
    "closed": "Nothing was changed: this request is closed.",
}
_STATES = {
    State.NEW: "We have your request. The clinic has not answered it yet.",
    State.CONTACTED: "The clinic has been in touch with you, or has tried to reach you.",
    State.SCHEDULED: "Your time is confirmed.",
    State.DONE: "This request is closed.",
    State.CANCELLED: "This request is cancelled.",
    State.NO_SHOW: "The confirmed time has passed and we did not meet you. You can still ask for other times.",
}
_NO_TIMES = 'We found no day or time in that. Please write, for example, "Thursday mornings".'
_NO_CONTACT = "We found no phone number and no e-mail address in that."
_ONE_CONTACT = "Please write one of them: a phone number or an e-mail address."
_CONTACT_REFUSED = {
    contact.Reason.SHORT_NUMBER: "That is a service number. We need a number at which you can be called.",
    contact.Reason.TOO_SHORT: "That phone number is too short. Please write it with its area code.",
    contact.Reason.TOO_LONG: "That phone number has too many digits.",
    contact.Reason.LETTERS: "That phone number holds letters. Please write it in digits.",
    contact.Reason.NOT_VALID: "That cannot be a phone number or an e-mail address. Is there a slip in it?",
    contact.Reason.FICTIONAL: "That phone number belongs to nobody: it is kept for films and examples.",
    contact.Reason.PREMIUM_RATE: "We cannot call numbers that charge the caller.",
    contact.Reason.NO_DOMAIN: "That e-mail address is not whole: its end, like .com, is missing.",
    contact.Reason.SPACES: "That e-mail address holds spaces. Please write it in one piece.",
}


def state(view: RequestView, clinic: Clinic, now: datetime) -> list[str]:
    """Where the request stands, in sentences; a time of answer only where the clinic has promised one."""
    said = [_STATES[view.state]]
    zone = ZoneInfo(clinic.timezone)
    if view.state is State.SCHEDULED and view.appointment_at is not None:
        said.append(f"{in_words(view.appointment_at, zone)}, {view.appointment_minutes} minutes.")
    if view.state is State.NEW and clinic.reply_within_hours is not None:
        due = in_words(view.due_at, zone)
        late = f"We are late, and sorry: you should have heard from us by {due}."
        said.append(late if now >= view.due_at else f"You will hear from us by {due}.")
    return said


def initial(name: str) -> str:
    """ "M." for Maria; a dash for a name without letters."""
    return next((f"{character.upper()}." for character in name if character.isalpha()), "–")


def masked(kind: str, value: str) -> str:
    """A contact that its owner knows again: "phone ending in 34"."""
    if kind == "phone":
        return f"phone ending in {value[-2:]}"
    return f"e-mail starting with {value[:1]}" if kind == "email" else "none"


def wishes(view: RequestView) -> list[str]:
    """The preferred times in words, each said once."""
    return list(dict.fromkeys(str(wish["words"]) for wish in view.preferred_times if wish.get("words")))


def times_refusal(read: times.Refused | times.Unclear | None) -> str:
    """Why times were not noted, and what would be."""
    if isinstance(read, times.Refused):
        return read.words
    return read.question if isinstance(read, times.Unclear) else _NO_TIMES


def contact_refusal(found: Iterable[contact.Found | contact.Refused | None]) -> str:
    """Why a contact was not noted.

    Args:
        found: what was read as a phone number and as an e-mail address.
    """
    found = list(found)
    if all(isinstance(one, contact.Found) for one in found):
        return _ONE_CONTACT
    return next((_CONTACT_REFUSED[one.reason] for one in found if isinstance(one, contact.Refused)), _NO_CONTACT)


def name_refusal(found: names.Refused | names.Name | None) -> str:
    """Why a name was not noted."""
    too_long = isinstance(found, names.Refused) and found.reason is names.Reason.TOO_LONG
    return "That is too long for a name." if too_long else "We found no name in that. Please write it in letters."


def did_you_mean(suggestion: str) -> str:
    """Asks about an address that looks like a slip of the finger."""
    return f"Did you mean {suggestion}? Correct it, or send it once more if it is right as it stands."
