"""What the people of the clinic did about made-up conversations: most of the older ones are looked through."""

from __future__ import annotations

import random

from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from assistant.conversations import review, today
from assistant.conversations.demo_material import NOTES, STAFF, TAGS
from assistant.conversations.filters import Cursor, Filters
from assistant.conversations.projection import UNCLEAR
from assistant.conversations.staff_queries import MOST_ROWS, ConversationRow, conversations
from assistant.conversations.today import Question
from assistant.database import writing

_HOUR, _DAY = 3600.0, 86400.0
_MOST = 10_000
_RIGHT_AFTER_ALL = "out_of_scope"


def review_all(engine: Engine, rng: random.Random, now: float) -> None:
    """Acknowledge dangers, judge answers, review, tag and assign conversations, as far as staff have come."""
    with writing(engine) as session:
        _acknowledge(session, rng, now)
        _judge(session, rng, now)
    before: Cursor | None = None
    while True:
        with writing(engine) as session:
            page = conversations(session, Filters(), before, MOST_ROWS)
            for row in page.rows:
                _look_through(session, row, rng, now)
        before = page.next
        if before is None:
            return


def _acknowledge(session: Session, rng: random.Random, now: float) -> None:
    for danger in today.dangers(session, limit=_MOST):
        at = danger.at + rng.uniform(0.05, 3) * _HOUR
        if danger.at < now - _DAY and rng.random() < 0.93:
            review.acknowledge(session, danger.conversation_id, danger.number, danger.kind, _somebody(rng), at)


def _judge(session: Session, rng: random.Random, now: float) -> None:
    for question in today.unanswered(session, 0.0, limit=_MOST):
        if question.at < now - 3 * _DAY and rng.random() < 0.4:
            judgement = _judgement(question, rng)
            at = question.at + rng.uniform(2, 60) * _HOUR
            review.give_verdict(
                session, question.conversation_id, question.number, judgement, 0, _somebody(rng), min(at, now)
            )


def _judgement(question: Question, rng: random.Random) -> review.Judgement:
    if question.why == UNCLEAR:
        return review.Judgement(False, _RIGHT_AFTER_ALL)
    if rng.random() < 0.75:
        return review.Judgement(True, question.intent)
    return review.Judgement(False, "ask_consultation", question.text, (question.text.lower().rstrip("?"),))


def _look_through(session: Session, row: ConversationRow, rng: random.Random, now: float) -> None:
    who, at = _somebody(rng), min(now, row.last_at + rng.uniform(1, 40) * _HOUR)
    is_old = row.last_at < now - 2 * _DAY
    if row.flags and rng.random() < 0.3:
        review.add_tag(session, row.id, rng.choice(TAGS), who, at)
    if row.flags and is_old and rng.random() < 0.15:
        review.add_note(session, row.id, who, rng.choice(NOTES), at)
    if (row.has_open_danger or row.booking_reference) and rng.random() < 0.5:
        review.assign(session, row.id, who, None, who, at)
    if is_old and not row.has_open_danger and rng.random() < 0.7:
        review.set_reviewed(session, row.id, row.message_count, who, at)


def _somebody(rng: random.Random) -> str:
    return rng.choice(list(STAFF))
