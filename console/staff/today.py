"""`/staff`, the first page: who is in danger, who waits, and what the assistant got wrong. It stays live."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from typing import Any
from urllib.parse import quote, unquote, urlencode

from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, json
from sqlalchemy.engine import Engine

from assistant.clinic import Clinic
from assistant.conversations import today
from assistant.conversations.filters import Filters, clean
from assistant.conversations.messages import DOWN
from assistant.conversations.projection import NOT_COVERED, SIDE_EFFECT
from assistant.conversations.review import NotThere, acknowledge
from assistant.conversations.seen import tell_seen
from assistant.conversations.staff_queries import conversations
from assistant.conversations.today import Danger, Question
from assistant.database import reading, writing
from bookings.glance import Waiting, count_waiting, names_in, waiting
from bookings.requests import BookingStore
from console.pages import Problem
from console.staff import labels
from console.staff.access import Door, Visit
from console.staff.masking import snippet
from console.staff.pages import StaffPages, form, query
from console.staff.policy import Permission

DAYS = 7  # how far back the lists go, but for dangers: these wait until somebody has acknowledged them
_SECONDS = DAYS * 86400
LATE_SECONDS = 300  # within which a danger should be acknowledged: Crisis Text Line answers 94 % in that time
_MOST_DANGERS, _MOST_ROWS, _MOST_DONE = 50, 8, 20
_MOST_NEWS = 50
_LONGEST_NUMBER = 9  # digits
_GONE = ("There is nothing to acknowledge", "Perhaps the visitor has deleted the conversation.")


@dataclass(frozen=True)
class Alarm:
    """A danger, or somebody who waits for a person, as the page shows it.

    Attributes:
        key: tells it from all others.
        words: the visitor's, masked.
        is_late: whether it waits for longer than `LATE_SECONDS`.
        address: of the message in the transcript.
        taken_by: who talks with the visitor now.
    """

    key: str
    conversation_id: str
    number: int
    kind: str
    title: str
    words: str
    at: float
    age: str
    is_late: bool
    channel: str
    address: str
    send_to: str
    taken_by: str
    assigned_to: str


@dataclass(frozen=True)
class Wrong:
    """A question that went wrong, as the page shows it; `why` is empty where the visitor said it themselves."""

    words: str
    why: str
    meaning: str
    reason: str
    at: float
    channel: str
    address: str


@dataclass(frozen=True)
class _Known:
    """People whom the page names: the staff as they are called, and visitors as they are masked."""

    people: dict[str, str]
    visitors: dict[str, str]

    def person(self, account: str | None) -> str:
        return self.people.get(account or "", account or "")

    def names_of(self, danger: Danger) -> list[str]:
        name = self.visitors.get(danger.booking_reference or "")
        return [name] if name else []


class TodayPages:
    """The first page, its live counts, and the acknowledgement of dangers.

    Args:
        engine: the database of conversations.
        clock: the present moment in unix seconds.
    """

    def __init__(
        self,
        pages: StaffPages,
        door: Door,
        engine: Engine,
        bookings: BookingStore,
        clinic: Clinic,
        clock: Callable[[], float],
    ) -> None:
        self._pages = pages
        self._door = door
        self._engine = engine
        self._bookings = bookings
        self._clinic = clinic
        self._clock = clock

    def add_to(self, app: Sanic) -> None:
        """Serve these pages in an app."""
        self._door.add(app, "today", self.show)
        self._door.add(app, "counts", self.counts)
        self._door.add(app, "acknowledge", self.acknowledge)

    def show(self, request: Request, visit: Visit) -> HTTPResponse:
        """The first page; whoever may read no conversations finds what they may open instead."""
        if not visit.may(Permission.READ):
            return self._pages.page(visit, "today_without.html")
        since = self._clock() - _SECONDS
        with reading(self._engine) as session:
            dangers = today.dangers(session, limit=_MOST_DANGERS)
            done = today.dangers(session, acknowledged=True, limit=3)
            people = today.waiting_for_person(session, since, _MOST_ROWS)
            unanswered = today.unanswered(session, since, _MOST_ROWS)
            disliked = today.thumbs_down(session, since, _MOST_ROWS)
        known = self._known([*dangers, *done, *people])
        shown: dict[str, Any] = {
            "dangers": [self._alarm(one, known) for one in _by_urgency(dangers)],
            "done": [(self._alarm(one, known), known.person(one.acknowledged_by), one.acknowledged_at) for one in done],
            "people": [self._alarm(one, known) for one in people],
            "unanswered": [self._wrong(one) for one in unanswered],
            "disliked": [self._wrong(one) for one in disliked],
            "requests": [(one, self._is_overdue(one), known.person(one.owner)) for one in self._requests(visit)],
            "counts": self._counts(visit),
            "most_counted": today.MOST_COUNTED,
            "most_dangers": _MOST_DANGERS,
            "days": DAYS,
            "lists": {
                "unanswered": urlencode(Filters(flag=NOT_COVERED, reviewed=False).to_query()),
                "disliked": urlencode(Filters(disliked=True).to_query()),
            },
        }
        return self._pages.page(visit, "today.html", **shown)

    def counts(self, request: Request, visit: Visit) -> HTTPResponse:
        """How many things wait; with `queue` also the dangers themselves, with `news` how much came to a list since."""
        asked = query(request)
        found: dict[str, Any] = self._counts(visit)
        if "queue" in asked:
            found |= self._queue()
        if "news" in asked:
            found["news"] = self._news(asked)
        return json(found)

    def acknowledge(self, request: Request, visit: Visit, conversation_id: str) -> HTTPResponse:
        """Note that somebody takes care of a danger; whoever comes later is told who was first."""
        id, fields = clean(unquote(conversation_id)), form(request)
        number, kind, by = fields.get("number", ""), clean(fields.get("kind", "")), visit.person.name
        try:
            if not (number.isascii() and number.isdigit() and len(number) <= _LONGEST_NUMBER):
                raise NotThere("no such message")
            with writing(self._engine) as session:
                seen = acknowledge(session, id, int(number), kind, by, self._clock())
                if seen.is_new:
                    tell_seen(session, id, int(number), kind, self._clock())
        except NotThere:
            raise Problem(404, *_GONE) from None
        outcome = "first" if seen.is_new else "later"
        visit.record(visit.rule.audited, id, number=int(number), kind=kind, outcome=outcome, by=seen.by)
        person = self._known([]).person(seen.by)
        if "application/json" in request.headers.get("accept", ""):
            return json({"seen": f"{person}, {self._pages.moment(seen.at)}", "is_new": seen.is_new})
        back = self._door.way_back(fields.get("to", ""))
        back += f"#m{int(number)}" if back.endswith(conversation_id) else ""
        if seen.is_new or seen.by == by:
            return self._pages.back(back.removeprefix(self._pages.base))
        values = {"person": person, "at": seen.at, "back": back, "title": labels.flag_title(kind)}
        return self._pages.page(visit, "acknowledged.html", 409, **values)

    def _queue(self) -> dict[str, Any]:
        with reading(self._engine) as session:
            dangers = today.dangers(session, limit=_MOST_DANGERS)
            done = today.dangers(session, acknowledged=True, limit=_MOST_DONE)
        known = self._known(dangers)
        seen = {
            _key(one): f"{known.person(one.acknowledged_by)}, {self._pages.moment(one.acknowledged_at)}" for one in done
        }
        return {"queue": [asdict(self._alarm(one, known)) for one in _by_urgency(dangers)], "seen": seen}

    def _counts(self, visit: Visit) -> dict[str, Any]:
        with reading(self._engine) as session:
            found = asdict(today.counts(session, self._clock() - _SECONDS))
        if visit.may(Permission.BOOKINGS):
            now = datetime.fromtimestamp(self._clock(), timezone.utc)
            requests = count_waiting(self._bookings, now)
            found |= {"requests": requests.waiting, "overdue": requests.overdue}
        return found

    def _news(self, asked: dict[str, str]) -> int:
        """How many conversations of a filtered list have something new since a moment."""
        try:
            filters = Filters.from_query({**asked, "since": asked["news"]})
            with reading(self._engine) as session:
                return len(conversations(session, filters, None, _MOST_NEWS).rows)
        except ValueError:
            return 0

    def _requests(self, visit: Visit) -> list[Waiting]:
        return waiting(self._bookings, _MOST_ROWS) if visit.may(Permission.BOOKINGS) else []

    def _is_overdue(self, request: Waiting) -> bool:
        return request.due_at.timestamp() < self._clock()

    def _known(self, dangers: Iterable[Danger]) -> _Known:
        people = {one.name: one.display_name for one in self._door.accounts.all()}
        return _Known(people, names_in(self._bookings, (one.booking_reference for one in dangers)))

    def _alarm(self, danger: Danger, known: _Known) -> Alarm:
        is_taken = danger.taken_until > self._clock()
        address = self._address(danger.conversation_id)
        return Alarm(
            key=_key(danger),
            conversation_id=danger.conversation_id,
            number=danger.number,
            kind=danger.kind,
            title=labels.flag_title(danger.kind),
            words=snippet(danger.text, known.names_of(danger), self._clinic.country),
            at=danger.at,
            age=self._pages.age(danger.at),
            is_late=danger.at < self._clock() - LATE_SECONDS,
            channel=labels.channel_title(danger.channel),
            address=f"{address}#m{danger.number}",
            send_to=f"{address}/acknowledge",
            taken_by=known.person(danger.taken_by) if is_taken else "",
            assigned_to=known.person(danger.assigned_to),
        )

    def _wrong(self, question: Question) -> Wrong:
        why = "" if question.why == DOWN else labels.flag_title(question.why)
        if question.why == today.LOW:
            why = f"Only {question.confidence:.0%} sure"
        return Wrong(
            words=snippet(question.text, country=self._clinic.country),
            why=why,
            meaning=labels.intent_title(question.intent),
            reason=snippet(question.reason, country=self._clinic.country),
            at=question.at,
            channel=labels.channel_title(question.channel),
            address=f"{self._address(question.conversation_id)}#m{question.number}",
        )

    def _address(self, id: str) -> str:
        return f"{self._pages.base}/conversations/{quote(id, safe=':')}"


def _key(danger: Danger) -> str:
    return f"{danger.kind}.{danger.number}.{danger.conversation_id}"


def _by_urgency(dangers: list[Danger]) -> list[Danger]:
    """People who may be in danger now before those who had a side effect; the latest first."""
    return sorted(dangers, key=lambda one: (one.kind == SIDE_EFFECT, -one.at))
