"""What needs somebody of the staff now: danger, people who asked for a person, questions that went wrong.

`dangers`, `waiting_for_person`, `unanswered` and `thumbs_down` are the lists of the page "Today", `counts` is how many
each has, in one query that is cheap enough to ask every few seconds. What a reviewer has judged, or said that they
reviewed, leaves the lists.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from assistant.conversations.messages import DOWN, STAFF
from assistant.conversations.models import Acknowledgement, Conversation, Feedback, Flag, Message, Prediction, Verdict
from assistant.conversations.projection import NOT_COVERED, UNCLEAR, WANTS_PERSON
from assistant.conversations.staff_queries import DANGERS, of_flag

LOW_CONFIDENCE = 0.5  # answers below it were rather guessed
LOW = "low_confidence"  # why a question is among the unanswered ones, beside the kinds of flags
MOST_COUNTED = 100  # a count stops there: "99+"

_UNANSWERED = (UNCLEAR, NOT_COVERED)
_CONVERSATIONS, _MESSAGES, _PREDICTIONS = Conversation.__table__, Message.__table__, Prediction.__table__
_FLAGS, _FEEDBACK, _VERDICTS = Flag.__table__, Feedback.__table__, Verdict.__table__
_ACKNOWLEDGEMENTS = Acknowledgement.__table__


@dataclass(frozen=True)
class Danger:
    """A flag that somebody has to acknowledge, or has.

    Attributes:
        text: the visitor's message.
        at: when they wrote it; its age is what counts.
        taken_by: who of the staff talks with the visitor; `taken_until` says how long.
    """

    conversation_id: str
    number: int
    kind: str
    at: float
    text: str
    channel: str
    assigned_to: str | None
    taken_by: str | None
    taken_until: float
    booking_reference: str | None
    acknowledged_by: str | None
    acknowledged_at: float | None


_OF_DANGER = tuple(Danger.__dataclass_fields__)


@dataclass(frozen=True)
class Question:
    """A question that went wrong.

    Attributes:
        number: of the visitor's message; a verdict is about this one.
        why: a kind of flag, `LOW`, or the rating.
        answer: what the visitor did not like; empty where they did not say so.
        reason: why they did not like it.
    """

    conversation_id: str
    number: int
    at: float
    text: str
    intent: str
    confidence: float
    why: str
    channel: str
    answer: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Counts:
    """How many things wait, each at most `MOST_COUNTED`; and since when the oldest danger does."""

    dangers: int
    waiting: int
    unanswered: int
    thumbs_down: int
    unreviewed: int
    oldest_danger_at: float | None


def dangers(session: Session, acknowledged: bool = False, limit: int = 50) -> list[Danger]:
    """Flags of danger that nobody has acknowledged, or those that somebody has; the latest first, as a new one must
    be among them however many there are."""
    if acknowledged:
        return _alarms(session, _flags(DANGERS, True), _ACKNOWLEDGEMENTS.c.at, True, limit)
    return _alarms(session, _flags(DANGERS, False), _FLAGS.c.at, True, limit)


def waiting_for_person(session: Session, since: float, limit: int = 50) -> list[Danger]:
    """Wishes to talk with a person that nobody of the staff has answered or acknowledged, oldest first."""
    return _alarms(session, _waiting(since), _FLAGS.c.at, False, limit)


def unanswered(session: Session, since: float, limit: int = 50) -> list[Question]:
    """Questions that were not understood, not covered, or answered by a guess, latest first."""
    flagged = _questions(session, _flagged(since).order_by(_FLAGS.c.at.desc()).limit(limit), "kind")
    guessed = _questions(session, _guessed(since).order_by(_CONVERSATIONS.c.last_at.desc()).limit(limit), LOW)
    return sorted([*flagged, *guessed], key=lambda question: question.at, reverse=True)[:limit]


def thumbs_down(session: Session, since: float, limit: int = 50) -> list[Question]:
    """Answers that visitors found of no help, latest first."""
    answer = sa.select(_MESSAGES.c.text).where(_of_message(_FEEDBACK, _MESSAGES)).correlate(_FEEDBACK).scalar_subquery()
    disliked = _disliked(since).add_columns(answer.label("answer"), _FEEDBACK.c.reason)
    return _questions(session, disliked.order_by(_FEEDBACK.c.at.desc()).limit(limit), DOWN)


def counts(session: Session, since: float) -> Counts:
    """How many things wait; those that are not dangers since a moment.

    Args:
        since: unix seconds; `unreviewed` counts conversations with activity since then.
    """
    unreviewed = sa.or_(_CONVERSATIONS.c.reviewed_at.is_(None), _CONVERSATIONS.c.reviewed_at < _CONVERSATIONS.c.last_at)
    lists = {
        "waiting": _waiting(since),
        "thumbs_down": _disliked(since),
        "unreviewed": sa.select(_CONVERSATIONS.c.id).where(_CONVERSATIONS.c.last_at >= since, unreviewed),
        "flagged": _flagged(since),
        "guessed": _guessed(since),
    }
    oldest_first = _flags(DANGERS, False).order_by(_FLAGS.c.at).limit(MOST_COUNTED).subquery()
    dangers = (sa.func.count().label("dangers"), sa.func.min(oldest_first.c.at).label("oldest"))
    columns = [_counted(query).label(name) for name, query in lists.items()]
    row = session.execute(sa.select(*columns, *dangers).select_from(oldest_first)).one()
    return Counts(
        dangers=row.dangers,
        waiting=row.waiting,
        unanswered=min(MOST_COUNTED, row.flagged + row.guessed),
        thumbs_down=row.thumbs_down,
        unreviewed=row.unreviewed,
        oldest_danger_at=row.oldest,
    )


def _counted(query: Any) -> Any:
    capped = query.with_only_columns(sa.literal(1).label("one"), maintain_column_froms=True).limit(MOST_COUNTED)
    return sa.select(sa.func.count()).select_from(capped.subquery()).scalar_subquery()


def _flags(kinds: tuple[str, ...], acknowledged: bool) -> Any:
    joined = sa.select(*_FLAGS.c).outerjoin(_ACKNOWLEDGEMENTS, of_flag())
    seen = _ACKNOWLEDGEMENTS.c.by
    return joined.where(_FLAGS.c.kind.in_(kinds), seen.is_not(None) if acknowledged else seen.is_(None))


def _waiting(since: float) -> Any:
    answered = (
        sa.exists()
        .where(
            _MESSAGES.c.conversation_id == _FLAGS.c.conversation_id,
            _MESSAGES.c.number > _FLAGS.c.number,
            _MESSAGES.c.author == STAFF,
        )
        .correlate(_FLAGS)
    )
    return _flags((WANTS_PERSON,), False).where(_FLAGS.c.at >= since, ~answered)


def _alarms(session: Session, flags: Any, at: Any, latest_first: bool, limit: int) -> list[Danger]:
    """The first flags of a list, in the order of a moment; only these are looked up further."""
    columns = (_ACKNOWLEDGEMENTS.c.by.label("acknowledged_by"), _ACKNOWLEDGEMENTS.c.at.label("acknowledged_at"))
    ordered = flags.add_columns(*columns, at.label("place")).order_by(at.desc() if latest_first else at)
    first = ordered.limit(limit).subquery()
    joined = ("channel", "assigned_to", "taken_by", "taken_until", "booking_reference")
    of_conversation = (_CONVERSATIONS.c[name] for name in joined)
    query = (
        sa.select(first, _MESSAGES.c.text, *of_conversation)
        .join(_MESSAGES, _of_message(first, _MESSAGES))
        .join(_CONVERSATIONS, _CONVERSATIONS.c.id == first.c.conversation_id)
        .order_by(first.c.place.desc() if latest_first else first.c.place)
    )
    return [Danger(**{name: row[name] for name in _OF_DANGER}) for row in session.execute(query).mappings()]


def _flagged(since: float) -> Any:
    """Flags with the visitor's message, each of which counts once: `not_covered` is a flag of the answers to it."""
    flag = _FLAGS.alias()
    earlier = sa.exists().where(
        flag.c.conversation_id == _FLAGS.c.conversation_id,
        flag.c.kind.in_(_UNANSWERED),
        flag.c.number >= _PREDICTIONS.c.number,
        flag.c.number < _FLAGS.c.number,
    )
    query = _open_questions(_FLAGS, _FLAGS.c.at).where(_FLAGS.c.kind.in_(_UNANSWERED), _FLAGS.c.at >= since)
    is_question = sa.or_(_FLAGS.c.kind != UNCLEAR, _not_for_a_form())
    return query.where(is_question, ~earlier.correlate(_FLAGS, _PREDICTIONS))


def _disliked(since: float) -> Any:
    """Ratings with the visitor's message before the answer."""
    return _open_questions(_FEEDBACK, _FEEDBACK.c.at).where(_FEEDBACK.c.rating == DOWN, _FEEDBACK.c.at >= since)


def _open_questions(table: sa.Table, at: Any) -> Any:
    before = _PREDICTIONS.alias()
    number = (
        sa.select(sa.func.max(before.c.number))
        .where(before.c.conversation_id == table.c.conversation_id, before.c.number <= table.c.number)
        .correlate(table)
    )
    is_question = sa.and_(
        _PREDICTIONS.c.conversation_id == table.c.conversation_id, _PREDICTIONS.c.number == number.scalar_subquery()
    )
    # As a value of each row: an "exists" has PostgreSQL read all conversations.
    reviewed = sa.select(sa.func.coalesce(_CONVERSATIONS.c.reviewed_at, 0.0)).correlate(table)
    reviewed = reviewed.where(_CONVERSATIONS.c.id == table.c.conversation_id).scalar_subquery()
    query = sa.select(*_of_question(), at.label("at")).select_from(table.join(_PREDICTIONS, is_question))
    query = query.where(_not_judged(), reviewed < at)
    return query.add_columns(table.c.kind) if "kind" in table.c else query


def _guessed(since: float) -> Any:
    """Messages that were answered by a guess, and have no flag that says more."""
    flag, after = _FLAGS.alias(), _PREDICTIONS.alias()
    is_between = (
        sa.exists()
        .where(
            after.c.conversation_id == flag.c.conversation_id,
            after.c.number > _PREDICTIONS.c.number,
            after.c.number <= flag.c.number,
        )
        .correlate(flag, _PREDICTIONS)
    )
    is_flagged = (
        sa.exists()
        .where(
            flag.c.conversation_id == _PREDICTIONS.c.conversation_id,
            flag.c.kind.in_(_UNANSWERED),
            flag.c.number >= _PREDICTIONS.c.number,
            ~is_between,
        )
        .correlate(_PREDICTIONS)
    )
    of_it = _PREDICTIONS.c.conversation_id == _CONVERSATIONS.c.id
    reviewed = sa.func.coalesce(_CONVERSATIONS.c.reviewed_at, 0) >= _CONVERSATIONS.c.last_at
    return (
        sa.select(*_of_question(), _CONVERSATIONS.c.last_at.label("at"))
        .select_from(_CONVERSATIONS.join(_PREDICTIONS, of_it))
        .where(_CONVERSATIONS.c.last_at >= since, _CONVERSATIONS.c.lowest_confidence < LOW_CONFIDENCE, ~reviewed)
        .where(_PREDICTIONS.c.confidence < LOW_CONFIDENCE, _not_judged(), _not_for_a_form(), ~is_flagged)
    )


def _of_question() -> tuple[Any, ...]:
    return (_PREDICTIONS.c.conversation_id, _PREDICTIONS.c.number, _PREDICTIONS.c.intent, _PREDICTIONS.c.confidence)


def _not_for_a_form() -> Any:
    """A name or a number, told to a form, means nothing to the NLU."""
    return _PREDICTIONS.c.actions.not_like('%\\_form"%', escape="\\")


def _not_judged() -> Any:
    return ~sa.exists().where(_of_message(_PREDICTIONS, _VERDICTS)).correlate(_PREDICTIONS)


def _of_message(table: sa.Table, other: sa.Table) -> Any:
    return sa.and_(other.c.conversation_id == table.c.conversation_id, other.c.number == table.c.number)


def _questions(session: Session, query: Any, why: str) -> list[Question]:
    """The questions of a query that is cut already, each with its text."""
    found = query.subquery()
    channel = sa.select(_CONVERSATIONS.c.channel).where(_CONVERSATIONS.c.id == found.c.conversation_id)
    texts = sa.select(
        found, _MESSAGES.c.text, _MESSAGES.c.at.label("asked_at"), channel.scalar_subquery().label("channel")
    )
    rows = session.execute(texts.join(_MESSAGES, _of_message(found, _MESSAGES)))
    questions = []
    for row in rows.mappings():
        fields = {name: row[name] for name in Question.__dataclass_fields__ if name in row}
        at = row["asked_at"] if why == LOW else row["at"]
        questions.append(Question(**fields | {"why": row["kind"] if why == "kind" else why, "at": at}))
    return sorted(questions, key=lambda question: question.at, reverse=True)
