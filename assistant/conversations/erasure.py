"""Deletes one conversation, and sees to it that nothing of it comes back."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from assistant.conversations import models

_TABLES = (
    *(models.Message, models.Prediction, models.Flag, models.Feedback, models.InboxMessage),
    *(models.Acknowledgement, models.Note, models.Tag, models.Verdict),
)


def erase(session: Session, conversation_id: str, now: float) -> None:
    """Delete all that was said; a consultation request is kept apart and stays."""
    if not is_erased(session, conversation_id):
        session.execute(models.Deleted.__table__.insert().values(conversation_id=conversation_id, at=now))
    # The conversation's row first: a turn that is being written holds it, and would add to what was deleted.
    conversations, events = models.Conversation.__table__, models.Event.__table__
    session.execute(conversations.delete().where(conversations.c.id == conversation_id))
    session.execute(events.delete().where(events.c.sender_id == conversation_id))
    for model in _TABLES:
        table = model.__table__
        session.execute(table.delete().where(table.c.conversation_id == conversation_id))
    if session.get_bind().dialect.name == "sqlite":  # its index keeps the words of deleted texts until it is merged
        session.execute(sa.text("INSERT INTO message_search(message_search) VALUES ('optimize')"))


def is_erased(session: Session, conversation_id: str) -> bool:
    """Whether the conversation was deleted."""
    deleted = models.Deleted.__table__
    query = sa.select(deleted.c.conversation_id).where(deleted.c.conversation_id == conversation_id)
    return session.execute(query).first() is not None
