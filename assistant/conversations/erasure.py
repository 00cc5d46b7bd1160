"""Deletes conversations, and sees to it that nothing of an erased one comes back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from assistant.conversations import messaging_models, models
from assistant.conversations.daily import day_changed
from assistant.database import reading, writing

_CONVERSATIONS, _EVENTS, _DELETED = models.Conversation.__table__, models.Event.__table__, models.Deleted.__table__
_TABLES = (
    *(models.Message, models.Prediction, models.Flag, models.Feedback, models.InboxMessage, models.Alert),
    *(models.Acknowledgement, models.Note, models.Tag, models.Verdict),
    *(messaging_models.ChannelAddress, messaging_models.Delivery),
)
# Where a conversation's id stands. Its row first: a turn that is being written holds it, and would add to the deleted.
COLUMNS = {
    _CONVERSATIONS: _CONVERSATIONS.c.id,
    _EVENTS: _EVENTS.c.sender_id,
    **{model.__table__: model.__table__.c.conversation_id for model in _TABLES},
}
_COUNTED_BY_DAY = (models.Message.__table__, models.Feedback.__table__)
_PAGES = 200  # of the search index that are merged at once
_AT_ONCE = 500


def erase(session: Session, conversation_id: str, now: float) -> None:
    """Delete all that was said; a consultation request is kept apart and stays."""
    remember(session, [conversation_id], now)
    remove(session, [conversation_id])
    if session.get_bind().dialect.name == "sqlite":  # its index keeps the words of deleted texts until it is merged
        session.execute(sa.text("INSERT INTO message_search(message_search) VALUES ('optimize')"))


def remember(session: Session, conversation_ids: Iterable[str], now: float) -> None:
    """Note that conversations were erased: nothing more is written to them."""
    for conversation_id in sorted(set(conversation_ids)):
        if not is_erased(session, conversation_id):
            session.execute(_DELETED.insert().values(conversation_id=conversation_id, at=now))


def remove(session: Session, conversation_ids: Collection[str]) -> Counter[str]:
    """Delete all rows of conversations; how many, by table. SQLite's index forgets the words by `forget_words`."""
    counts: Counter[str] = Counter()
    for table, column in COLUMNS.items():
        gone = column.in_(conversation_ids)
        if table in _COUNTED_BY_DAY:
            _recount_days(session, table, gone)
        counts[table.name] = session.execute(table.delete().where(gone)).rowcount
    return counts


def _recount_days(session: Session, table: sa.Table, gone: Any) -> None:
    """Have the days from the first to the last row of a conversation counted again."""
    first, last = sa.func.min(table.c.at), sa.func.max(table.c.at)
    key = table.c.conversation_id
    for row in session.execute(sa.select(first.label("first"), last.label("last")).where(gone).group_by(key)).all():
        day_changed(session, row.first, row.last)


def forget_words(engine: Engine) -> None:
    """Drop the words of deleted texts from SQLite's search index, in steps that hold no writer up for long."""
    if engine.dialect.name != "sqlite":
        return
    statement = sa.text("INSERT INTO message_search(message_search, rank) VALUES ('merge', :pages)")
    pages = -_PAGES  # less than nothing: begin to merge the whole index into one
    while True:
        with writing(engine) as session:
            before = session.execute(sa.text("SELECT total_changes()")).scalar_one()
            session.execute(statement, {"pages": pages})
            if session.execute(sa.text("SELECT total_changes()")).scalar_one() - before < 2:
                return
        pages = _PAGES


def is_erased(session: Session, conversation_id: str) -> bool:
    """Whether the conversation was deleted."""
    return bool(erased_of(session, [conversation_id]))


def erased_of(session: Session, conversation_ids: Collection[str]) -> set[str]:
    """Those of conversations that were deleted."""
    wanted, found = list(conversation_ids), set()
    for start in range(0, len(wanted), _AT_ONCE):
        some = _DELETED.c.conversation_id.in_(wanted[start : start + _AT_ONCE])
        found.update(session.execute(sa.select(_DELETED.c.conversation_id).where(some)).scalars())
    return found


def erase_again(engine: Engine) -> int:
    """Delete what has come back of erased conversations, with a backup; how many conversations that were."""
    back: set[str] = set()
    with reading(engine) as session:
        for column in COLUMNS.values():
            query = sa.select(_DELETED.c.conversation_id).where(sa.exists().where(column == _DELETED.c.conversation_id))
            back.update(session.execute(query).scalars())
    wanted = sorted(back)
    for start in range(0, len(wanted), _AT_ONCE):
        with writing(engine) as session:
            remove(session, wanted[start : start + _AT_ONCE])
    if back:
        forget_words(engine)
    return len(back)
