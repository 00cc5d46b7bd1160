"""What the delivery process tells monitoring: how much waits in the outbox, what was given up, which alerts wait."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from assistant.conversations import backlog
from assistant.database import reading
from assistant.metrics import Backlog, gauge
from bookings.models import OutboxMessage, Target

_ROWS = OutboxMessage.__table__


def waiting(engine: Engine, now: datetime) -> dict[Target, Backlog]:
    """The messages that wait for each kind of receiver."""
    is_open = sa.and_(_ROWS.c.delivered_at.is_(None), _ROWS.c.dead_at.is_(None))
    query = sa.select(_ROWS.c.target, sa.func.count(), sa.func.min(_ROWS.c.created_at)).where(is_open)
    with reading(engine) as session:
        rows = {row[0]: row for row in session.execute(query.group_by(_ROWS.c.target))}
    return {
        target: Backlog(row[1], max((now - row[2]).total_seconds(), 0.0)) if row else Backlog()
        for target in Target
        for row in [rows.get(target.value)]
    }


def dead(engine: Engine) -> int:
    """How many messages were given up, and nobody has sent again."""
    with reading(engine) as session:
        query = sa.select(sa.func.count()).select_from(_ROWS).where(_ROWS.c.dead_at.is_not(None))
        return int(session.execute(query).scalar_one())


class DeliveryCollector(Collector):
    """Reads the databases that the delivery process works on.

    Args:
        alerted: who is told of dangers, as `assistant.conversations.alerts` names them.
    """

    def __init__(
        self, bookings: Engine, conversations: Engine, clock: Callable[[], datetime], alerted: Sequence[str]
    ) -> None:
        self._bookings = bookings
        self._conversations = conversations
        self._clock = clock
        self._alerted = tuple(alerted)

    def describe(self) -> Iterator[Metric]:
        """All that it may tell, without reading anything."""
        yield from _families().values()

    def collect(self) -> Iterator[Metric]:
        """The present figures; those of a database that does not answer are left out."""
        families = _families()
        try:
            self._read(families)
            families["up"].add_metric([], 1.0)
        except (SQLAlchemyError, OSError):
            families["up"].add_metric([], 0.0)
        yield from families.values()

    def _read(self, families: dict[str, Any]) -> None:
        for target, one in waiting(self._bookings, self._clock()).items():
            families["waiting"].add_metric([target.value], one.count)
            families["oldest"].add_metric([target.value], one.oldest)
        families["dead"].add_metric([], dead(self._bookings))
        with reading(self._conversations) as session:
            unsent = backlog.unsent_alerts(session, time.time(), self._alerted)
        families["alerts"].add_metric([], unsent.count)
        families["alerts_oldest"].add_metric([], unsent.oldest)


def _families() -> dict[str, Any]:
    return {
        "up": gauge("assistant_delivery_up", "1 if the databases of the delivery process answer."),
        "waiting": gauge("assistant_outbox_waiting", "Messages about requests that wait.", ["target"]),
        "oldest": gauge("assistant_outbox_oldest_seconds", "Age of the oldest of them.", ["target"]),
        "dead": gauge("assistant_outbox_dead", "Messages about requests that were given up."),
        "alerts": gauge("assistant_alerts_waiting", "Alerts of danger that a receiver does not have yet."),
        "alerts_oldest": gauge("assistant_alerts_waiting_oldest_seconds", "Age of the oldest of them."),
    }
