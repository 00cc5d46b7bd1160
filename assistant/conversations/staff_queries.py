"""The list of conversations that staff look through: filtered, sorted, a page at a time.

`conversations(session, filters, before, limit)` gives a `Page`; its `next` is the `before` of the page below, and
`conversations_above(session, filters, after, limit)` is the one above it, where `after` is its `first`.
`next_unreviewed(session, after_id, filters)` is the next one to look at. Pages are cut by value and never by offset, so
that the last page costs what the first one does.

Beside it: `transcripts` (one conversation), `today` (what needs somebody now), `review` (what staff write).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from assistant.conversations.filters import CONFIDENCE, LENGTH, NEWEST, NOBODY, STARTED, Cursor, Filters
from assistant.conversations.messages import DOWN
from assistant.conversations.models import Acknowledgement, Conversation, Feedback, Flag, Message, Prediction, Tag
from assistant.conversations.projection import SIDE_EFFECT
from assistant.conversations.search import holds
from assistant.safety import CRISIS, MEDICAL_EMERGENCY

DANGERS = (CRISIS, MEDICAL_EMERGENCY, SIDE_EFFECT)  # flags that somebody of the staff has to acknowledge
FIRST_WORDS = 480  # characters; whoever shows fewer masks them before they are cut
MOST_ROWS = 200  # of one page
_LATEST = 2000  # conversations in which channels are looked for

_CONVERSATIONS, _MESSAGES, _PREDICTIONS = Conversation.__table__, Message.__table__, Prediction.__table__
_FLAGS, _TAGS, _FEEDBACK = Flag.__table__, Tag.__table__, Feedback.__table__
_ACKNOWLEDGEMENTS = Acknowledgement.__table__
# Written as in the index `ix_conversations_unsureness`; a conversation in which nothing was understood comes last.
_UNSURENESS = -sa.func.coalesce(_CONVERSATIONS.c.lowest_confidence, sa.literal_column("2"))
# Written as in the index `ix_conversations_unreviewed`.
_UNREVIEWED = sa.or_(_CONVERSATIONS.c.reviewed_at.is_(None), _CONVERSATIONS.c.reviewed_at < _CONVERSATIONS.c.last_at)
_ORDERS = {
    NEWEST: _CONVERSATIONS.c.last_at,
    STARTED: _CONVERSATIONS.c.started_at,
    LENGTH: _CONVERSATIONS.c.message_count,
    CONFIDENCE: _UNSURENESS,
}


@dataclass(frozen=True)
class ConversationRow:
    """A conversation in the list.

    Attributes:
        flags: the kinds of its flags.
        has_open_danger: whether a flag of danger waits for somebody to acknowledge it.
        reviewed_at: the last review; `is_reviewed` says whether nothing was said since.
        first_words: what the visitor wrote first, at most `FIRST_WORDS` characters.
        taken_by: who of the staff talks with the visitor instead of the assistant; `taken_until` says how long.
    """

    id: str
    channel: str
    started_at: float
    last_at: float
    message_count: int
    lowest_confidence: float | None
    flags: frozenset[str]
    has_open_danger: bool
    tags: tuple[str, ...]
    assigned_to: str | None
    reviewed_at: float | None
    reviewed_by: str | None
    first_words: str
    booking_reference: str | None
    taken_by: str | None
    taken_until: float

    @property
    def is_reviewed(self) -> bool:
        """Whether somebody has reviewed all that was said."""
        return self.reviewed_at is not None and self.reviewed_at >= self.last_at


@dataclass(frozen=True)
class Page:
    """A part of the list; `next` is where the one below begins, None at the end; `first` where it begins itself."""

    rows: tuple[ConversationRow, ...]
    next: Cursor | None
    first: Cursor | None = None


def conversations(session: Session, filters: Filters, before: Cursor | None, limit: int) -> Page:
    """The conversations that staff look for, below a place in the list.

    Args:
        before: the `next` of the page above; one of another order is not heeded.
        limit: at most `MOST_ROWS`.
    """
    limit = max(1, min(limit, MOST_ROWS))
    found = session.execute(_listed(session, filters, before).limit(limit + 1)).all()
    rows = found[:limit]
    below = _cursor(rows[-1], filters.sort) if len(found) > limit else None
    return Page(_with_details(session, rows), below, _cursor(rows[0], filters.sort) if rows and before else None)


def conversations_above(session: Session, filters: Filters, after: Cursor, limit: int) -> Page:
    """The page that ends above a place in the list; the first page if there are not enough for a whole one."""
    limit = max(1, min(limit, MOST_ROWS))
    found = session.execute(_listed(session, filters, after, above=True).limit(limit + 1)).all()
    if after.sort != filters.sort or len(found) <= limit:
        return conversations(session, filters, None, limit)
    rows = found[:limit][::-1]
    return Page(_with_details(session, rows), _cursor(rows[-1], filters.sort), _cursor(rows[0], filters.sort))


def next_unreviewed(session: Session, after_id: str | None, filters: Filters) -> str | None:
    """The next conversation below another in the list that nobody has reviewed; None above it: the first one."""
    before = None
    if after_id is not None:
        columns = sa.select(*_columns(filters.sort)).where(_CONVERSATIONS.c.id == after_id)
        row = session.execute(columns).first()
        before = _cursor(row, filters.sort) if row else None
    row = session.execute(_listed(session, replace(filters, reviewed=False), before).limit(1)).first()
    return str(row.id) if row else None


def known_tags(session: Session) -> list[tuple[str, int]]:
    """The tags that staff have used, each with the number of its conversations."""
    query = sa.select(_TAGS.c.tag, sa.func.count()).group_by(_TAGS.c.tag).order_by(_TAGS.c.tag)
    return [(row[0], row[1]) for row in session.execute(query)]


def known_channels(session: Session) -> list[str]:
    """The channels of the latest conversations."""
    latest = sa.select(_CONVERSATIONS.c.channel).order_by(_CONVERSATIONS.c.last_at.desc()).limit(_LATEST).subquery()
    return sorted(session.execute(sa.select(latest.c.channel).distinct()).scalars())


def _columns(sort: str) -> tuple[Any, ...]:
    stored = (_CONVERSATIONS.c[name] for name in ConversationRow.__dataclass_fields__ if name in _CONVERSATIONS.c)
    return (*stored, _ORDERS[sort].label("place"))


def _cursor(row: Any, sort: str) -> Cursor:
    return Cursor(sort, row.place, row.last_at, row.id)


def _listed(session: Session, filters: Filters, place: Cursor | None, above: bool = False) -> Any:
    order = _ORDERS[filters.sort]
    keys = [_CONVERSATIONS.c.last_at, _CONVERSATIONS.c.id]
    if filters.sort != NEWEST:
        keys.insert(0, order)
    query = sa.select(*_columns(filters.sort)).where(*_conditions(session, filters))
    if place is not None and place.sort == filters.sort:
        # PostgreSQL looks a whole number up in an index of whole numbers only.
        value = int(place.value) if filters.sort == LENGTH else place.value
        here, there = sa.tuple_(*keys), sa.tuple_(*(value, place.last_at, place.id)[-len(keys) :])
        query = query.where(here > there if above else here < there)
    return query.order_by(*(key.asc() if above else key.desc() for key in keys))


def _conditions(session: Session, filters: Filters) -> list[Any]:
    table = _CONVERSATIONS.c
    conditions = []
    if filters.channel is not None:
        conditions.append(table.channel == filters.channel)
    if filters.flag is not None:
        conditions.append(_among(_FLAGS, _FLAGS.c.kind == filters.flag))
    if filters.reviewed is not None:
        conditions.append(table.reviewed_at >= table.last_at if filters.reviewed else _UNREVIEWED)
    if filters.assigned_to is not None:
        nobody = filters.assigned_to == NOBODY
        conditions.append(table.assigned_to.is_(None) if nobody else table.assigned_to == filters.assigned_to)
    if filters.tag is not None:
        conditions.append(_among(_TAGS, _TAGS.c.tag == filters.tag))
    if filters.intent is not None:
        conditions.append(_among(_PREDICTIONS, _PREDICTIONS.c.intent == filters.intent))
    if filters.since is not None:
        conditions.append(table.last_at >= filters.since)
    if filters.until is not None:
        conditions.append(table.last_at < filters.until)
    if filters.confidence_below is not None:
        conditions.append(_UNSURENESS > -filters.confidence_below)
    if filters.booking is not None:
        conditions.append(
            table.booking_reference.is_not(None) if filters.booking else table.booking_reference.is_(None)
        )
    if filters.disliked is not None:
        disliked = _among(_FEEDBACK, _FEEDBACK.c.rating == DOWN)
        conditions.append(disliked if filters.disliked else sa.not_(disliked))
    if filters.messages is not None:
        conditions.append(table.message_count >= filters.messages)
    if filters.text is not None:
        conditions.append(holds(session, filters.text))
    return conditions


def _among(table: sa.Table, condition: Any) -> Any:
    return _CONVERSATIONS.c.id.in_(sa.select(table.c.conversation_id).where(condition))


def _with_details(session: Session, rows: Sequence[Any]) -> tuple[ConversationRow, ...]:
    ids = [row.id for row in rows]
    if not ids:
        return ()
    words = _first_words(session, ids)
    flags: dict[str, set[str]] = {}
    in_danger = set()
    seen_by_nobody = _ACKNOWLEDGEMENTS.c.by.is_(None).label("is_open")
    query = sa.select(_FLAGS.c.conversation_id, _FLAGS.c.kind, seen_by_nobody).outerjoin(_ACKNOWLEDGEMENTS, of_flag())
    for row in session.execute(query.where(_FLAGS.c.conversation_id.in_(ids))):
        flags.setdefault(row.conversation_id, set()).add(row.kind)
        if row.is_open and row.kind in DANGERS:
            in_danger.add(row.conversation_id)
    tags: dict[str, list[str]] = {}
    for row in session.execute(sa.select(_TAGS).where(_TAGS.c.conversation_id.in_(ids)).order_by(_TAGS.c.tag)):
        tags.setdefault(row.conversation_id, []).append(row.tag)
    return tuple(
        ConversationRow(
            flags=frozenset(flags.get(row.id, ())),
            has_open_danger=row.id in in_danger,
            tags=tuple(tags.get(row.id, ())),
            first_words=words.get(row.id, ""),
            **{name: value for name, value in row._mapping.items() if name != "place"},
        )
        for row in rows
    )


def of_flag() -> Any:
    """Joins a flag with its acknowledgement."""
    return sa.and_(
        _ACKNOWLEDGEMENTS.c.conversation_id == _FLAGS.c.conversation_id,
        _ACKNOWLEDGEMENTS.c.number == _FLAGS.c.number,
        _ACKNOWLEDGEMENTS.c.kind == _FLAGS.c.kind,
    )


def _first_words(session: Session, ids: list[str]) -> dict[str, str]:
    """Each visitor's message has a prediction, and these are found without reading the messages."""
    number = sa.func.min(_PREDICTIONS.c.number).label("number")
    first = sa.select(_PREDICTIONS.c.conversation_id, number).where(_PREDICTIONS.c.conversation_id.in_(ids))
    firsts = first.group_by(_PREDICTIONS.c.conversation_id).subquery()
    of_it = sa.and_(_MESSAGES.c.conversation_id == firsts.c.conversation_id, _MESSAGES.c.number == firsts.c.number)
    words = sa.func.substr(_MESSAGES.c.text, 1, FIRST_WORDS)
    query = sa.select(_MESSAGES.c.conversation_id, words.label("words")).join(firsts, of_it)
    return {row.conversation_id: row.words for row in session.execute(query)}
