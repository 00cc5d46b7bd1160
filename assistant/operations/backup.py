"""`python -m assistant backup FOLDER|FILE`: a copy of all that an installation needs but its keys, while it runs.

The order matters: the turns that wait on the disk are copied before the databases. One that is stored in between is in
both, and is then stored once; the other way round it would be in neither.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from assistant import live_pointer
from assistant.database import VERSION_TABLES, database_url, open_database
from assistant.operations import keyring, postgres_copy, sqlite_copy
from assistant.operations.archive import Writer
from assistant.settings import var_dir

SQLITE, POSTGRESQL = "sqlite", "postgresql"
PREFIX, SUFFIX = "assistant-", ".backup"
LEDGER = "erased.log"


class NothingThere(ValueError):
    """There is no database to make a backup of."""


@dataclass(frozen=True)
class Made:
    """A backup that was made.

    Attributes:
        parts: what is in it, for people.
    """

    path: Path
    size: int
    parts: list[str]


def backup(target: Path, keep: int | None = None) -> Made:
    """Make a backup; in a folder it is named by the time.

    Args:
        keep: how many backups stay in the folder, the newest; None: all.

    Raises: NothingThere, KeyProblem, OSError, and what the databases raise.
    """
    path = target / _name() if target.is_dir() else target
    with tempfile.TemporaryDirectory(dir=_work_folder()) as scratch, Writer(path, keyring.seal_key()) as writer:
        parts = [*_add_files(writer), *_add_live_model(writer)]
        about = _add_databases(writer, Path(scratch), parts)
        writer.finish(about | {"at": datetime.now(timezone.utc).isoformat(), "keys": keyring.check_values()})
    if target.is_dir() and keep is not None:
        for old in sorted(target.glob(f"{PREFIX}*{SUFFIX}"))[: -max(keep, 1)]:
            old.unlink()
    return Made(path, path.stat().st_size, parts)


def sqlite_files() -> dict[str, Path]:
    """The file of each area, on SQLite."""
    return {area: Path(str(make_url(database_url(area)).database)) for area in VERSION_TABLES}


def is_sqlite() -> bool:
    """Whether the databases are files."""
    return make_url(database_url(next(iter(VERSION_TABLES)))).get_backend_name() == SQLITE


def revision_of_file(path: Path, area: str) -> str | None:
    """How far an area's tables are in a database file; None if it has none."""
    with closing(sqlite3.connect(path)) as connection, suppress(sqlite3.OperationalError):
        query = f"SELECT version_num FROM {VERSION_TABLES[area]}"  # noqa: S608 - a name of ours
        row = connection.execute(query).fetchone()
        return str(row[0]) if row else None
    return None


def _add_databases(writer: Writer, scratch: Path, parts: list[str]) -> dict[str, Any]:
    about = _add_sqlite(writer, scratch) if is_sqlite() else _add_postgres(writer, scratch)
    if not about["revisions"]:
        raise NothingThere("there is no database yet")
    parts.extend(f"database of {area}, revision {revision}" for area, revision in sorted(about["revisions"].items()))
    return about


def _add_sqlite(writer: Writer, scratch: Path) -> dict[str, Any]:
    areas = {area: path for area, path in sqlite_files().items() if path.exists()}
    copies = sqlite_copy.copy({path: f"{area}.sqlite" for area, path in areas.items()}, scratch)
    for copied in copies.values():
        writer.add(f"db/{copied.name}", copied)
    found = {area: revision_of_file(copies[path], area) for area, path in areas.items()}
    revisions = {area: revision for area, revision in found.items() if revision}
    return {"database": SQLITE, "revisions": revisions, "files": {area: copies[areas[area]].name for area in revisions}}


def _add_postgres(writer: Writer, scratch: Path) -> dict[str, Any]:
    engine = open_database(database_url(next(iter(VERSION_TABLES))))
    try:
        tables, revisions = postgres_copy.copy(engine, scratch)
    finally:
        engine.dispose()
    for table in tables:
        writer.add(f"db/{table}.copy", scratch / f"{table}.copy")
    return {"database": POSTGRESQL, "revisions": revisions, "tables": list(tables.items())}


def _add_files(writer: Writer) -> Iterator[str]:
    """The turns that wait, and what was erased."""
    count = 0
    for path in sorted([*(var_dir() / "spool").glob("*.turns"), *(var_dir() / "spool").glob("*.refused")]):
        with suppress(FileNotFoundError):  # stored just now, and so in the database
            writer.add(f"spool/{path.name}", path)
            count += 1
    yield f"turns that wait on the disk: {count} files"
    if (var_dir() / LEDGER).exists():
        writer.add(LEDGER, var_dir() / LEDGER)
        yield "what was erased for good"


def _add_live_model(writer: Writer) -> Iterator[str]:
    """The model that staff have published, if one is live, and the pointer to it."""
    with suppress(live_pointer.PointerUnreadable):
        live = live_pointer.read()
        if live is None:
            return
        writer.add("models/live.json", live_pointer.pointer())
        if live.path.is_relative_to(live_pointer.folder()) and live.path.exists():
            writer.add(f"models/{live.path.name}", live.path)
            yield f"published model {live.path.name}"


def _name() -> str:
    return f"{PREFIX}{datetime.now(timezone.utc):%Y%m%dT%H%M%S.%fZ}{SUFFIX}"


def _work_folder() -> Path:
    """A place for copies on the way, for their owner only; what a backup that was killed has left is removed."""
    folder = var_dir() / "run" / "backup"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for left in folder.iterdir():
        if _age(left) > 24 * 3600:
            shutil.rmtree(left, ignore_errors=True)
    return folder


def _age(path: Path) -> float:
    with suppress(FileNotFoundError):
        return datetime.now().timestamp() - path.stat().st_mtime
    return 0.0
