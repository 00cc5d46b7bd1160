"""Fills a store with made-up conversations and requests, so that a newcomer sees the console alive.

All of it is written as the real thing is: turns by `write_turn`, ratings, reviews and requests by the functions that
visitors and staff cause. The same seed makes up the same conversations; only the references of requests differ, as
nobody may guess them. No message about the requests goes out: their store has nobody to tell.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from assistant.clinic import Clinic
from assistant.conversations.demo_material import STAFF, read_material
from assistant.conversations.demo_staff import review_all
from assistant.conversations.demo_talk import Talk, Teller, Wish
from assistant.conversations.messages import ASSISTANT
from assistant.conversations.models import Conversation
from assistant.conversations.queries import rate
from assistant.conversations.turns import Turn, ensure_conversation, write_turn
from assistant.database import reading, writing
from bookings.models import Kind, State
from bookings.records import NewRequest
from bookings.requests import BookingStore
from bookings.secrets import ContactCipher

CONVERSATIONS = 2000
DAYS = 60
_DAY = 86400.0
_AT_ONCE = 50  # conversations in one transaction: a running assistant gets its turn in between
_BUSY_HOURS = (1, 1, 1, 1, 1, 1, 2, 4, 7, 9, 9, 9, 8, 8, 8, 9, 9, 9, 10, 11, 11, 9, 6, 3)
# What became of a request, and how often.
_FATES = {State.NEW: 7, State.CONTACTED: 11, State.SCHEDULED: 11, State.DONE: 13, State.NO_SHOW: 3, State.CANCELLED: 5}


class NotEmpty(Exception):
    """The store holds conversations already."""


@dataclass(frozen=True)
class Filled:
    """What was made up."""

    conversations: int
    messages: int
    requests: int


def fill(
    engine: Engine,
    bookings: Engine,
    cipher: ContactCipher,
    count: int = CONVERSATIONS,
    anyway: bool = False,
    seed: int = 1,
    now: float | None = None,
) -> Filled:
    """Make up conversations of the last `DAYS` days, and what staff did about them.

    Args:
        anyway: also where other conversations are.

    Raises: NotEmpty.
    """
    now = time.time() if now is None else now
    with reading(engine) as session:
        present = session.execute(sa.select(sa.func.count()).select_from(Conversation.__table__)).scalar_one()
    if present and not anyway:
        raise NotEmpty
    rng = random.Random(f"{seed} {present}")  # noqa: S311 - a second time others are made up
    office = _Office(bookings, cipher, rng, now)
    teller = Teller(read_material(), random.Random(rng.random()), office.submit)  # noqa: S311
    moments = sorted(_moment(rng, now) for _ in range(count))
    messages = 0
    for start in range(0, count, _AT_ONCE):
        talks = [teller.tell(at) for at in moments[start : start + _AT_ONCE]]
        with writing(engine) as session:
            messages += sum(_write(session, talk) for talk in talks)
    review_all(engine, rng, now)
    office.handle_all()
    return Filled(count, messages, len(office.wishes))


def _write(session: Session, talk: Talk) -> int:
    ensure_conversation(session.connection(), talk.id, talk.channel, talk.started_at)
    messages = write_turn(session, Turn(talk.id, talk.events, 0)).messages
    replies = [message for message in messages if message.author == ASSISTANT]
    for rated in talk.ratings:
        rate(session, talk.id, replies[rated.reply].number or 0, rated.rating, rated.reason, rated.at)
    return len(messages)


def _moment(rng: random.Random, now: float) -> float:
    """Somewhere in the last days, more often in the evening, and over before now."""
    while True:
        at = now - 900 - rng.random() * DAYS * _DAY
        if rng.random() * max(_BUSY_HOURS) < _BUSY_HOURS[int(at // 3600 - 8) % 24]:
            return at


class _Office:
    """The clinic's people, who take requests and work on them; its clock shows when that was."""

    def __init__(self, engine: Engine, cipher: ContactCipher, rng: random.Random, now: float) -> None:
        self.wishes: list[tuple[str, Wish]] = []
        self._now = datetime.fromtimestamp(now, timezone.utc)
        self._clock = self._now
        self._rng = rng
        self._clinic = Clinic.load()
        self._store = BookingStore(engine, cipher, frozenset(), lambda: self._clock)

    def submit(self, wish: Wish) -> str:
        """Take a request; its reference."""
        at = self._clock = datetime.fromtimestamp(wish.at, timezone.utc)
        receipt = self._store.submit(
            NewRequest(
                submission_key=wish.key,
                conversation_id=wish.conversation_id,
                kind=Kind.CALL_BACK if wish.is_call_back else Kind.CONSULTATION,
                name=wish.name,
                contact_kind=wish.contact_kind,
                contact=wish.contact,
                topic=wish.topic,
                preferred_times=[{"words": wish.times, "days": [], "dayparts": [], "at": None}],
                consent_version="demo",
                consent_at=at,
                due_at=self._clinic.due_at(at),
            )
        )
        self.wishes.append((receipt.reference, wish))
        return receipt.reference

    def handle_all(self) -> None:
        """Have each request come to where it would be by now; each state is there if there are enough of them."""
        rare = [State.NO_SHOW, State.CANCELLED, State.SCHEDULED, State.CONTACTED, State.DONE]
        for reference, wish in self.wishes:
            began = datetime.fromtimestamp(wish.at, timezone.utc)
            if self._now - began < timedelta(days=1):
                continue
            is_old = self._now - began > timedelta(days=12)
            fate = rare.pop() if rare and is_old else self._rng.choices(list(_FATES), list(_FATES.values()))[0]
            if is_old or fate not in (State.DONE, State.NO_SHOW):
                self._handle(reference, began, fate)

    def _handle(self, reference: str, began: datetime, fate: State) -> None:
        if fate is State.NEW:
            return
        who = self._rng.choice(list(STAFF))
        self._clock = began + timedelta(hours=self._rng.uniform(1, 20))
        if fate is State.CANCELLED and self._rng.random() < 0.5:
            self._store.cancel(reference, "visitor")
            return
        self._store.assign(reference, who, who)
        self._store.move(reference, State.CONTACTED, who)
        if fate is State.CANCELLED:
            self._store.cancel(reference, who)
        elif fate is not State.CONTACTED:
            first = self._now if fate is State.SCHEDULED else self._clock
            at = (first + timedelta(days=self._rng.randint(2, 9))).replace(minute=0, second=0, microsecond=0)
            self._store.confirm_time(reference, at, 45, who)
            if fate is not State.SCHEDULED:
                self._clock = at + timedelta(hours=1)
                self._store.move(reference, fate, who)
