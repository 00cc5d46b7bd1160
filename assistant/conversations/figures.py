"""What one day was like: how much was asked, how well it was answered, how fast, and what visitors thought of it.

A question is a message of a visitor that the assistant answered with a text about a topic, or did not understand. What
is typed into the booking form, small talk, and what staff answered themselves is none.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from assistant.conversations.messages import ASSISTANT, STAFF, UP, VISITOR, is_rateable
from assistant.conversations.models import Conversation, Feedback, Flag, InboxMessage, Message, Prediction
from assistant.conversations.projection import NOT_COVERED
from assistant.questions import is_question

CONVERSATIONS, MESSAGES, STAFF_MESSAGES, ASKED = "conversations", "messages", "staff_messages", "asked_for_clinic"
QUESTIONS, ANSWERED, UNCOVERED, UNCLEAR = "questions", "answered", "not_covered", "not_understood"
THUMBS_UP, THUMBS_DOWN = "thumbs_up", "thumbs_down"
COUNTS = (
    *(CONVERSATIONS, MESSAGES, QUESTIONS, ANSWERED, UNCOVERED, UNCLEAR),
    *(STAFF_MESSAGES, ASKED, THUMBS_UP, THUMBS_DOWN),
)
_NOT_UNDERSTOOD = "nlu_fallback"
_WISHES = ("book_consultation", "talk_to_human")
_FORM = '"booking_form"'
# Response times are kept as counts of steps, each a tenth longer than the one before, so that days can be put together.
_SHORTEST, _STEP, _LAST_STEP = 0.005, 1.1, 110
_LONGEST_ANSWER = 120.0  # seconds; what took longer was stored late, after an outage of the database

_MESSAGES, _CONVERSATIONS, _PREDICTIONS = Message.__table__, Conversation.__table__, Prediction.__table__
_FLAGS, _FEEDBACK, _INBOX = Flag.__table__, Feedback.__table__, InboxMessage.__table__


@dataclass
class Figures:
    """The figures of a day and channel, or of several put together.

    Attributes:
        counts: by the names in `COUNTS`.
        topics: how often each intent was asked.
        times: how many answers took how many steps of time.
    """

    counts: Counter[str] = field(default_factory=Counter)
    topics: Counter[str] = field(default_factory=Counter)
    times: Counter[int] = field(default_factory=Counter)

    def add(self, other: Figures) -> Figures:
        """Put others in."""
        self.counts.update(other.counts)
        self.topics.update(other.topics)
        self.times.update(other.times)
        return self

    def took(self, seconds: float) -> None:
        """Note how long an answer took."""
        steps = math.ceil(math.log(max(seconds, _SHORTEST) / _SHORTEST, _STEP))
        self.times[min(steps, _LAST_STEP)] += 1

    def seconds(self, share: float) -> float | None:
        """How many seconds the given share of the answers took at most, to a tenth; None without answers."""
        left = share * sum(self.times.values())
        for steps in sorted(self.times):
            left -= self.times[steps]
            if left <= 0:
                return float(_SHORTEST * _STEP**steps)
        return None

    def as_data(self) -> dict[str, Any]:
        """As it is stored."""
        return {"counts": self.counts, "topics": self.topics, "times": self.times}

    @classmethod
    def of_data(cls, data: Mapping[str, Any]) -> Figures:
        """As it was stored."""
        times = Counter({int(steps): count for steps, count in data["times"].items()})
        return cls(Counter(data["counts"]), Counter(data["topics"]), times)


ByChannel = dict[str, Figures]


def count(session: Session, since: float, until: float) -> ByChannel:
    """The figures of what was said from one moment until before another, by channel."""
    found: ByChannel = {}
    uncovered = set(_uncovered(session, since, until))
    for (_, channel), rows in groupby(_said(session, since, until), key=attrgetter("conversation_id", "channel")):
        figures = found.setdefault(channel, Figures())
        _count_conversation(figures, list(rows), uncovered)
    rated = sa.select(_FEEDBACK.c.rating, _CONVERSATIONS.c.channel, sa.func.count().label("count")).join(
        _CONVERSATIONS, _CONVERSATIONS.c.id == _FEEDBACK.c.conversation_id
    )
    rated = rated.where(_FEEDBACK.c.at >= since, _FEEDBACK.c.at < until)
    for row in session.execute(rated.group_by(_FEEDBACK.c.rating, _CONVERSATIONS.c.channel)):
        name = THUMBS_UP if row.rating == UP else THUMBS_DOWN
        found.setdefault(row.channel, Figures()).counts[name] += row.count
    return found


def dump(figures: ByChannel) -> str:
    """The figures of a day as text."""
    return json.dumps({channel: one.as_data() for channel, one in figures.items()}, separators=(",", ":"))


@lru_cache(maxsize=2000)
def load(text: str) -> ByChannel:
    """The figures of a text. They are kept in memory, as closed days are read again and again: only look at them."""
    return {channel: Figures.of_data(data) for channel, data in json.loads(text).items()}


def _said(session: Session, since: float, until: float) -> Iterable[Any]:
    """Each message with how it was understood, and when it was taken in and answered where that is known."""
    columns = (_MESSAGES.c[name] for name in ("conversation_id", "number", "author", "at", "action"))
    joined = _MESSAGES.join(_CONVERSATIONS, _CONVERSATIONS.c.id == _MESSAGES.c.conversation_id)
    joined = joined.outerjoin(_PREDICTIONS, _same_message(_PREDICTIONS))
    by_browser = sa.and_(_INBOX.c.conversation_id == _MESSAGES.c.conversation_id, _INBOX.c.client_id == _MESSAGES.c.key)
    taken_in = (_INBOX.c.received_at, _INBOX.c.answered_at)
    query = sa.select(*columns, _CONVERSATIONS.c.channel, _PREDICTIONS.c.intent, _PREDICTIONS.c.actions, *taken_in)
    query = query.select_from(joined.outerjoin(_INBOX, by_browser))
    query = query.where(_MESSAGES.c.at >= since, _MESSAGES.c.at < until)
    return session.execute(query.order_by(_MESSAGES.c.conversation_id, _MESSAGES.c.number))


def _uncovered(session: Session, since: float, until: float) -> Iterable[tuple[str, int]]:
    query = sa.select(_FLAGS.c.conversation_id, _FLAGS.c.number)
    found = session.execute(query.where(_FLAGS.c.kind == NOT_COVERED, _FLAGS.c.at >= since, _FLAGS.c.at < until))
    return ((row.conversation_id, row.number) for row in found)


def _same_message(table: sa.Table) -> Any:
    return sa.and_(table.c.conversation_id == _MESSAGES.c.conversation_id, table.c.number == _MESSAGES.c.number)


def _count_conversation(figures: Figures, rows: list[Any], uncovered: set[tuple[str, int]]) -> None:
    """Count what was said in one conversation."""
    counts = figures.counts
    starts = [i for i, row in enumerate(rows) if row.author == VISITOR]
    if starts:
        counts[CONVERSATIONS] += 1
        counts[MESSAGES] += len(starts)
    counts[STAFF_MESSAGES] += sum(row.author == STAFF for row in rows)
    wishes = (row.intent in _WISHES or _FORM in (row.actions or "") for row in rows if row.intent is not None)
    counts[ASKED] += any(wishes)
    for start, end in zip(starts, [*starts[1:], len(rows)]):
        asked, replies = rows[start], [row for row in rows[start + 1 : end] if row.author == ASSISTANT]
        if asked.intent is not None:
            _count_exchange(figures, asked, replies, uncovered)


def _count_exchange(figures: Figures, asked: Any, replies: list[Any], uncovered: set[tuple[str, int]]) -> None:
    """Count a message that the assistant tried to understand."""
    if replies:
        figures.took(_seconds(asked, replies[0]))
    is_unclear = asked.intent == _NOT_UNDERSTOOD
    if not is_unclear and not any(is_rateable(reply.action) for reply in replies):
        return
    figures.counts[QUESTIONS] += 1
    if is_unclear:
        figures.counts[UNCLEAR] += 1
    elif any((reply.conversation_id, reply.number) in uncovered for reply in replies):
        figures.counts[UNCOVERED] += 1
    else:
        figures.counts[ANSWERED] += 1
    if is_question(asked.intent):
        figures.topics[asked.intent] += 1


def _seconds(asked: Any, reply: Any) -> float:
    if asked.received_at is not None and asked.answered_at is not None:
        seconds = asked.answered_at - asked.received_at
        if 0 <= seconds <= _LONGEST_ANSWER:
            return float(seconds)
    return max(0.0, float(reply.at - asked.at))
