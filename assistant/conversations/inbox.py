"""Messages that were taken in, each once, and who answers them.

A message is stored before it is worked on and marked in the transaction that stores its answer. So one that a process
took in and did not answer, because it was killed, is answered by the next process that looks.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from assistant.conversations.models import Conversation, InboxMessage
from assistant.conversations.sealing import vault
from assistant.conversations.turns import ensure_conversation

LEASE = 30.0  # seconds that a process has for one message; its limit for the action server is far below
MOST_ATTEMPTS = 3  # a message that so often ended the process is apologised for instead

_INBOX, _CONVERSATIONS = InboxMessage.__table__, Conversation.__table__


@dataclass(frozen=True)
class Arrival:
    """A message of a visitor.

    Attributes:
        client_id: given by the visitor's browser; the same one is the same message.
        text: what they wrote, or what stands on the button that they pressed.
        payload: of that button.
        danger: found in what they wrote, of which `text` may be a part.
        attempts: how often a process has begun to answer it.
        kind: what else it is than a text, as `assistant.channels.received` has it.
        received_at: when it was stored, in unix seconds; 0 while it is not.
    """

    client_id: str
    text: str
    payload: str | None = None
    danger: str | None = None
    attempts: int = 0
    kind: str | None = None
    received_at: float = field(default=0.0, compare=False)


def receive(session: Session, conversation_id: str, channel: str, arrival: Arrival, now: float) -> bool:
    """Take a message in; False if it was there already.

    Raises: ConversationDeleted.
    """
    ensure_conversation(session.connection(), conversation_id, channel, now)
    words = vault().seal(arrival.text)  # they are gone once the message is answered
    row = asdict(arrival) | {"conversation_id": conversation_id, "received_at": now, "text": words}
    try:
        with session.begin_nested():
            session.execute(_INBOX.insert().values(row))
    except IntegrityError:
        return False
    return True


def claim(session: Session, conversation_id: str, worker: str, now: float) -> bool:
    """Begin or go on to answer a conversation's messages; False if another process does so."""
    free = sa.or_(_CONVERSATIONS.c.busy_until < now, _CONVERSATIONS.c.busy_by == worker)
    update = _CONVERSATIONS.update().where(_CONVERSATIONS.c.id == conversation_id, free)
    return bool(session.execute(update.values(busy_by=worker, busy_until=now + LEASE)).rowcount)


def release(session: Session, conversation_id: str, worker: str) -> None:
    """Let other processes answer the conversation."""
    mine = sa.and_(_CONVERSATIONS.c.id == conversation_id, _CONVERSATIONS.c.busy_by == worker)
    session.execute(_CONVERSATIONS.update().where(mine).values(busy_by=None, busy_until=0.0))


def next_waiting(session: Session, conversation_id: str) -> Arrival | None:
    """The oldest message without an answer; each call counts as an attempt at it."""
    query = sa.select(_INBOX).where(_INBOX.c.conversation_id == conversation_id, _INBOX.c.answered_at.is_(None))
    row = session.execute(query.order_by(_INBOX.c.id).limit(1)).first()
    if row is None:
        return None
    session.execute(_INBOX.update().where(_INBOX.c.id == row.id).values(attempts=row.attempts + 1))
    return Arrival(
        row.client_id, vault().open(row.text), row.payload, row.danger, row.attempts, row.kind, row.received_at
    )


def mark_answered(session: Session, conversation_id: str, client_id: str, now: float) -> None:
    """Note that a message needs no answer any more."""
    mine = sa.and_(_INBOX.c.conversation_id == conversation_id, _INBOX.c.client_id == client_id)
    session.execute(_INBOX.update().where(mine).values(answered_at=now, text=""))


def left_alone(session: Session, before: float, now: float, limit: int = 20) -> list[str]:
    """Conversations with a message from before a moment that nobody is answering."""
    query = (
        sa.select(_INBOX.c.conversation_id)
        .join(_CONVERSATIONS, _CONVERSATIONS.c.id == _INBOX.c.conversation_id)
        .where(_INBOX.c.answered_at.is_(None), _INBOX.c.received_at < before, _CONVERSATIONS.c.busy_until < now)
        .distinct()
        .limit(limit)
    )
    return list(session.execute(query).scalars())
