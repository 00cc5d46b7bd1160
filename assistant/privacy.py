"""One person's conversations: found, handed out whole, erased; and conversations that are kept for too long.

What was erased stays erased. The database remembers it, and so does a file of the data folder (`Ledger`), which a
backup of the database does not turn back.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from assistant.cipher import Unreadable
from assistant.conversations import daily, erasure, models, search
from assistant.conversations.addresses import AddressBook
from assistant.conversations.sealing import opened_event, vault
from assistant.conversations.spool_erasure import erase_spooled, spooled
from assistant.database import empty_log, reading, writing
from assistant.settings import var_dir

CONVERSATION, REQUEST = "conversation", "request"  # what a ledger remembers
_CONVERSATIONS, _MESSAGES, _DELETED = models.Conversation.__table__, models.Message.__table__, models.Deleted.__table__
_MOST_MENTIONS = 20
# Where the id of a conversation may stand; tables that are added later are looked at without being named here.
_ID_COLUMNS = frozenset({"conversation_id", "sender_id"})
_SEALED = {"text", "body"}  # columns that may be encrypted
_UNREADABLE = "cannot be read: it was encrypted with another key"
_TEXTS = {"data", "snapshot", "buttons", "runners_up", "actions", "examples"}  # columns that hold JSON


@dataclass(frozen=True)
class Summary:
    """A conversation, without a word of it."""

    id: str
    channel: str
    started_at: float
    last_at: float
    message_count: int
    booking_reference: str | None


class Ledger:
    """Remembers outside the databases what was erased: ids of conversations, and keyed hashes of requests."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @classmethod
    def load(cls) -> Ledger:
        """The one of this installation."""
        return cls(var_dir() / "erased.log")

    def add(self, kind: str, keys: Iterable[str]) -> None:
        """Remember; it is on the disk when this returns. Raises: OSError."""
        new = sorted(set(keys) - self.read(kind))
        if not new:
            return
        at = datetime.now(timezone.utc).isoformat(timespec="seconds")
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(self._path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600), "ab") as file:
            file.write(b"".join(json.dumps({"kind": kind, "key": key, "at": at}).encode() + b"\n" for key in new))
            file.flush()
            os.fsync(file.fileno())

    def read(self, kind: str) -> set[str]:
        """What it remembers of a kind; a line that a crash has cut off is left out."""
        keys = set()
        for line in self._path.read_bytes().splitlines() if self._path.exists() else []:
            try:
                entry = json.loads(line)
                if entry["kind"] == kind:
                    keys.add(str(entry["key"]))
            except (ValueError, KeyError, TypeError):
                continue
        return keys


def summaries(engine: Engine, conversation_ids: Collection[str]) -> list[Summary]:
    """The conversations that there are, newest first."""
    return _summaries(engine, _CONVERSATIONS.c.id.in_(conversation_ids))


def of_requests(engine: Engine, references: Collection[str]) -> list[Summary]:
    """The conversations that hold a request's reference."""
    return _summaries(engine, _CONVERSATIONS.c.booking_reference.in_(references)) if references else []


def mentioning(engine: Engine, spellings: Iterable[str]) -> list[Summary]:
    """Conversations in which one of some texts was written, in these words and this order; the newest 20."""
    words = " or ".join('"' + spelling.replace('"', " ") + '"' for spelling in spellings if spelling)
    if not words:
        return []
    with reading(engine) as session:
        return _summaries(engine, search.holds(session, words), _MOST_MENTIONS)


def export(engine: Engine, conversation_ids: Collection[str]) -> list[dict[str, Any]]:
    """All rows that are kept of conversations, by table, as JSON has it."""
    exported = []
    with reading(engine) as session:
        for summary in summaries(engine, conversation_ids):
            tables: dict[str, Any] = {}
            for table, column in erasure.COLUMNS.items():
                query = sa.select(table).where(column == summary.id).order_by(*table.primary_key.columns)
                tables[table.name] = [_read(row) for row in session.execute(query).mappings()]
            exported.append({"id": summary.id, "kept": tables})
    return exported


def erase(engine: Engine, conversation_ids: Collection[str], now: float, ledger: Ledger) -> Counter[str]:
    """Delete conversations wherever they stand, for good; how many rows and spooled turns, by table."""
    ledger.add(CONVERSATION, conversation_ids)
    with writing(engine) as session:
        erasure.remember(session, conversation_ids, now)
        counts = erasure.remove(session, conversation_ids)
    counts["spool"] = erase_spooled(var_dir() / "spool", conversation_ids)
    if counts["messages"]:
        erasure.forget_words(engine)
    return counts


def left(engine: Engine, conversation_ids: Collection[str]) -> Counter[str]:
    """How many rows and spooled turns still name conversations, by table; every table that was searched is in it."""
    found: Counter[str] = Counter(spool=spooled(var_dir() / "spool", conversation_ids))
    with reading(engine) as session:
        for table in models.Base.metadata.sorted_tables:
            found[table.name] = 0
            for column in table.c if table is not _DELETED else ():
                if column.name in _ID_COLUMNS or (table is _CONVERSATIONS and column.name == "id"):
                    query = sa.select(sa.func.count()).select_from(table).where(column.in_(conversation_ids))
                    found[table.name] += session.execute(query).scalar_one()
    return found


def keep_erased(engine: Engine, ledger: Ledger, now: float) -> int:
    """Bring database and ledger to the same knowledge of what was erased, and erase what has come back; how much."""
    known = ledger.read(CONVERSATION)
    with writing(engine) as session:
        erased = set(session.execute(sa.select(_DELETED.c.conversation_id)).scalars())
        erasure.remember(session, known - erased, now)
    ledger.add(CONVERSATION, erased - known)
    count = erasure.erase_again(engine)
    if count:
        empty_log(engine)
    return count


def due(engine: Engine, before: float) -> int:
    """How many conversations have been silent since a moment."""
    with reading(engine) as session:
        query = sa.select(sa.func.count()).select_from(_CONVERSATIONS).where(_CONVERSATIONS.c.last_at < before)
        return int(session.execute(query).scalar_one())


def delete_due(engine: Engine, before: float, limit: int) -> Counter[str]:
    """Delete up to `limit` conversations that have been silent since a moment, in one transaction; the rows by table.

    Their visitors may come back and begin anew. The words go from SQLite's search index by `erasure.forget_words`.
    """
    query = sa.select(_CONVERSATIONS.c.id).where(_CONVERSATIONS.c.last_at < before).order_by(_CONVERSATIONS.c.last_at)
    with writing(engine) as session:
        ids = session.execute(query.limit(limit).with_for_update(skip_locked=True)).scalars().all()
        if not ids:
            return Counter()
        daily.seal(session, before)
        return erasure.remove(session, ids)


def _summaries(engine: Engine, condition: Any, limit: int | None = None) -> list[Summary]:
    columns = (_CONVERSATIONS.c[name] for name in Summary.__dataclass_fields__)
    query = sa.select(*columns).where(condition).order_by(_CONVERSATIONS.c.last_at.desc()).limit(limit)
    with reading(engine) as session:
        return [Summary(**row) for row in session.execute(query).mappings()]


def _read(row: Any) -> dict[str, Any]:
    return {name: _json(value) if name in _TEXTS else _opened(name, value) for name, value in row.items()}


def _opened(name: str, value: Any) -> Any:
    """A value; an encrypted one as the person knows it."""
    is_sealed = name in _SEALED and value
    if not isinstance(value, (bytes, memoryview)) and not is_sealed:
        return value
    try:
        return vault().open(value) if is_sealed else AddressBook.load().read(bytes(value))
    except Unreadable:
        return _UNREADABLE


def _json(text: str | None) -> Any:
    try:
        return _opened_events(json.loads(text or "null"))
    except ValueError:
        return text


def _opened_events(value: Any) -> Any:
    """Events with what a form keeps in them readable."""
    if isinstance(value, list):
        return [_opened_events(item) for item in value]
    if not isinstance(value, dict):
        return value
    try:
        return opened_event(value)
    except Unreadable:
        return {**value, "value": _UNREADABLE}
