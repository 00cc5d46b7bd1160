"""Writes what is encrypted in the conversation store anew with the present key: an earlier one can then be dropped."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from assistant.conversations.addresses import AddressBook
from assistant.conversations.messaging_models import ChannelAddress, Delivery
from assistant.conversations.models import Conversation, Event, InboxMessage
from assistant.conversations.sealing import event_again, vault
from assistant.database import reading, writing

_AT_ONCE = 200
_EVENTS, _CONVERSATIONS, _ADDRESSES = Event.__table__, Conversation.__table__, ChannelAddress.__table__
_TEXTS = (InboxMessage.__table__.c.text, Delivery.__table__.c.body)


def reseal(engine: Engine) -> Counter[str]:
    """Write it anew; how many rows, by table. It may be called again at any time. Raises: cipher.Unreadable."""
    counts: Counter[str] = Counter()
    book = AddressBook.load()
    columns: list[tuple[sa.Table, sa.Column, Callable[[Any], Any]]] = [
        (_ADDRESSES, _ADDRESSES.c.address, lambda value: book.again(bytes(value))),
        (_EVENTS, _EVENTS.c.data, _of_event),
        (_CONVERSATIONS, _CONVERSATIONS.c.snapshot, _of_snapshot),
        *((column.table, column, vault().again) for column in _TEXTS),
    ]
    for table, column, again in columns:
        counts[table.name] += _column(engine, table, column, again)
    return counts


def _column(engine: Engine, table: sa.Table, column: sa.Column, again: Any) -> int:
    key = list(table.primary_key.columns)[0]
    has_some = column.is_not(None)
    if isinstance(column.type, sa.Text):
        has_some = column.contains("sealed")
    with reading(engine) as session:
        keys = list(session.execute(sa.select(key).where(has_some)).scalars())
    count = 0
    for start in range(0, len(keys), _AT_ONCE):
        with writing(engine) as session:
            count += _rows(session, table, column, again, keys[start : start + _AT_ONCE])
    return count


def _rows(session: Session, table: sa.Table, column: sa.Column, again: Any, keys: list[Any]) -> int:
    key = list(table.primary_key.columns)[0]
    count = 0
    for row in session.execute(sa.select(key, column).where(key.in_(keys)).with_for_update()).fetchall():
        new = again(row[1]) if row[1] is not None else None
        if new is not None:
            session.execute(table.update().where(key == row[0]).values({column.name: new}))
            count += 1
    return count


def _of_event(data: str) -> str | None:
    event = event_again(json.loads(data))
    return json.dumps(event) if event else None


def _of_snapshot(snapshot: str) -> str | None:
    events = json.loads(snapshot)
    changed = [event_again(event) for event in events]
    return json.dumps([new or old for new, old in zip(changed, events)]) if any(changed) else None
