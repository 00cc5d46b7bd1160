"""Stores as large as years of a busy clinic, for `make bench-console`: built once, kept in `var/bench/`.

A few thousand conversations are made up as `assistant demo` does it and read by the store's own projection; the others
are these under other ids, at other times. PostgreSQL takes the rows by COPY and builds its indexes afterwards.
"""

from __future__ import annotations

import io
import json
import random
import shutil
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pgserver
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from assistant.conversations.demo_material import read_material
from assistant.conversations.demo_talk import Talk, Teller
from assistant.conversations.messages import ASSISTANT
from assistant.conversations.projection import Projection
from assistant.conversations.staff_queries import DANGERS
from assistant.conversations.turns import event_row
from assistant.database import CONVERSATIONS, migrate, open_database
from assistant.settings import PROJECT_DIR, var_dir

POSTGRES, SQLITE = "postgresql", "sqlite"
SIZES = {POSTGRES: 200_000, SQLITE: 20_000}  # conversations
RARE_WORD = "quokka"  # in one conversation of RARE_EVERY
_RARE_EVERY = 4000
_DIFFERENT = {POSTGRES: 6000, SQLITE: 3000}  # conversations that are made up, and then used again
_DAYS = 730
_AT_ONCE = 1000
_STAFF = ("dana", "lee", "samira")
_TAGS = ("call-back", "insurance", "side-effects", "follow-up", "feedback", "price")
_DAY = 86400.0
_TABLES: dict[str, tuple[str, ...]] = {
    "conversations": (
        *("id", "started_at", "last_at", "channel", "event_count", "message_count", "window_seq"),
        *("lowest_confidence", "booking_reference", "busy_until", "assigned_to", "reviewed_at", "reviewed_by"),
    ),
    "events": ("sender_id", "timestamp", "seq", "type_name", "intent_name", "action_name", "data"),
    "messages": (
        *("conversation_id", "at", "number", "key", "author", "text", "buttons", "action", "source", "danger"),
        "booking",
    ),
    "predictions": ("conversation_id", "number", "intent", "confidence", "runners_up", "actions"),
    "flags": ("conversation_id", "at", "number", "kind"),
    "feedback": ("conversation_id", "at", "number", "rating", "reason"),
    "acknowledgements": ("conversation_id", "at", "number", "kind", "by"),
    "tags": ("conversation_id", "at", "tag", "by"),
}
_TIMED = {name for name, columns in _TABLES.items() if columns[1] in ("at", "timestamp", "started_at")}


@dataclass
class Pattern:
    """A conversation that is used again and again.

    Attributes:
        rows: by table, without the id; where a row has a moment, that comes first, in seconds since the start.
    """

    channel: str
    length: float
    rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)


@contextmanager
def large_store(kind: str) -> Iterator[Engine]:
    """A large store, built first where there is none yet."""
    folder = var_dir() / "bench" / f"console-{kind}-{_version()}"
    ready = folder.with_suffix(".ready")
    if not ready.exists():
        for old in folder.parent.glob(f"console-{kind}-*"):
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    with _engine(kind, folder) as engine:
        if not ready.exists():
            start = time.perf_counter()
            _build(engine, SIZES[kind], _DIFFERENT[kind])
            ready.touch()
            print(f"{kind}: {SIZES[kind]:,} conversations built in {time.perf_counter() - start:.0f} s", flush=True)
        yield engine


@contextmanager
def _engine(kind: str, folder: Path) -> Iterator[Engine]:
    if kind == SQLITE:
        engine = open_database(f"sqlite:///{folder / 'conversations.db'}")
        yield engine
        engine.dispose()
        return
    server = pgserver.get_server(folder)
    try:
        engine = open_database(server.get_uri())
        yield engine
        engine.dispose()
    finally:
        server.cleanup()


def _version() -> str:
    """Changes with the tables and with what is made up."""
    files = [*sorted((PROJECT_DIR / "migrations" / "conversations").glob("*.py")), Path(__file__)]
    files += sorted((PROJECT_DIR / "assistant" / "conversations").glob("demo_*.py"))
    return f"{zlib.crc32(b''.join(path.read_bytes() for path in files)):08x}"


def _build(engine: Engine, count: int, different: int) -> None:
    migrate(engine, CONVERSATIONS)
    rng = random.Random(7)
    patterns = _patterns(rng, different)
    now = time.time()
    moments = sorted(now - rng.random() * _DAYS * _DAY for _ in range(count))
    indexes = _drop_indexes(engine)
    for start in range(0, count, _AT_ONCE):
        rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in _TABLES}
        for i, at in enumerate(moments[start : start + _AT_ONCE], start):
            _add(rows, rng, patterns[rng.randrange(different)], at, now, i % _RARE_EVERY == 0)
        _insert(engine, rows)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for index in indexes:
            connection.exec_driver_sql(index)
        connection.exec_driver_sql("VACUUM ANALYZE" if indexes else "PRAGMA wal_checkpoint(TRUNCATE)")


def _patterns(rng: random.Random, count: int) -> list[Pattern]:
    teller = Teller(read_material(), rng, lambda wish: f"SR-{wish.key[:4].upper()}-{wish.key[4:8].upper()}")
    return [_pattern(teller.tell(1_000_000.0)) for _ in range(count)]


def _pattern(talk: Talk) -> Pattern:
    seen, start = Projection(1, 0).add(talk.events), talk.started_at
    pattern = Pattern(talk.channel, seen.last_at - start)
    rows = pattern.rows
    counts = (talk.channel, seen.next_seq, len(seen.messages), 0, seen.lowest_confidence, seen.booking_reference)
    rows["conversations"] = [(0.0, pattern.length, *counts)]
    columns = _TABLES["events"][2:]
    events = [(event, event_row("", i, event)) for i, event in enumerate(talk.events)]
    rows["events"] = [(event["timestamp"] - start, *(row[name] for name in columns)) for event, row in events]
    messages = [message.as_row("") for message in seen.messages]
    rows["messages"] = [(row["at"] - start, *(row[name] for name in _TABLES["messages"][2:])) for row in messages]
    rows["predictions"] = [
        (one.number, one.intent, one.confidence, json.dumps(one.runners_up), json.dumps(one.actions))
        for one in seen.predictions
    ]
    rows["flags"] = [(flag.at - start, flag.number, flag.kind) for flag in seen.flags]
    replies = [message.number for message in seen.messages if message.author == ASSISTANT]
    rows["feedback"] = [(one.at - start, replies[one.reply], one.rating, one.reason) for one in talk.ratings]
    return pattern


def _add(
    rows: dict[str, list[tuple[Any, ...]]], rng: random.Random, pattern: Pattern, at: float, now: float, rare: bool
) -> None:
    """Add a conversation that began at a moment, and what staff did about it: of an old one most."""
    conversation_id = f"{pattern.channel}:{rng.getrandbits(128):032x}"
    is_old = at < now - 7 * _DAY
    for name, found in pattern.rows.items():
        if name == "conversations":
            continue
        if name in _TIMED:
            rows[name] += [(conversation_id, at + row[0], *row[1:]) for row in found]
        else:
            rows[name] += [(conversation_id, *row) for row in found]
    if rare:
        first = rows["messages"][-len(pattern.rows["messages"])]
        rows["messages"][-len(pattern.rows["messages"])] = (*first[:5], f"{first[5]} {RARE_WORD}", *first[6:])
    who, last_at = rng.choice(_STAFF), at + pattern.length
    for moment, number, kind in pattern.rows["flags"]:
        if kind in DANGERS and rng.random() < (0.998 if is_old else 0.3):
            rows["acknowledgements"].append((conversation_id, at + moment + 600, number, kind, who))
    if rng.random() < 0.06:
        rows["tags"].append((conversation_id, last_at, rng.choice(_TAGS), who))
    reviewed = (last_at + 3600, who) if rng.random() < (0.9 if is_old else 0.2) else (None, None)
    assigned = who if rng.random() < 0.05 else None
    (head,) = pattern.rows["conversations"]
    rows["conversations"].append((conversation_id, at, last_at, *head[2:], 0.0, assigned, *reviewed))


def _drop_indexes(engine: Engine) -> list[str]:
    """Drop what is quicker to build at the end; the statements that build it."""
    if engine.dialect.name == SQLITE:
        return []
    query = sa.text(
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = ANY(:tables) "
        "AND indexname NOT IN (SELECT conname FROM pg_constraint)"
    )
    with engine.begin() as connection:
        found = connection.execute(query, {"tables": list(_TABLES)}).all()
        for name, _ in found:
            # nosemgrep: sql-built-from-text - a name that the database gave
            connection.exec_driver_sql(f'DROP INDEX "{name}"')
    return [definition for _, definition in found]


def _insert(engine: Engine, rows: dict[str, list[tuple[Any, ...]]]) -> None:
    with engine.begin() as connection:
        cursor = connection.connection.cursor()
        for name, found in rows.items():
            columns = ", ".join(f'"{column}"' for column in _TABLES[name])
            if engine.dialect.name == SQLITE:
                places = ", ".join("?" * len(_TABLES[name]))
                # nosemgrep: sql-built-from-text - names of tables and columns of ours
                cursor.executemany(f"INSERT INTO {name} ({columns}) VALUES ({places})", found)  # noqa: S608
            else:
                lines = "".join("\t".join(map(_copied, row)) + "\n" for row in found)
                cursor.copy_expert(f"COPY {name} ({columns}) FROM STDIN", io.StringIO(lines))


def _copied(value: Any) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, str):
        return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
    return repr(value)
