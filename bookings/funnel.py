"""How far the requests of a stretch of time have come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from assistant.database import reading
from bookings.models import ConsultationRequest, RequestHistory, State

_REQUESTS, _HISTORY = ConsultationRequest.__table__, RequestHistory.__table__


@dataclass(frozen=True)
class Came:
    """A request that came in; `was_scheduled` is whether a time was ever confirmed."""

    at: datetime
    conversation_id: str
    state: State
    was_scheduled: bool


def requests_between(engine: Engine, since: datetime, until: datetime) -> list[Came]:
    """The requests that came in from one moment until before another, oldest first."""
    scheduled = sa.exists().where(_HISTORY.c.request_id == _REQUESTS.c.id, _HISTORY.c.to_state == State.SCHEDULED.value)
    columns = (_REQUESTS.c.created_at, _REQUESTS.c.conversation_id, _REQUESTS.c.state, scheduled.label("scheduled"))
    query = sa.select(*columns).where(_REQUESTS.c.created_at >= since, _REQUESTS.c.created_at < until)
    with reading(engine) as session:
        rows = session.execute(query.order_by(_REQUESTS.c.created_at)).all()
    return [Came(row.created_at, row.conversation_id, State(row.state), bool(row.scheduled)) for row in rows]
