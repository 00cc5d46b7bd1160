"""Writes the messages about a request into the outbox, in the transaction of what they tell."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bookings.models import OutboxMessage, Target
from bookings.records import payload_of
from bookings.secrets import ContactCipher

PAYLOAD_FIELD = "outbox.payload"


class Messages:
    """Knows who is told of what.

    Args:
        targets: who can be told at all; nothing is written for others.
    """

    def __init__(self, cipher: ContactCipher, targets: frozenset[Target]) -> None:
        self._cipher = cipher
        self._targets = targets

    def tell_clinic(self, session: Session, row: Any, event: str, now: datetime) -> None:
        """Tell staff and the clinic's own system."""
        self._write(session, row, event, {Target.STAFF_EMAIL, Target.WEBHOOK}, now)

    def tell_system(self, session: Session, row: Any, event: str, now: datetime) -> None:
        """Tell the clinic's own system only: staff know, it was they who did it."""
        self._write(session, row, event, {Target.WEBHOOK}, now)

    def tell_visitor(self, session: Session, row: Any, event: str, now: datetime) -> None:
        """Tell the visitor about their appointment, if they gave an e-mail address."""
        if row.contact_kind == "email":
            self._write(session, row, event, {Target.VISITOR_EMAIL}, now)

    def _write(self, session: Session, row: Any, event: str, targets: set[Target], now: datetime) -> None:
        for target in sorted(targets & self._targets):
            session.add(
                OutboxMessage(
                    delivery_id=f"msg_{uuid.uuid4().hex}",
                    request_id=row.id,
                    target=target.value,
                    event=event,
                    payload=self._cipher.encrypt(payload_of(row, event, self._cipher, now), PAYLOAD_FIELD),
                    created_at=now,
                    next_attempt_at=now,
                    attempts=0,
                )
            )
