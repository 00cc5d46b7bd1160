"""What waits in the conversation store: messages for an answer, replies for their platform, dangers for staff."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from assistant.conversations import deliveries
from assistant.conversations.messaging_models import Delivery
from assistant.conversations.models import Alert, Flag, InboxMessage
from assistant.conversations.staff_queries import DANGERS, of_flag
from assistant.metrics import Backlog

_INBOX, _FLAGS = InboxMessage.__table__, Flag.__table__
_ALERTS, _REPLIES = Alert.__table__, Delivery.__table__


def inbox(session: Session, now: float) -> Backlog:
    """Messages of visitors that nobody has answered."""
    return _backlog(session, _INBOX.c.received_at, _INBOX.c.answered_at.is_(None), now)


def replies(session: Session, now: float) -> Backlog:
    """Parts of replies that their platform does not have yet."""
    return _backlog(session, _REPLIES.c.created_at, _REPLIES.c.state == deliveries.WAITING, now)


def unacknowledged(session: Session, now: float) -> dict[str, Backlog]:
    """Dangers that nobody of the staff has acknowledged, by kind."""
    is_seen = sa.exists().where(of_flag())
    return {kind: _backlog(session, _FLAGS.c.at, sa.and_(_FLAGS.c.kind == kind, ~is_seen), now) for kind in DANGERS}


def unsent_alerts(session: Session, now: float, targets: tuple[str, ...]) -> Backlog:
    """Alerts of danger that some receivers do not have yet, and may still get."""
    waits = sa.and_(_ALERTS.c.delivered_at.is_(None), _ALERTS.c.target.in_(targets))
    return _backlog(session, _ALERTS.c.created_at, waits, now)


def _backlog(session: Session, moment: Any, condition: Any, now: float) -> Backlog:
    row = session.execute(sa.select(sa.func.count(moment), sa.func.min(moment)).where(condition)).one()
    return Backlog(row[0], max(now - row[1], 0.0) if row[0] else 0.0)
