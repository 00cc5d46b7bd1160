"""Reads when a visitor would like to come or be called, in the clinic's time zone, and says it back in words."""

from __future__ import annotations

import re
from datetime import datetime

from bookings.contact import Found, find_contacts
from bookings.names import Name, find_name
from bookings.typed_times import echo
from bookings.typed_times.bits import Bit
from bookings.typed_times.clock_phrases import find_denials, find_open, find_times, rewrite
from bookings.typed_times.day_phrases import find_days
from bookings.typed_times.groups import Reader, Token, wishes
from bookings.typed_times.possible import Calendar, Hours, Settled, calendar_at, settle
from bookings.typed_times.preferences import (
    Doubt,
    Preference,
    Reason,
    Refused,
    RefusedTime,
    Unclear,
    Understood,
)
from bookings.typed_times.signs import MARK, SIGN, Signs
from bookings.typed_times.stretch_phrases import find_stretches
from bookings.typed_times.words import FILLERS, NEGATIONS, STORY, STRUCTURE, is_about_facts, is_asking, plain

__all__ = ["Hours", "Preference", "Reason", "Refused", "Unclear", "Understood", "read_times"]

_LONGEST = 500  # characters; what is longer is a story and no answer to "when?"
_MANY = 3  # strange words beside a time: the message is about something else
_SENTENCE = re.compile(r"(?<=[?!.;\n])(?=\s)|\n")
_TOKEN = re.compile(rf"{SIGN}|{MARK}|[^\W\d_]+(?:'[^\W\d_]+)?|\d[\w:/.-]*|[,/]|[^\s\w,/.!?;:()'-]")
_REASON_WHY = re.compile(r"\b(?:because|bc|cuz|cause|coz|as i|so that|since (?:i|my|the|it)|when my|while my)\b.*$")
_TOPIC = re.compile(r"\b(?:for|about|regarding|re) (?:[a-z']+ ?){1,5}$")


def read_times(
    text: str, now: datetime, zone: str, open_days: frozenset[int] | None = None, hours: Hours | None = None
) -> Understood | Refused | Unclear | None:
    """Read the days and times in a visitor's message.

    Args:
        text: what was typed; a name, a phone number and an e-mail address in it are left alone.
        now: the moment at which it was typed, with its time zone.
        zone: the clinic's time zone, such as "America/Los_Angeles".
        open_days: the days of the week on which the clinic is open (0 = Monday); None when unknown.
        hours: opening and closing time of each open day; None when unknown.

    Returns: what was understood; a refusal with its reason; a question where the text can be read in two ways;
    or None when it holds no wish for a time, such as a question that merely speaks of one.

    Raises: ValueError when `now` has no time zone.
    """
    if now.tzinfo is None:
        raise ValueError("a moment without a time zone")
    if len(text) > _LONGEST:
        return None
    calendar = calendar_at(now, zone, open_days, hours)
    try:
        tokens = _tokens(text, calendar)
        if not any(isinstance(token, Bit) for token in tokens):
            return None
        reader = Reader(NEGATIONS)
        reader.read(tokens)
        return _settled(wishes(reader), calendar)
    except RefusedTime as refusal:
        return refusal.refused
    except Doubt as doubt:
        return Unclear(doubt.question)


def _tokens(text: str, calendar: Calendar) -> list[Token]:
    """The pieces of time in a message, and the words that hold them together."""
    tokens: list[Token] = []
    for sentence in _SENTENCE.split(plain(_without_person(text))):
        signs = Signs(sentence.strip(), calendar.now.date())
        for find in (rewrite, find_open, find_days, find_times, find_stretches, find_denials):
            find(signs)
        if not is_about_facts(signs.text):
            tokens += _kept(signs)
    return tokens


def _without_person(text: str) -> str:
    """The text without the visitor's name and contact data."""
    contacts = find_contacts(text, allow_fictional=True)
    for found in (contacts.email, contacts.phone):
        if isinstance(found, Found):
            text = text.replace(found.words, " , ")
    name = find_name(text, expected=False)
    return text.replace(name.words, " , ", 1) if isinstance(name, Name) else text


def _kept(signs: Signs) -> list[Token]:
    """The tokens of the clauses of a sentence that are about a time.

    Raises: Doubt when a clause holds words that nobody knows here.
    """
    asking = is_asking(signs.text)
    kept: list[Token] = []
    for clause in signs.text.split(","):
        words = _TOKEN.findall(_without_tail(_without_tail(clause, _REASON_WHY), _TOPIC))
        timed = re.search(SIGN, clause) is not None
        strange = [word for word in words if _is_strange(word)]
        if timed and (len(strange) >= _MANY or STORY.intersection(words) or (strange and asking)):
            continue
        if timed and strange:
            raise Doubt()
        kept += [signs.bit(word) if re.fullmatch(SIGN, word) else word for word in words if _counts(word)]
        kept.append(",")
    return kept


def _without_tail(clause: str, tail: re.Pattern[str]) -> str:
    """A clause without its reason or topic, unless that speaks of time or says no."""
    found = tail.search(clause)
    if found is None or re.search(f"{SIGN}|{MARK}", found[0]) or NEGATIONS.intersection(found[0].split()):
        return clause
    return clause[: found.start()]


def _counts(word: str) -> bool:
    return re.fullmatch(f"{SIGN}|{MARK}", word) is not None or word in STRUCTURE or word in NEGATIONS or word == "/"


def _is_strange(word: str) -> bool:
    return not (_counts(word) or word in FILLERS)


def _settled(bits: list[Bit], calendar: Calendar) -> Understood:
    """The wishes that can be met. Raises: RefusedTime when there are none, Doubt when one is not clear."""
    settled: list[Settled] = []
    refusals: list[Refused] = []
    for bit in bits:
        try:
            settled += settle(bit, calendar)
        except RefusedTime as refusal:
            refusals.append(refusal.refused)
    if not settled:
        raise RefusedTime(refusals[0])
    readings = list(dict.fromkeys(reading for one in settled for reading in one.readings))
    notes = list(dict.fromkeys(note for one in settled for note in one.notes))
    notes += [refused.words.split(". ")[0].rstrip(".") for refused in refusals]
    if readings:
        notes.insert(0, "I read " + ", ".join(readings))
    said = " or ".join(dict.fromkeys(echo.preference(one.preference, calendar.now.date()) for one in settled))
    return Understood(tuple(one.preference for one in settled), f"{said} ({'; '.join(notes)})" if notes else said)
