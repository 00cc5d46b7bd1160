"""A conversation as the transcript shows it: in the words of staff, personal data masked unless it was revealed."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from assistant.clinic import Clinic
from assistant.conversations.lines import Alarm, Line, Reading, StaffNote
from assistant.conversations.messages import ASSISTANT, DOWN, STAFF, UP, VISITOR
from assistant.conversations.staff_queries import DANGERS
from assistant.conversations.today import LOW_CONFIDENCE
from assistant.conversations.transcripts import Messaging, News, Origin, Transcript
from console.staff import labels
from console.staff.masking import MASK, mask

# By these somebody could act for the visitor; nobody of the staff needs them.
_PRIVATE_LINK = re.compile(r"(/book(?:ing)?/)[\w.~%-]+")
_PERSONAL_SLOTS = frozenset({"booking_name", "booking_contact", "booking_contact_shown"})
_INNER_SLOTS = frozenset({"booking_key", "booking_tries", "booking_stuck", "booking_how_to_change", "requested_slot"})
_LONGEST_VALUE = 200
_WHO = {VISITOR: "Visitor", ASSISTANT: "Assistant", STAFF: "Staff"}
_RATINGS = {UP: "Helpful", DOWN: "Did not help"}


@dataclass(frozen=True)
class Chip:
    """A word beside a message; `look` is a class of the style sheet."""

    text: str
    look: str = ""


@dataclass(frozen=True)
class Detail:
    """A list below a message."""

    title: str
    items: tuple[str, ...]


@dataclass(frozen=True)
class Shown:
    """A message as staff read it.

    Attributes:
        line: what is stored, masked as well.
        summary: how it was understood, or which answer it is, in a line.
        details: what stands behind that.
        version: tells texts of an answer apart; of the text as it was said, masked or not.
        dangers: its flags of danger.
    """

    line: Line
    origin: Origin | None
    who: str
    summary: str
    chips: tuple[Chip, ...]
    details: tuple[Detail, ...]
    dangers: tuple[Alarm, ...]
    version: str

    @property
    def reading(self) -> Reading | None:
        """How it was understood."""
        return self.line.reading

    @property
    def open_dangers(self) -> tuple[Alarm, ...]:
        """Those that nobody has acknowledged."""
        return tuple(alarm for alarm in self.dangers if alarm.acknowledged_by is None)


@dataclass(frozen=True)
class View:
    """A whole conversation, or what was said since, as staff read it."""

    lines: tuple[Shown, ...]
    notes: tuple[StaffNote, ...] = ()

    @property
    def last_number(self) -> int:
        """The last message's number; 0 if there is none."""
        return max((shown.line.message.number or 0 for shown in self.lines), default=0)


class Viewer:
    """Makes what is stored readable for one member of staff.

    Args:
        names: of the visitor.
        people: what members of staff are called, by account.
        is_revealed: they have said why they need to see personal data.
    """

    def __init__(self, clinic: Clinic, names: Iterable[str], people: Mapping[str, str], is_revealed: bool) -> None:
        self._names = tuple(names)
        self._people = people
        self._country = clinic.country
        self._is_revealed = is_revealed
        ours = [re.escape(text) for text in (clinic.phone, clinic.email) if text]
        self._ours = re.compile(f"({'|'.join(ours)})") if ours else None

    def transcript(self, found: Transcript) -> View:
        """All of a conversation."""
        return View(self._lines(found), self._notes(found.notes))

    def news(self, found: News) -> View:
        """What was said since."""
        return View(self._lines(found))

    def text(self, text: str) -> str:
        """A text of a visitor or of staff."""
        text = _PRIVATE_LINK.sub(rf"\1{MASK}", text)
        return text if self._is_revealed else mask(text, self._names, self._country)

    def person(self, account: str) -> str:
        """What a member of staff is called."""
        return self._people.get(account, account)

    def slot(self, name: str, value: Any) -> str:
        """Something that the assistant noted down."""
        if value is None:
            return "–"
        if isinstance(value, bool):
            return "yes" if value else "no"
        if not self._is_revealed and name in _PERSONAL_SLOTS:
            return MASK
        text = self.text(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"

    def _answer(self, text: str) -> str:
        """A text of the assistant; the clinic's own phone and e-mail are nobody's secret."""
        if self._ours is None:
            return self.text(text)
        pieces = self._ours.split(text)
        return "".join(piece if i % 2 else self.text(piece) for i, piece in enumerate(pieces))

    def _lines(self, found: Transcript | News) -> tuple[Shown, ...]:
        return tuple(self._shown(line, found) for line in found.lines)

    def _notes(self, notes: Sequence[StaffNote]) -> tuple[StaffNote, ...]:
        return tuple(replace(note, text=self.text(note.text)) for note in notes)

    def _shown(self, line: Line, found: Transcript | News) -> Shown:
        origin = found.origins.get(line.message.number or 0)
        message, read = line.message, self._answer if line.message.author == ASSISTANT else self.text
        buttons = tuple({**button, "title": self.text(str(button["title"]))} for button in message.buttons)
        masked = replace(
            line,
            message=replace(message, text=read(message.text), buttons=buttons),
            notes=self._notes(line.notes),
            reason=self.text(line.reason),
            slots={name: self.slot(name, value) for name, value in line.slots.items() if name not in _INNER_SLOTS},
        )
        version = text_hash(message.text)
        who = f"{message.name}, staff" if message.author == STAFF and message.name else _WHO.get(message.author, "?")
        return Shown(
            line=masked,
            origin=origin,
            who=who,
            summary=_summary(masked),
            chips=(*_chips(masked, self.person), *_sending(message.number or 0, found.messaging)),
            details=tuple(detail for detail in _details(masked, origin, version) if detail.items),
            dangers=tuple(alarm for alarm in line.alarms if alarm.kind in DANGERS),
            version=version,
        )


def text_hash(text: str) -> str:
    """Tells versions of an answer apart."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]


def percent(share: float) -> str:
    """`0.914` is `91 %`."""
    return f"{share:.0%}".replace("%", " %")


def _summary(line: Line) -> str:
    message = line.message
    if line.reading:
        title, share = labels.intent_title(line.reading.intent), percent(line.reading.confidence)
        return f"{title} ({share})" if labels.is_unclear(line.reading.intent) else f"Understood as: {title} ({share})"
    if message.author == ASSISTANT and message.action:
        name = message.action.removeprefix("utter_")
        return f"Answer: {labels.intent_title(name)}" + (f" · section “{message.source}”" if message.source else "")
    return ""


def _chips(line: Line, person: Callable[[str], str]) -> Iterable[Chip]:
    for alarm in line.alarms:
        is_danger = alarm.kind in DANGERS
        seen = f" · seen by {person(alarm.acknowledged_by)}" if alarm.acknowledged_by else ""
        yield Chip(labels.flag_title(alarm.kind) + seen, "danger" if is_danger and not seen else "warm")
    if line.reading and line.reading.confidence < LOW_CONFIDENCE and not line.alarms:
        yield Chip("Unsure", "warm")
    rating = line.message.rating
    if rating:
        reason = f": “{line.reason}”" if line.reason else ""
        yield Chip(_RATINGS.get(rating, rating) + reason, "good" if rating == UP else "warm")
    if line.is_damaged:
        yield Chip("Partly unreadable", "warm")


def _sending(number: int, messaging: Messaging) -> Iterable[Chip]:
    if number in messaging.failed:
        yield Chip(f"Did not reach the visitor ({labels.failure(messaging.failed[number])})", "warm")
    elif number in messaging.waiting:
        yield Chip("Not sent yet")


def _details(line: Line, origin: Origin | None, version: str) -> Iterable[Detail]:
    message, reading = line.message, line.reading
    if reading:
        meanings = [(reading.intent, reading.confidence), *reading.runners_up]
        yield Detail("What it may mean, most likely first", tuple(_likely(*one) for one in meanings))
        yield Detail("What the assistant did", reading.actions)
    slots = (f"{labels.slot_title(name)}: {value}" for name, value in line.slots.items())
    yield Detail("Noted down", tuple(slots))
    if message.author == ASSISTANT and message.action:
        model = f", model {origin.model[:12]}" if origin and origin.model else ""
        yield Detail("Answer", (f"{message.action}, version {version}{model}",))
        nothing = ("Nothing of the clinic’s article",) if message.rateable else ()
        if origin and origin.facts is not None:
            yield Detail("What it rests on", tuple(map(_fact, origin.facts)) or nothing)
    yield Detail("Buttons it offered", tuple(str(button["title"]) for button in message.buttons))


def _likely(intent: str, confidence: float) -> str:
    return f"{labels.intent_title(intent)} · {intent} · {percent(confidence)}"


def _fact(fact_id: str) -> str:
    fact = labels.fact(fact_id)
    return f"{fact.text} ({fact.section})" if fact else f"{fact_id}, which is no longer among the facts"
