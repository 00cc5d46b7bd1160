"""The tables of consultation requests. `migrations/` builds the same ones; a test compares the two."""

from __future__ import annotations

import enum
from datetime import datetime, timezone
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import declarative_base, relationship

Base: Any = declarative_base()


class State(str, enum.Enum):
    """Where a request stands. Staff move it along; `TRANSITIONS` says which moves there are."""

    NEW = "new"
    CONTACTED = "contacted"
    SCHEDULED = "scheduled"
    DONE = "done"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


TRANSITIONS: dict[State, frozenset[State]] = {
    State.NEW: frozenset({State.CONTACTED, State.SCHEDULED, State.DONE, State.CANCELLED}),
    State.CONTACTED: frozenset({State.SCHEDULED, State.DONE, State.CANCELLED}),
    State.SCHEDULED: frozenset({State.CONTACTED, State.DONE, State.CANCELLED, State.NO_SHOW}),
    State.NO_SHOW: frozenset({State.CONTACTED, State.SCHEDULED, State.CANCELLED}),
    State.DONE: frozenset(),
    State.CANCELLED: frozenset(),
}


class Kind(str, enum.Enum):
    """What the visitor asked for."""

    CONSULTATION = "consultation"
    CALL_BACK = "call_back"


class Target(str, enum.Enum):
    """Whom an outbox message is for."""

    STAFF_EMAIL = "staff_email"
    WEBHOOK = "webhook"
    VISITOR_EMAIL = "visitor_email"


class AppendOnly(Exception):
    """Somebody tried to rewrite history."""


class UtcDateTime(sa.types.TypeDecorator):
    """A moment in UTC; SQLite has no time zones, so the zone is taken off on the way in and put on on the way out."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        return value.astimezone(timezone.utc).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        return value.replace(tzinfo=timezone.utc) if value else None


class ConsultationRequest(Base):
    """One person's wish to talk with the clinic. Name, contact and topic are stored encrypted."""

    __tablename__ = "consultation_requests"

    id = sa.Column(sa.Integer, primary_key=True)
    reference = sa.Column(sa.String(16), nullable=False, unique=True)
    submission_key = sa.Column(sa.String(64), nullable=False, unique=True)  # the same form sent twice is one request
    conversation_id = sa.Column(sa.String(255), nullable=False, index=True)
    kind = sa.Column(sa.String(16), nullable=False)
    state = sa.Column(sa.String(16), nullable=False, default=State.NEW.value, index=True)
    owner = sa.Column(sa.String(120))
    due_at = sa.Column(UtcDateTime, nullable=False)
    name = sa.Column(sa.LargeBinary, nullable=False)
    contact_kind = sa.Column(sa.String(8), nullable=False)  # phone | email | none (a call-back without contact data)
    contact = sa.Column(sa.LargeBinary, nullable=False)
    contact_hash = sa.Column(sa.String(64), index=True)  # keyed; None: not computed yet, empty: there is no contact
    topic = sa.Column(sa.LargeBinary, nullable=False)
    preferred_times = sa.Column(sa.Text, nullable=False)  # JSON: what was understood, and its words
    consent_version = sa.Column(sa.String(64), nullable=False)
    consent_at = sa.Column(UtcDateTime, nullable=False)
    slot_id = sa.Column(sa.Integer, sa.ForeignKey("slots.id"))
    appointment_at = sa.Column(UtcDateTime)
    appointment_minutes = sa.Column(sa.Integer)
    calendar_sequence = sa.Column(sa.Integer, nullable=False, default=0)  # SEQUENCE of the last .ics
    created_at = sa.Column(UtcDateTime, nullable=False)
    updated_at = sa.Column(UtcDateTime, nullable=False)
    history = relationship("RequestHistory", order_by="RequestHistory.id")


class RequestHistory(Base):
    """What happened to a request, by whom; rows are only ever added. Holds no contact data.

    They go with the whole request where `bookings.privacy` erases it, and only there.
    """

    __tablename__ = "request_history"

    id = sa.Column(sa.Integer, primary_key=True)
    request_id = sa.Column(sa.Integer, sa.ForeignKey("consultation_requests.id"), nullable=False, index=True)
    at = sa.Column(UtcDateTime, nullable=False)
    by = sa.Column(sa.String(120), nullable=False)  # "visitor" or a member of staff
    event = sa.Column(sa.String(32), nullable=False)  # created, changed, state, owner, slot, cancelled, resent …
    from_state = sa.Column(sa.String(16))
    to_state = sa.Column(sa.String(16))
    detail = sa.Column(sa.Text)  # JSON: names of the fields that changed, never their values


def _refuse_to_rewrite(mapper: Any, connection: Any, row: RequestHistory) -> None:
    raise AppendOnly(f"row {row.id} of the history stays as it was written")


sa.event.listen(RequestHistory, "before_update", _refuse_to_rewrite)
sa.event.listen(RequestHistory, "before_delete", _refuse_to_rewrite)


class OutboxMessage(Base):
    """A message that has to be delivered at least once; written in the transaction of what it tells."""

    __tablename__ = "outbox"

    id = sa.Column(sa.Integer, primary_key=True)
    delivery_id = sa.Column(sa.String(64), nullable=False, unique=True)  # the receiver's idempotency id
    request_id = sa.Column(sa.Integer, sa.ForeignKey("consultation_requests.id"), nullable=False, index=True)
    target = sa.Column(sa.String(16), nullable=False)
    event = sa.Column(sa.String(32), nullable=False)  # request.created, request.changed, request.cancelled, …
    payload = sa.Column(sa.LargeBinary, nullable=False)  # encrypted JSON, as it stood when the thing happened
    created_at = sa.Column(UtcDateTime, nullable=False)
    next_attempt_at = sa.Column(UtcDateTime, nullable=False, index=True)
    attempts = sa.Column(sa.Integer, nullable=False, default=0)
    claimed_until = sa.Column(UtcDateTime)
    delivered_at = sa.Column(UtcDateTime)
    dead_at = sa.Column(UtcDateTime)
    last_error = sa.Column(sa.String(200))


class Slot(Base):
    """A time that the clinic offers."""

    __tablename__ = "slots"

    id = sa.Column(sa.Integer, primary_key=True)
    starts_at = sa.Column(UtcDateTime, nullable=False)
    minutes = sa.Column(sa.Integer, nullable=False)
    staff = sa.Column(sa.String(120), nullable=False, default="")
    __table_args__ = (sa.UniqueConstraint("starts_at", "staff"),)


class SlotClaim(Base):
    """Who has a slot: at most one row a slot, so the database itself refuses the second person."""

    __tablename__ = "slot_claims"

    slot_id = sa.Column(sa.Integer, sa.ForeignKey("slots.id"), primary_key=True, autoincrement=False)
    holder = sa.Column(sa.String(64), nullable=False)  # the submission key of the form
    expires_at = sa.Column(UtcDateTime)  # None: taken for good
    request_id = sa.Column(sa.Integer, sa.ForeignKey("consultation_requests.id"), unique=True)


class FailedLookup(Base):
    """A wrong pair of reference and contact; counted so that nobody can guess their way in."""

    __tablename__ = "failed_lookups"

    id = sa.Column(sa.Integer, primary_key=True)
    who = sa.Column(sa.String(255), nullable=False, index=True)  # conversation or reference, never contact data
    at = sa.Column(UtcDateTime, nullable=False)


class DeletedRequest(Base):
    """A request that was erased, by a keyed hash of its reference: it may not come back with a backup."""

    __tablename__ = "deleted_requests"

    reference_hash = sa.Column(sa.String(64), primary_key=True)
    at = sa.Column(UtcDateTime, nullable=False)
