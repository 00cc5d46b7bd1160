"""One person's consultation requests: found by their contact, handed out whole, erased; and those kept for too long.

A contact is found by its keyed hash, whatever the number of requests. What is erased leaves a keyed hash of its
reference behind, so that it does not come back with a backup. This is the one place where history is deleted: with the
whole request, never a row of it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session, selectinload

from assistant.database import reading, writing
from bookings.lookups import contact_hash
from bookings.messages import PAYLOAD_FIELD
from bookings.models import (
    Base,
    ConsultationRequest,
    DeletedRequest,
    FailedLookup,
    OutboxMessage,
    RequestHistory,
    SlotClaim,
    State,
)
from bookings.progress import FINAL
from bookings.records import CONTACT_FIELD, RequestView, view_of
from bookings.requests import BookingStore
from bookings.secrets import ContactCipher, Unreadable

_AT_ONCE = 500
_REQUESTS, _HISTORY, _OUTBOX = ConsultationRequest.__table__, RequestHistory.__table__, OutboxMessage.__table__
_CLAIMS, _LOOKUPS, _DELETED = SlotClaim.__table__, FailedLookup.__table__, DeletedRequest.__table__
_FINAL = [state.value for state in FINAL]
# Where the ids of a request may stand; tables that are added later are looked at without being named here.
_ID_COLUMNS = frozenset({"reference", "submission_key", "holder", "who"})


class BeingSent(Exception):
    """A message about one of the requests is on its way just now; that takes a minute at most."""


@dataclass(frozen=True)
class Erased:
    """What was erased.

    Attributes:
        counts: how many rows, by table.
        sent: messages about the requests that others had been sent before: they may keep a copy.
        ids: by which to look for anything that is left.
    """

    counts: Counter[str]
    sent: int
    ids: frozenset[str]


@dataclass(frozen=True)
class Due:
    """How many requests are kept for too long, and how many of them nobody has closed."""

    requests: int
    open: int


def by_references(store: BookingStore, references: Collection[str]) -> list[RequestView]:
    """The requests of references that exist, oldest first."""
    return _views(store, ConsultationRequest.reference.in_(references))


def by_conversations(store: BookingStore, conversation_ids: Collection[str]) -> list[RequestView]:
    """The requests that were made in conversations, oldest first."""
    return _views(store, ConsultationRequest.conversation_id.in_(conversation_ids))


def by_contact(store: BookingStore, kind: str, contact: str) -> list[RequestView]:
    """The requests with a contact, however it was spelled, oldest first.

    Args:
        kind: `phone` or `email`.
        contact: a number in E.164, or an address.
    """
    fill_hashes(store)
    wanted = contact_hash(store.cipher, contact, kind)
    return _views(store, ConsultationRequest.contact_hash == wanted) if wanted else []


def fill_hashes(store: BookingStore) -> int:
    """Compute the hashes of requests that are older than the hash; how many. One that cannot be read is left out."""
    done, last = 0, 0
    columns = (_REQUESTS.c.id, _REQUESTS.c.contact_kind, _REQUESTS.c.contact)
    while True:
        query = sa.select(*columns).where(_REQUESTS.c.contact_hash.is_(None), _REQUESTS.c.id > last)
        with reading(store.engine) as session:
            rows = session.execute(query.order_by(_REQUESTS.c.id).limit(_AT_ONCE)).all()
        if not rows:
            return done
        last = rows[-1].id
        with writing(store.engine) as session:
            for row in rows:
                try:
                    contact = store.cipher.decrypt(row.contact, CONTACT_FIELD)
                except Unreadable:
                    continue
                same = sa.and_(_REQUESTS.c.id == row.id, _REQUESTS.c.contact == row.contact)
                value = contact_hash(store.cipher, contact, row.contact_kind)
                done += session.execute(_REQUESTS.update().where(same).values(contact_hash=value)).rowcount


def export(store: BookingStore, references: Collection[str]) -> list[dict[str, Any]]:
    """All that is kept of requests, with their history and the messages about them, as JSON has it."""
    exported = []
    for view in by_references(store, references):
        query = sa.select(_OUTBOX).join(_REQUESTS, _REQUESTS.c.id == _OUTBOX.c.request_id)
        with reading(store.engine) as session:
            rows = session.execute(query.where(_REQUESTS.c.reference == view.reference).order_by(_OUTBOX.c.id)).all()
        fields = json.loads(json.dumps(asdict(view), default=_plain))
        exported.append(fields | {"messages_about_it": [_message(row, store.cipher) for row in rows]})
    return exported


def erase(store: BookingStore, references: Collection[str], conversation_ids: Collection[str], now: datetime) -> Erased:
    """Delete requests with their history and messages, and what else names them or the conversations.

    Nobody is told: a confirmed time is free again, and what was not sent yet is not sent any more.

    Raises: BeingSent; then nothing is erased.
    """
    with writing(store.engine) as session:
        columns = (_REQUESTS.c.id, _REQUESTS.c.reference, _REQUESTS.c.submission_key)
        query = sa.select(*columns).where(_REQUESTS.c.reference.in_(references)).with_for_update()
        rows = session.execute(query).all()
        _remember(session, [erased_hash(store.cipher, reference) for reference in references], now)
        in_them = _OUTBOX.c.request_id.in_([row.id for row in rows])
        messages = session.execute(sa.select(_OUTBOX.c.delivered_at, _OUTBOX.c.claimed_until).where(in_them)).all()
        if any(one.delivered_at is None and one.claimed_until and one.claimed_until > now for one in messages):
            raise BeingSent
        sent = sum(one.delivered_at is not None for one in messages)
        counts = _remove(session, rows)
        names = [f"reference {one}" for one in references] + [f"who {one}"[:255] for one in conversation_ids]
        counts["failed_lookups"] = session.execute(_LOOKUPS.delete().where(_LOOKUPS.c.who.in_(names))).rowcount
    return Erased(counts, sent, frozenset({*references, *names, *(row.submission_key for row in rows)}))


def left(engine: Engine, ids: Collection[str]) -> Counter[str]:
    """How many rows still name what was erased, by table; every table that was searched is in it."""
    found: Counter[str] = Counter()
    with reading(engine) as session:
        for table in Base.metadata.sorted_tables:
            found[table.name] = 0
            for column in table.c:
                if (
                    column.name == "request_id"
                ):  # numbers are given out again: only one without its request is left over
                    theirs = sa.and_(column.is_not(None), column.not_in(sa.select(_REQUESTS.c.id)))
                elif column.name in _ID_COLUMNS:
                    theirs = column.in_(ids)
                else:
                    continue
                query = sa.select(sa.func.count()).select_from(table).where(theirs)
                found[table.name] += session.execute(query).scalar_one()
    return found


def due(engine: Engine, before: datetime) -> Due:
    """What has not changed since a moment, and has no appointment after it."""
    columns = (sa.func.count(), sa.func.sum(sa.case((_REQUESTS.c.state.not_in(_FINAL), 1), else_=0)))
    with reading(engine) as session:
        count, still_open = session.execute(sa.select(*columns).where(_is_due(before))).one()
    return Due(count, still_open or 0)


def delete_due(engine: Engine, before: datetime, limit: int) -> Counter[str]:
    """Delete up to `limit` requests that are due, whole, in one transaction; the rows by table."""
    query = sa.select(_REQUESTS.c.id, _REQUESTS.c.submission_key).where(_is_due(before)).order_by(_REQUESTS.c.id)
    with writing(engine) as session:
        return _remove(session, session.execute(query.limit(limit).with_for_update(skip_locked=True)).all())


def erase_again(store: BookingStore, hashes: Collection[str], now: datetime) -> int:
    """Delete requests again that were erased once and have come back, with a backup; how many.

    Args:
        hashes: of erased references, beside those that the database knows of.
    """
    with writing(store.engine) as session:
        _remember(session, hashes, now)
        erased = set(session.execute(sa.select(_DELETED.c.reference_hash)).scalars())
        if not erased:
            return 0
        columns = (_REQUESTS.c.id, _REQUESTS.c.reference, _REQUESTS.c.submission_key)
        rows = [
            row for row in session.execute(sa.select(*columns)) if erased_hash(store.cipher, row.reference) in erased
        ]
        return _remove(session, rows)["consultation_requests"]


def erased(engine: Engine) -> set[str]:
    """The hashes of the references that were erased."""
    with reading(engine) as session:
        return set(session.execute(sa.select(_DELETED.c.reference_hash)).scalars())


def erased_hash(cipher: ContactCipher, reference: str) -> str:
    """What is kept of an erased reference."""
    return hmac.new(cipher.derive("erased-reference"), reference.encode(), hashlib.sha256).hexdigest()


def _views(store: BookingStore, condition: Any) -> list[RequestView]:
    query = sa.select(ConsultationRequest).where(condition).options(selectinload(ConsultationRequest.history))
    with reading(store.engine) as session:
        found = session.execute(query.order_by(ConsultationRequest.id)).scalars()
        return [view_of(row, store.cipher) for row in found]


def _remove(session: Session, rows: Iterable[Any]) -> Counter[str]:
    ids, keys = [row.id for row in rows], [row.submission_key for row in rows]
    of_request = {table: table.c.request_id.in_(ids) for table in (_OUTBOX, _HISTORY)}
    claims = sa.or_(_CLAIMS.c.request_id.in_(ids), _CLAIMS.c.holder.in_(keys))
    counts: Counter[str] = Counter()
    for table, theirs in {**of_request, _CLAIMS: claims, _REQUESTS: _REQUESTS.c.id.in_(ids)}.items():
        counts[table.name] = session.execute(table.delete().where(theirs)).rowcount if ids else 0
    return counts


def _remember(session: Session, hashes: Iterable[str], now: datetime) -> None:
    known = set(session.execute(sa.select(_DELETED.c.reference_hash)).scalars())
    new = [{"reference_hash": one, "at": now} for one in sorted(set(hashes) - known)]
    if new:
        session.execute(_DELETED.insert(), new)


def _is_due(before: datetime) -> Any:
    without_plans = sa.or_(_REQUESTS.c.appointment_at.is_(None), _REQUESTS.c.appointment_at < before)
    return sa.and_(_REQUESTS.c.updated_at < before, without_plans)


def _message(row: Any, cipher: ContactCipher) -> dict[str, Any]:
    fields = {
        name: getattr(row, name) for name in ("target", "event", "created_at", "attempts", "delivered_at", "dead_at")
    }
    try:
        fields["payload"] = json.loads(cipher.decrypt(row.payload, PAYLOAD_FIELD))
    except ValueError:
        fields["payload"] = None
    return json.loads(json.dumps(fields, default=_plain))


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, State) else value.isoformat()
