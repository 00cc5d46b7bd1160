"""Rebuilds the read model from the events, after a change of how it is read or after a doubt."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session

from assistant.conversations import models
from assistant.conversations.daily import day_changed
from assistant.conversations.projection import Projection
from assistant.conversations.storable import storable
from assistant.conversations.turns import insert_read_model
from assistant.database import reading, writing

_EVENTS, _CONVERSATIONS = models.Event.__table__, models.Conversation.__table__
_BUILT = (models.Message, models.Prediction, models.Flag)
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, DataError, IntegrityError)
_PAGE = 500  # conversations that are looked up at once
_BREATH = 0.002  # seconds between two: SQLite has one writer at a time, and gives those who wait no turn


@dataclass
class Rebuilt:
    """How many conversations were built again, and how many could not be and keep what they had."""

    conversations: int = 0
    unreadable: int = 0


def reindex(engine: Engine) -> Rebuilt:
    """Build messages, predictions and flags of every conversation again, each in a transaction of its own.

    What visitors thought of answers stays: messages keep their numbers. Conversations may go on meanwhile.
    """
    rebuilt = Rebuilt()
    for conversation_id in _ids(engine):
        try:
            with writing(engine) as session:
                rebuilt.conversations += _rebuild(session, conversation_id)
        except _UNREADABLE:
            rebuilt.unreadable += 1
        time.sleep(_BREATH)
    with writing(engine) as session:
        day_changed(session, 0.0, time.time())
    return rebuilt


def _rebuild(session: Session, conversation_id: str) -> bool:
    query = sa.select(_CONVERSATIONS).where(_CONVERSATIONS.c.id == conversation_id).with_for_update()
    row = session.execute(query).first()
    if row is None:  # deleted since
        return False
    events = sa.select(_EVENTS.c.data).where(_EVENTS.c.sender_id == conversation_id).order_by(_EVENTS.c.seq)
    data = session.execute(events).scalars()
    projection = Projection(1, 0).add(storable(json.loads(event)) for event in data)
    for model in _BUILT:
        table = model.__table__
        session.execute(table.delete().where(table.c.conversation_id == conversation_id))
    insert_read_model(session.connection(), conversation_id, projection)
    session.execute(
        _CONVERSATIONS.update()
        .where(_CONVERSATIONS.c.id == conversation_id)
        .values(
            channel=projection.channel or row.channel,
            last_at=max(projection.last_at, row.started_at),
            message_count=len(projection.messages),
            booking_reference=projection.booking_reference,
            lowest_confidence=projection.lowest_confidence,
        )
    )
    return True


def _ids(engine: Engine) -> Iterator[str]:
    last = ""
    while True:
        query = sa.select(_CONVERSATIONS.c.id).where(_CONVERSATIONS.c.id > last).order_by(_CONVERSATIONS.c.id)
        with reading(engine) as session:
            page = list(session.execute(query.limit(_PAGE)).scalars())
        if not page:
            return
        yield from page
        last = page[-1]
