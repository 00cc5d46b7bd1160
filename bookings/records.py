"""What goes into the store of requests and what comes out: plain values, no rows. Their repr shows no personal data."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bookings.lookups import contact_hash
from bookings.models import ConsultationRequest, Kind, RequestHistory, State
from bookings.secrets import ContactCipher

CONTACT_KINDS = ("phone", "email", "none")
NAME_FIELD = "requests.name"
CONTACT_FIELD = "requests.contact"
TOPIC_FIELD = "requests.topic"

# What was understood of one wish for a time: {"words": str, "days": […], "dayparts": […], "at": ISO 8601 or None}.
PreferredTimes = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class NewRequest:
    """A filled form. `submission_key` names the filling: the same key is the same request, however often it comes."""

    submission_key: str
    conversation_id: str
    kind: Kind
    contact_kind: str
    consent_version: str
    consent_at: datetime
    due_at: datetime
    name: str = field(repr=False)
    contact: str = field(repr=False)
    topic: str = field(repr=False)
    preferred_times: PreferredTimes = field(repr=False)
    slot_id: int | None = None

    def __post_init__(self) -> None:
        check_contact_kind(self.contact_kind)
        for name, longest in (("submission_key", 64), ("conversation_id", 255), ("consent_version", 64)):
            if not 0 < len(getattr(self, name)) <= longest:
                raise ValueError(f"{name}: 1 to {longest} characters")
        if self.consent_at.tzinfo is None or self.due_at.tzinfo is None:
            raise ValueError("consent_at and due_at need a time zone")


@dataclass(frozen=True)
class Receipt:
    """The store has the request; `created` is False when it had it already."""

    reference: str
    created: bool
    due_at: datetime


@dataclass(frozen=True)
class HistoryEntry:
    """One thing that happened to a request; `fields` names what changed, never to what."""

    at: datetime
    by: str
    event: str
    from_state: State | None
    to_state: State | None
    fields: tuple[str, ...]


@dataclass(frozen=True)
class RequestView:
    """A request as it stood when it was read."""

    reference: str
    conversation_id: str
    kind: Kind
    state: State
    owner: str | None
    due_at: datetime
    name: str = field(repr=False)
    contact_kind: str
    contact: str = field(repr=False)
    topic: str = field(repr=False)
    preferred_times: list[dict[str, Any]] = field(repr=False)
    consent_version: str
    consent_at: datetime
    slot_id: int | None
    appointment_at: datetime | None
    appointment_minutes: int | None
    calendar_sequence: int
    created_at: datetime
    updated_at: datetime
    history: tuple[HistoryEntry, ...]


def check_contact_kind(kind: str) -> None:
    """Raises: ValueError for a kind of contact that nobody knows how to use."""
    if kind not in CONTACT_KINDS:
        raise ValueError(f"contact_kind: one of {', '.join(CONTACT_KINDS)}")


def new_row(request: NewRequest, reference: str, cipher: ContactCipher, now: datetime) -> ConsultationRequest:
    """The row of a request that was just made."""
    row = ConsultationRequest(
        reference=reference,
        submission_key=request.submission_key,
        conversation_id=request.conversation_id,
        kind=request.kind.value,
        state=State.NEW.value,
        due_at=request.due_at,
        name=cipher.encrypt(request.name, NAME_FIELD),
        topic=cipher.encrypt(request.topic, TOPIC_FIELD),
        preferred_times=json.dumps([dict(times) for times in request.preferred_times]),
        consent_version=request.consent_version,
        consent_at=request.consent_at,
        slot_id=request.slot_id,
        calendar_sequence=0,
        created_at=now,
        updated_at=now,
    )
    set_contact(row, request.contact_kind, request.contact, cipher)
    return row


def set_contact(row: ConsultationRequest, kind: str, contact: str, cipher: ContactCipher) -> None:
    """Note how the visitor can be reached."""
    row.contact_kind = kind
    row.contact = cipher.encrypt(contact, CONTACT_FIELD)
    row.contact_hash = contact_hash(cipher, contact, kind)


def view_of(row: ConsultationRequest, cipher: ContactCipher) -> RequestView:
    """A row as everybody else sees it, decrypted."""
    return RequestView(
        reference=row.reference,
        conversation_id=row.conversation_id,
        kind=Kind(row.kind),
        state=State(row.state),
        owner=row.owner,
        due_at=row.due_at,
        name=cipher.decrypt(row.name, NAME_FIELD),
        contact_kind=row.contact_kind,
        contact=cipher.decrypt(row.contact, CONTACT_FIELD),
        topic=cipher.decrypt(row.topic, TOPIC_FIELD),
        preferred_times=json.loads(row.preferred_times),
        consent_version=row.consent_version,
        consent_at=row.consent_at,
        slot_id=row.slot_id,
        appointment_at=row.appointment_at,
        appointment_minutes=row.appointment_minutes,
        calendar_sequence=row.calendar_sequence,
        created_at=row.created_at,
        updated_at=row.updated_at,
        history=tuple(_entry_of(entry) for entry in row.history),
    )


def payload_of(row: ConsultationRequest, event: str, cipher: ContactCipher, now: datetime) -> str:
    """All that a message about the request may need, as JSON; its sender leaves out what the receiver must not see.

    Moments are ISO 8601 in UTC.
    """
    return json.dumps(
        {
            "event": event,
            "reference": row.reference,
            "kind": row.kind,
            "state": row.state,
            "name": cipher.decrypt(row.name, NAME_FIELD),
            "contact_kind": row.contact_kind,
            "contact": cipher.decrypt(row.contact, CONTACT_FIELD),
            "topic": cipher.decrypt(row.topic, TOPIC_FIELD),
            "preferred_times": json.loads(row.preferred_times),
            "due_at": row.due_at.isoformat(),
            "appointment_at": row.appointment_at.isoformat() if row.appointment_at else None,
            "appointment_minutes": row.appointment_minutes,
            "calendar_sequence": row.calendar_sequence,
            "occurred_at": now.isoformat(),
        },
        ensure_ascii=False,
    )


def _entry_of(row: RequestHistory) -> HistoryEntry:
    return HistoryEntry(
        at=row.at,
        by=row.by,
        event=row.event,
        from_state=State(row.from_state) if row.from_state else None,
        to_state=State(row.to_state) if row.to_state else None,
        fields=tuple(json.loads(row.detail)["fields"]) if row.detail else (),
    )
