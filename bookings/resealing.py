"""Writes what is encrypted of requests anew with the present key, so that an earlier key can be dropped."""

from __future__ import annotations

from collections import Counter

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from assistant.database import writing
from bookings.messages import PAYLOAD_FIELD
from bookings.models import ConsultationRequest, OutboxMessage
from bookings.records import CONTACT_FIELD, NAME_FIELD, TOPIC_FIELD
from bookings.secrets import ContactCipher

_REQUESTS, _OUTBOX = ConsultationRequest.__table__, OutboxMessage.__table__
_FIELDS = {
    _REQUESTS: {"name": NAME_FIELD, "contact": CONTACT_FIELD, "topic": TOPIC_FIELD},
    _OUTBOX: {"payload": PAYLOAD_FIELD},
}
_AT_ONCE = 200


def reseal(engine: Engine, cipher: ContactCipher) -> Counter[str]:
    """Write it anew; how many rows, by table. It may be called again at any time. Raises: Unreadable."""
    counts: Counter[str] = Counter()
    for table, fields in _FIELDS.items():
        after = 0
        while True:
            with writing(engine) as session:
                query = sa.select(table).where(table.c.id > after).order_by(table.c.id).limit(_AT_ONCE)
                rows = session.execute(query.with_for_update()).mappings().all()
                for row in rows:
                    new = {name: cipher.again(bytes(row[name]), field) for name, field in fields.items()}
                    changes = {name: value for name, value in new.items() if value is not None}
                    if changes:
                        session.execute(table.update().where(table.c.id == row["id"]).values(changes))
                        counts[table.name] += 1
            if not rows:
                break
            after = rows[-1]["id"]
    return counts
