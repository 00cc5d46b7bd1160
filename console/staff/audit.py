"""The audit trail: who of the staff saw or did what. Written before a page is shown: no audit, no view.

Each entry is sealed with a key over its content and the seal before it, so that one which is changed, left out or put
in breaks every later seal. The database itself refuses to rewrite entries. A copy of the last seal, kept elsewhere,
also tells whether the end was cut off.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from assistant.database import reading, serialise, writing
from console.staff.models import AuditEntry

_AUDIT = AuditEntry.__table__
_PAGE = 1000
_FIRST_SEAL = ""


@dataclass(frozen=True)
class Entry:
    """One thing that somebody saw or did.

    Attributes:
        object: the conversation, request, account, … that it was about; empty: none.
        detail: names of what was asked for or changed, a reason; never a patient's data.
    """

    number: int
    at: float
    actor: str
    role: str
    action: str
    object: str
    detail: Mapping[str, Any]
    seal: str


@dataclass(frozen=True)
class Verified:
    """What a check of the whole trail has found; `broken_at` is the first entry that is not as it was written."""

    count: int
    last_seal: str
    broken_at: int | None


class Audit:
    """The trail of one installation.

    Args:
        key: seals the entries.
        clock: the present moment in unix seconds.
    """

    def __init__(self, engine: Engine, key: bytes, clock: Callable[[], float]) -> None:
        self._engine = engine
        self._key = key
        self._clock = clock

    def record(self, actor: str, role: str, action: str, object: str = "", **detail: Any) -> None:
        """Add an entry in a transaction of its own; raises what the database raises if it cannot be stored."""
        with writing(self._engine) as session:
            self.add(session, actor, role, action, object, **detail)

    def add(self, session: Session, actor: str, role: str, action: str, object: str = "", **detail: Any) -> None:
        """Add an entry within a transaction: what is done and its entry are stored together or not at all."""
        serialise(session, "staff.audit")
        query = sa.select(_AUDIT.c.number, _AUDIT.c.seal).order_by(_AUDIT.c.number.desc()).limit(1)
        last = session.execute(query).first()
        values = {
            "number": (last.number if last else 0) + 1,
            "at": self._clock(),
            "actor": actor,
            "role": role,
            "action": action,
            "object": object[:255],
            "detail": json.dumps(detail, sort_keys=True),
        }
        seal = self._seal(values, last.seal if last else _FIRST_SEAL)
        session.execute(_AUDIT.insert().values(**values, seal=seal))

    def entries(
        self, before: int | None = None, limit: int = 100, actor: str = "", object: str = "", action: str = ""
    ) -> list[Entry]:
        """The newest entries, or those before a number; of one actor, about one object, of one action."""
        query = sa.select(_AUDIT).order_by(_AUDIT.c.number.desc()).limit(limit)
        if before is not None:
            query = query.where(_AUDIT.c.number < before)
        for column, value in ((_AUDIT.c.actor, actor), (_AUDIT.c.object, object), (_AUDIT.c.action, action)):
            if value:
                query = query.where(column == value)
        with reading(self._engine) as session:
            return [_entry(row) for row in session.execute(query)]

    def verify(self) -> Verified:
        """Check every entry against its seal and its place."""
        count, seal = 0, _FIRST_SEAL
        for row in self._all():
            values = {name: value for name, value in row.items() if name != "seal"}
            wanted = self._seal(values, seal)
            if row["number"] != count + 1 or not hmac.compare_digest(wanted, row["seal"]):
                return Verified(count, seal, count + 1)
            count, seal = count + 1, row["seal"]
        return Verified(count, seal, None)

    def _all(self) -> Iterator[Mapping[str, Any]]:
        last = 0
        while True:
            query = sa.select(_AUDIT).where(_AUDIT.c.number > last).order_by(_AUDIT.c.number).limit(_PAGE)
            with reading(self._engine) as session:
                page = session.execute(query).mappings().all()
            if not page:
                return
            yield from page
            last = page[-1]["number"]

    def _seal(self, values: Mapping[str, Any], before: str) -> str:
        sealed = json.dumps([before, *(values[name] for name in _SEALED)])
        return hmac.new(self._key, sealed.encode(), hashlib.sha256).hexdigest()


_SEALED = ("number", "at", "actor", "role", "action", "object", "detail")


def _entry(row: Any) -> Entry:
    return Entry(row.number, row.at, row.actor, row.role, row.action, row.object, json.loads(row.detail), row.seal)
