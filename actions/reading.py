"""What one message says for the booking form: name, contact, times, topic, and what of it cannot be used."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from assistant.clinic import Clinic
from bookings import contact, names, times

TOPICS = {
    "depression": "depression",
    "anxiety": "anxiety or PTSD",
    "pain": "chronic pain",
    "other": "something else",
    "private": "rather not say",
}
_TOPIC_WORDS = {
    "depression": r"depress\w*|low mood|feeling (?:low|down)",
    "anxiety": r"anxi\w*|panic\w*|ptsd|trauma\w*|worr(?:y|ied|ying)",
    "pain": r"(?:chronic |nerve |back )?pains?|fibro\w*|crps|neuropath\w*|migraines?",
    "private": r"rather not(?: say)?|prefer not(?: to say)?|private|none of your business|not saying",
    "other": r"something else|other|none of (?:these|those|them)|else",
}
_ABOUT = r"(?:about|for|because of|with|regarding|help with)\s+(?:my |the |an? |his |her )?"
_PIECES = re.compile(r"(?<=[.!?,;:\n])\s+")
_CLAUSES = re.compile(r"[.!?,;:\n]\s+|\s+and\s+(?=my|i|call|the)")
_LEAD = re.compile(
    r"^(?:no|nope|actually|sorry|please|(?:change|move|make|switch) (?:it|that|the \w+)(?: to)?)\b[\s,]*", re.I
)
_LONGEST_TOPIC = 6  # words; a longer message is not just the name of a topic


@dataclass(frozen=True)
class Told:
    """The values of one message, ready for the form's slots."""

    name: str | None = None
    contact: contact.Found | None = None
    contact_kind: str = ""
    times: times.Understood | None = None
    topic: str | None = None


@dataclass(frozen=True)
class Trouble:
    """Why a message does not do as the answer to a step: the reply that says so, and its words where it needs some."""

    reply: str
    words: str = ""


class Reader:
    """Reads messages by the clinic's calendar and country."""

    def __init__(self, clinic: Clinic, *, allow_fictional: bool) -> None:
        self._clinic = clinic
        self._allow_fictional = allow_fictional

    def told(self, text: str, asked: str | None, now: datetime) -> Told:
        """All that a message tells.

        Args:
            text: what the visitor wrote.
            asked: the step that was asked for; None when the visitor just opened the form.
            now: an aware moment.
        """
        found = contact.find_contacts(text, self._clinic.country, self._allow_fictional)
        reached = next((one for one in (found.phone, found.email) if isinstance(one, contact.Found)), None)
        understood = self.times(text, now)
        if not isinstance(understood, times.Understood) and asked in {None, "booking_times"}:
            understood = self._times_in_a_piece(text, now)
        return Told(
            name=self._name(text, asked == "booking_name"),
            contact=reached,
            contact_kind="" if reached is None else "phone" if reached is found.phone else "email",
            times=understood if isinstance(understood, times.Understood) else None,
            topic=_topic(text, asked),
        )

    def trouble(self, text: str, asked: str, now: datetime) -> Trouble | None:
        """What is wrong with a message as the answer to the step asked for; None if it does not try to answer it."""
        if asked == "booking_name":
            named = names.find_name(text, expected=True)
            return Trouble(f"utter_name_{named.reason.value}") if isinstance(named, names.Refused) else None
        if asked == "booking_contact":
            found = contact.find_contacts(text, self._clinic.country, self._allow_fictional)
            refused = next((one for one in (found.phone, found.email) if isinstance(one, contact.Refused)), None)
            return Trouble(f"utter_contact_{refused.reason.value}") if refused else None
        if asked == "booking_times":
            understood = self.times(text, now)
            if isinstance(understood, times.Refused):
                return Trouble("utter_times_refused", understood.words)
            if isinstance(understood, times.Unclear):
                return Trouble("utter_times_unclear", understood.question)
        return None

    def times(self, text: str, now: datetime) -> Any:
        """What a message says of times, as `bookings.times.read_times` has it."""
        return times.read_times(
            text, now, self._clinic.timezone, self._clinic.open_days(), self._clinic.opening_hours()
        )

    def _times_in_a_piece(self, text: str, now: datetime) -> Any:
        """The times of a message that says more than times: "no, make it Tuesdays"."""
        pieces = (_LEAD.sub("", piece) for piece in _CLAUSES.split(text))
        read = (self.times(piece, now) for piece in pieces if piece)
        return next((found for found in read if isinstance(found, times.Understood)), None)

    @staticmethod
    def _name(text: str, expected: bool) -> str | None:
        tries = [(text, expected), *((piece, False) for piece in _PIECES.split(text))]
        found = (names.find_name(piece, asked) for piece, asked in tries)
        return next((name.value for name in found if isinstance(name, names.Name)), None)


def _topic(text: str, asked: str | None) -> str | None:
    said = text.lower()
    if asked is not None and "?" in said:
        return None  # in the middle of the form, that is another question
    alone = asked == "booking_topic" and len(said.split()) <= _LONGEST_TOPIC
    before = "" if alone else _ABOUT
    return next((topic for topic, words in _TOPIC_WORDS.items() if re.search(rf"\b{before}(?:{words})\b", said)), None)
