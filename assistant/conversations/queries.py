"""What visitors and staff read of conversations."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

import sqlalchemy as sa
from sqlalchemy.orm import Session

from assistant.conversations.daily import note_late
from assistant.conversations.messages import VISITOR, Message
from assistant.conversations.models import Conversation, Feedback, Flag, Prediction
from assistant.conversations.models import Message as MessageRow
from assistant.conversations.sealing import known_in, stored_text
from assistant.safety import CRISIS

_MESSAGES, _CONVERSATIONS, _FEEDBACK = MessageRow.__table__, Conversation.__table__, Feedback.__table__
_PREDICTIONS, _FLAGS = Prediction.__table__, Flag.__table__
_BUTTONS_LOOKED_AT = 50  # messages with buttons back that a pressed one may be
_MOST_REPLIES = 50


@dataclass(frozen=True)
class Standing:
    """Where a conversation stands.

    Attributes:
        is_answered_now: whether a process is answering the visitor.
        staff: the name of the member of staff who talks with the visitor instead of the assistant.
    """

    message_count: int
    is_answered_now: bool
    staff: str | None = None


def history(session: Session, conversation_id: str, after: int, limit: int) -> list[Message]:
    """The messages after a number, oldest first."""
    query = _with_rating().where(_MESSAGES.c.conversation_id == conversation_id, _MESSAGES.c.number > after)
    return [Message.of_row(row) for row in session.execute(query.order_by(_MESSAGES.c.number).limit(limit)).mappings()]


def exchange(session: Session, conversation_id: str, client_id: str) -> list[Message]:
    """A visitor's message and the replies to it; empty if it has none yet."""
    query = sa.select(_MESSAGES.c.number).where(
        _MESSAGES.c.conversation_id == conversation_id, _MESSAGES.c.key == client_id
    )
    number = session.execute(query).scalar()
    if number is None:
        return []
    own, *later = history(session, conversation_id, number - 1, _MOST_REPLIES)
    return [own, *takewhile(lambda message: message.author != VISITOR, later)]


def had_crisis(session: Session, conversation_id: str, since: float) -> bool:
    """Whether somebody told of a crisis in a conversation after a moment, in unix seconds."""
    query = sa.select(_FLAGS.c.number).where(_FLAGS.c.conversation_id == conversation_id, _FLAGS.c.kind == CRISIS)
    return session.execute(query.where(_FLAGS.c.at >= since).limit(1)).first() is not None


def button_title(session: Session, conversation_id: str, payload: str) -> str | None:
    """What stands on a button that the conversation was shown; None if it was not."""
    query = (
        sa.select(
            _MESSAGES.c.buttons,
            _MESSAGES.c.key,
            _MESSAGES.c.author,
            _MESSAGES.c.number,
            _MESSAGES.c.text,
            _MESSAGES.c.at,
        )
        .where(_MESSAGES.c.conversation_id == conversation_id, _MESSAGES.c.buttons.is_not(None))
        .order_by(_MESSAGES.c.number.desc())
        .limit(_BUTTONS_LOOKED_AT)
    )
    for row in session.execute(query).mappings():
        for button in Message.of_row(row).buttons:
            if button["payload"] == payload:
                return button["title"]
    return None


def last_buttons(session: Session, conversation_id: str) -> Sequence[Mapping[str, str]]:
    """The last buttons that the conversation was shown, if that was since its visitor last wrote."""
    of_it = _MESSAGES.c.conversation_id == conversation_id
    last = sa.select(sa.func.max(_MESSAGES.c.number)).where(of_it, _MESSAGES.c.author == VISITOR).scalar_subquery()
    since = sa.and_(of_it, _MESSAGES.c.buttons.is_not(None), _MESSAGES.c.number > last)
    query = sa.select(_MESSAGES.c.buttons).where(since).order_by(_MESSAGES.c.number.desc()).limit(1)
    return json.loads(session.execute(query).scalar() or "[]")


def standings(session: Session, conversation_ids: Iterable[str], now: float) -> dict[str, Standing]:
    """Where conversations stand; those that there are."""
    staff = sa.case((_CONVERSATIONS.c.taken_until > now, _CONVERSATIONS.c.taken_name)).label("staff")
    columns = (_CONVERSATIONS.c.id, _CONVERSATIONS.c.message_count, _CONVERSATIONS.c.busy_until, staff)
    query = sa.select(*columns).where(_CONVERSATIONS.c.id.in_(list(conversation_ids)))
    return {
        row.id: Standing(row.message_count, row.busy_until > now and row.staff is None, row.staff)
        for row in session.execute(query)
    }


def is_for_assistant(session: Session, conversation_id: str, number: int) -> bool:
    """Whether the assistant answers a visitor's message: those for staff it has not tried to understand."""
    of_it = (_PREDICTIONS.c.conversation_id == conversation_id, _PREDICTIONS.c.number == number)
    return session.execute(sa.select(_PREDICTIONS.c.number).where(*of_it)).first() is not None


def rate(
    session: Session, conversation_id: str, number: int, rating: str | None, reason: str, now: float
) -> Message | None:
    """Note what the visitor thinks of an answer, or that they took it back; None if there is no such answer."""
    query = _with_rating().where(_MESSAGES.c.conversation_id == conversation_id, _MESSAGES.c.number == number)
    row = session.execute(query).mappings().first()
    if row is None or not Message.of_row(row).rateable:
        return None
    of_it = sa.and_(_FEEDBACK.c.conversation_id == conversation_id, _FEEDBACK.c.number == number)
    note_late(session, session.execute(sa.select(_FEEDBACK.c.at).where(of_it)).scalars(), now)
    session.execute(_FEEDBACK.delete().where(of_it))
    if rating:
        values = {"conversation_id": conversation_id, "number": number, "rating": rating, "at": now}
        values["reason"] = stored_text(reason, True, known_in(session, conversation_id))
        session.execute(_FEEDBACK.insert().values(values))
    return Message.of_row(session.execute(query).mappings().one())


def _with_rating() -> sa.sql.Select:
    of_it = sa.and_(
        _FEEDBACK.c.conversation_id == _MESSAGES.c.conversation_id, _FEEDBACK.c.number == _MESSAGES.c.number
    )
    return sa.select(*_MESSAGES.c, _FEEDBACK.c.rating).select_from(_MESSAGES.outerjoin(_FEEDBACK, of_it))
