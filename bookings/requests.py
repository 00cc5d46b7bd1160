"""The store of consultation requests: what a visitor sends, changes and cancels, and what staff do with it.

Each public method is one transaction. A request, its history and the messages about it are written together or not at
all; two people who change one request at the same time take turns, and the second is held to what the first one left.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session, selectinload

from assistant.database import reading, serialise, writing
from bookings.lookups import Attempt, same_contact
from bookings.messages import Messages
from bookings.models import ConsultationRequest, Kind, Slot, State, Target
from bookings.progress import FINAL, NotPossible, check_unchanged, enter, note
from bookings.records import (
    NAME_FIELD,
    NewRequest,
    PreferredTimes,
    Receipt,
    RequestView,
    check_contact_kind,
    new_row,
    set_contact,
    view_of,
)
from bookings.reference import MistypedReference, new_reference, read_reference
from bookings.secrets import ContactCipher
from bookings.slots import SlotTaken, claim, give_back

VISITOR = "visitor"  # who changed something, where it was not a member of staff
_OPEN = [state.value for state in State if state not in FINAL]
_APPOINTMENT_MINUTES = range(5, 8 * 60 + 1)


class UnknownRequest(LookupError):
    """No request has this reference."""


class BookingStore:
    """All requests.

    What staff do takes `seen`, the `updated_at` of what they decided on; changed since, it raises `ChangedMeanwhile`.

    Args:
        targets: to whom messages about requests go; none of them are written for others.
        clock: the present moment, with a time zone.
    """

    def __init__(
        self, engine: Engine, cipher: ContactCipher, targets: frozenset[Target], clock: Callable[[], datetime]
    ) -> None:
        self.engine = engine
        self.cipher = cipher
        self.targets = targets
        self._messages = Messages(cipher, targets)
        self._clock = clock

    def submit(self, request: NewRequest) -> Receipt:
        """Store a filled form; sent again, it is the same request with the same reference.

        Raises:
            SlotTaken: the wanted slot cannot be had.
        """
        with writing(self.engine) as session:
            serialise(session, f"bookings.submit {request.submission_key}")
            now = self._clock()
            known = session.execute(_by(submission_key=request.submission_key)).scalar_one_or_none()
            if known is not None:
                return Receipt(known.reference, False, known.due_at)
            if request.slot_id is not None and session.get(Slot, request.slot_id) is None:
                raise SlotTaken
            row = new_row(request, _unused_reference(session), self.cipher, now)
            session.add(row)
            session.flush()
            if request.slot_id is not None and not claim(
                session, request.slot_id, request.submission_key, now, request_id=row.id
            ):
                raise SlotTaken
            note(row, now, VISITOR, "created", to_state=State.NEW)
            event = "call_back.requested" if request.kind is Kind.CALL_BACK else "request.created"
            self._messages.tell_clinic(session, row, event, now)
            return Receipt(row.reference, True, row.due_at)

    def find(self, reference: str, contact: str, who: str) -> RequestView | None:
        """The request of a visitor who knows its reference and the contact it holds; None if either is wrong.

        Args:
            reference: as the visitor typed it.
            contact: a phone number in E.164 or an e-mail address.
            who: the conversation that asks; no contact data.

        Raises:
            TooManyAttempts: too many wrong pairs from there or for that reference.
        """
        try:
            wanted = read_reference(reference)
        except MistypedReference:
            wanted = None
        with writing(self.engine) as session:
            attempt = Attempt(session, who, wanted, self._clock())
            row = session.execute(_by(reference=wanted)).scalar_one_or_none() if wanted else None
            view = view_of(row, self.cipher) if row is not None else None
            if view is None or not same_contact(view.contact, contact, view.contact_kind):
                attempt.failed()
                return None
            return view

    def get(self, reference: str) -> RequestView:
        """A request by its reference alone: for staff, and for a visitor whose right to it is already known.

        Raises:
            UnknownRequest: there is none.
        """
        with reading(self.engine) as session:
            return view_of(_found(session, reference), self.cipher)

    def list_open(self) -> list[RequestView]:
        """The requests that still need somebody, the most urgent first."""
        return self._list(ConsultationRequest.state.in_(_OPEN))

    def overdue(self, now: datetime) -> list[RequestView]:
        """The requests that nobody answered by when it was promised, the oldest promise first."""
        return self._list(ConsultationRequest.state == State.NEW.value, ConsultationRequest.due_at < now)

    def change(
        self,
        reference: str,
        by: str,
        *,
        name: str | None = None,
        contact_kind: str | None = None,
        contact: str | None = None,
        preferred_times: PreferredTimes | None = None,
    ) -> RequestView:
        """Correct what a request holds; what is not given stays, and what is no change is not told to anybody.

        Args:
            by: `VISITOR`, or a member of staff.

        Raises:
            NotPossible: the request is done or cancelled.
            UnknownRequest: there is none.
            ValueError: a contact without its kind, or a kind without its contact.
        """
        if (contact is None) != (contact_kind is None):
            raise ValueError("contact and contact_kind change together")
        if contact_kind is not None:
            check_contact_kind(contact_kind)
        with self._locked(reference) as (session, row, now):
            if State(row.state) in FINAL:
                raise NotPossible("change", State(row.state))
            times = None if preferred_times is None else json.dumps([dict(wish) for wish in preferred_times])
            before = view_of(row, self.cipher)
            changed = []
            if name is not None and name != before.name:
                row.name = self.cipher.encrypt(name, NAME_FIELD)
                changed.append("name")
            is_other = (contact, contact_kind) != (before.contact, before.contact_kind)
            if contact is not None and contact_kind is not None and is_other:
                set_contact(row, contact_kind, contact, self.cipher)
                changed.append("contact")
            if times is not None and times != row.preferred_times:
                row.preferred_times = times
                changed.append("preferred_times")
            if changed:
                note(row, now, by, "changed", fields=changed)
                self._messages.tell_clinic(session, row, "request.changed", now)
            return view_of(row, self.cipher)

    def cancel(self, reference: str, by: str, seen: datetime | None = None) -> RequestView:
        """Cancel a request and free its slot; cancelled twice is cancelled once.

        Raises:
            NotPossible: it is already done.
            UnknownRequest: there is none.
        """
        with self._locked(reference, seen) as (session, row, now):
            before = State(row.state)
            if before is State.CANCELLED:
                return view_of(row, self.cipher)
            enter(row, State.CANCELLED)
            _free_slot(session, row)
            note(row, now, by, "cancelled", before, State.CANCELLED)
            if before is State.SCHEDULED:
                row.calendar_sequence += 1
            self._messages.tell_clinic(session, row, "request.cancelled", now)
            if before is State.SCHEDULED:
                self._messages.tell_visitor(session, row, "request.cancelled", now)
            return view_of(row, self.cipher)

    def move(self, reference: str, to: State, by: str, seen: datetime | None = None) -> RequestView:
        """Move a request along. Back from a confirmed time to `contacted`, that time is called off.

        Only the webhook hears of it, and the visitor of a time that is called off: it was staff who did it.

        Raises:
            NotPossible: `TRANSITIONS` does not know the way, or it leads to `scheduled`, which `confirm_time` does.
            UnknownRequest: there is none.
        """
        if to is State.CANCELLED:
            return self.cancel(reference, by, seen)
        with self._locked(reference, seen) as (session, row, now):
            before = State(row.state)
            if to is State.SCHEDULED:
                raise NotPossible("move to scheduled without a time", before)
            enter(row, to)
            note(row, now, by, "state", before, to)
            if before is State.SCHEDULED and to is State.CONTACTED:
                row.calendar_sequence += 1
                self._messages.tell_visitor(session, row, "request.cancelled", now)
            if to is State.CONTACTED and row.appointment_at is not None:
                row.appointment_at = row.appointment_minutes = None
                _free_slot(session, row)
            if to in FINAL:
                _free_slot(session, row)
            self._messages.tell_system(session, row, "request.changed", now)
            return view_of(row, self.cipher)

    def assign(self, reference: str, owner: str | None, by: str, seen: datetime | None = None) -> RequestView:
        """Say who of the staff looks after a request; None: nobody."""
        with self._locked(reference, seen) as (_, row, now):
            if row.owner != owner:
                row.owner = owner
                note(row, now, by, "owner")
            return view_of(row, self.cipher)

    def confirm_time(
        self, reference: str, at: datetime, minutes: int, by: str, seen: datetime | None = None
    ) -> RequestView:
        """Confirm when the clinic sees the visitor, or move what was confirmed; an e-mail tells them, if they gave one.

        The same time confirmed twice is told once. A slot that the request holds for another time becomes free.

        Raises:
            NotPossible: the request is done or cancelled.
            UnknownRequest: there is none.
            ValueError: a past time, one without a zone, or a length that is none.
        """
        with self._locked(reference, seen) as (session, row, now):
            if at.tzinfo is None or at <= now or minutes not in _APPOINTMENT_MINUTES:
                raise ValueError("a time to come, with a zone, and 5 minutes to 8 hours")
            before = State(row.state)
            if before is not State.SCHEDULED:
                enter(row, State.SCHEDULED)
            elif (row.appointment_at, row.appointment_minutes) == (at, minutes):
                return view_of(row, self.cipher)
            row.appointment_at, row.appointment_minutes = at, minutes
            row.calendar_sequence += 1
            if row.slot_id is not None and session.get(Slot, row.slot_id).starts_at != at:
                _free_slot(session, row)
            note(row, now, by, "scheduled", before, State.SCHEDULED)
            self._messages.tell_clinic(session, row, "request.scheduled", now)
            self._messages.tell_visitor(session, row, "request.scheduled", now)
            return view_of(row, self.cipher)

    @contextmanager
    def _locked(self, reference: str, seen: datetime | None = None) -> Iterator[tuple[Session, Any, datetime]]:
        with writing(self.engine) as session:
            row = _found(session, reference, lock=True)
            check_unchanged(row, seen)
            yield session, row, self._clock()

    def _list(self, *conditions: Any) -> list[RequestView]:
        rows = sa.select(ConsultationRequest).where(*conditions).options(selectinload(ConsultationRequest.history))
        rows = rows.order_by(ConsultationRequest.due_at, ConsultationRequest.id)
        with reading(self.engine) as session:
            return [view_of(row, self.cipher) for row in session.execute(rows).scalars()]


def _by(**values: str) -> Any:
    return sa.select(ConsultationRequest).filter_by(**values)


def _found(session: Session, reference: str, lock: bool = False) -> Any:
    query = _by(reference=reference)
    # On SQLite the transaction has the only write lock already.
    if (row := session.execute(query.with_for_update() if lock else query).scalar_one_or_none()) is None:
        raise UnknownRequest("no request has this reference")
    return row


def _unused_reference(session: Session) -> str:
    while session.execute(_by(reference=(reference := new_reference()))).first() is not None:
        pass
    return reference


def _free_slot(session: Session, row: Any) -> None:
    give_back(session, row.id)
    row.slot_id = None
