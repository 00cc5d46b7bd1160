"""`python -m assistant restore FILE`: brings an installation back to a backup, and keeps erased what was erased.

What was erased after the backup was made is known from the ledger of the data folder, from the databases that are
replaced, and from the backup's own ledger: all three are honoured before the command ends.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from assistant import live_pointer, model_manifest, privacy
from assistant.conversations.spool_erasure import erase_spooled
from assistant.database import (
    CONVERSATIONS,
    STAFF,
    VERSION_TABLES,
    database_url,
    empty_log,
    migrate,
    open_database,
    revisions,
    writing,
)
from assistant.operations import archive, keyring, postgres_copy, sqlite_copy
from assistant.operations.archive import BadBackup
from assistant.operations.backup import LEDGER, POSTGRESQL, SQLITE, is_sqlite, revision_of_file, sqlite_files
from assistant.operations.erased import keep_erased, learn_erased
from assistant.settings import var_dir
from assistant.startup import InUse, alone


class NotEmpty(ValueError):
    """The installation holds data, which nobody has said may be replaced."""


@dataclass(frozen=True)
class Restored:
    """What was restored.

    Attributes:
        made_at: the moment that the installation is back at.
        erased_again: how many conversations and requests had been erased since, and were again.
        parts: for people.
    """

    made_at: datetime
    seconds: float
    erased_again: int
    parts: list[str]


def restore(path: Path, replace: bool = False) -> Restored:
    """Bring everything back from a backup.

    Args:
        replace: whether data that is there now may go.

    Raises: InUse, NotEmpty, BadBackup, WrongKeys, KeyProblem, OSError, and what the databases raise.
    """
    began = time.monotonic()
    with alone(), _unpacked(path) as (folder, about):
        keyring.compare(about["keys"])
        archive.check_seal(folder, keyring.seal_key())
        _check_database(about)
        if not replace and _holds_data():
            raise NotEmpty("there are databases already; with --replace they go")
        ledger = privacy.Ledger.load()
        learn_erased(ledger, folder / LEDGER)
        parts = _put_back_databases(folder, about)
        parts += [*_put_back_spool(folder), *_put_back_model(folder), *_end_sessions(about)]
        count = keep_erased(ledger)
        erase_spooled(var_dir() / "spool", ledger.read(privacy.CONVERSATION))
        return Restored(datetime.fromisoformat(about["at"]), time.monotonic() - began, count, parts)


@contextmanager
def _unpacked(path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    place = var_dir() / "run"
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place, prefix="restore-") as scratch:
        yield Path(scratch), archive.unpack(path, Path(scratch))


def _check_database(about: dict[str, Any]) -> None:
    """Refuse what this version, or the configured kind of database, cannot hold. Raises: BadBackup, InUse."""
    here = SQLITE if is_sqlite() else POSTGRESQL
    if about["database"] != here:
        raise BadBackup(f"it is of {about['database']}, and DATABASE_URL names {here}")
    for area, revision in about["revisions"].items():
        if area not in VERSION_TABLES or revision not in revisions(area):
            raise BadBackup(f"its tables are of a later version ({area} {revision}): restore with that one")
    if here == POSTGRESQL:
        engine = _engine(CONVERSATIONS)
        try:
            count = postgres_copy.others(engine)
        finally:
            engine.dispose()
        if count:
            raise InUse(f"{count} connections of the assistant's processes to the database: stop them on every machine")


def _holds_data() -> bool:
    if is_sqlite():
        return any(path.exists() and revision_of_file(path, area) for area, path in sqlite_files().items())
    engine = _engine(CONVERSATIONS)
    try:
        return postgres_copy.has_tables(engine)
    finally:
        engine.dispose()


def _put_back_databases(folder: Path, about: dict[str, Any]) -> list[str]:
    if about["database"] == POSTGRESQL:
        engine = _engine(CONVERSATIONS)
        try:
            tables = {str(table): list(columns) for table, columns in about["tables"]}
            postgres_copy.put_in_place(engine, folder / "db", tables, about["revisions"])
        finally:
            engine.dispose()
    else:
        _put_back_files(folder / "db", about)
    return [
        f"database of {area}, written by revision {revision}" for area, revision in sorted(about["revisions"].items())
    ]


def _put_back_files(folder: Path, about: dict[str, Any]) -> None:
    copies = {area: folder / name for area, name in about["files"].items()}
    for area, copy_of_it in copies.items():
        sqlite_copy.check(copy_of_it)
        if revision_of_file(copy_of_it, area) != about["revisions"][area]:
            raise BadBackup(f"the database of {area} is not of the revision that it names")
    for area, copy_of_it in copies.items():  # before any is put in place, so that a failure changes nothing
        engine = open_database(f"sqlite:///{copy_of_it}")
        migrate(engine, area)
        empty_log(engine)
        engine.dispose()
    targets = sqlite_files()
    for target in targets.values():
        if target not in [targets[area] for area in copies]:
            sqlite_copy.remove(target)  # the backup is older than this area
    for copy_of_it, target in {copies[area]: targets[area] for area in copies}.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        staged = target.with_name(f"{target.name}.restored")
        shutil.move(copy_of_it, staged)
        staged.chmod(0o600)
        sqlite_copy.put_in_place(staged, target)


def _put_back_spool(folder: Path) -> list[str]:
    """Turns of the backup join those that wait here: a turn that is stored already is not stored twice."""
    spool, count = var_dir() / "spool", 0
    for path in sorted((folder / "spool").glob("*")):
        spool.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not (spool / path.name).exists():
            shutil.move(path, spool / path.name)
            count += 1
    return [f"turns that waited on the disk: {count} files"] if count else []


def _put_back_model(folder: Path) -> list[str]:
    """The published model and its pointer; a pointer to a model that is not there is as good as none."""
    restored = folder / "models"
    if not (restored / "live.json").exists():
        return []
    target = live_pointer.folder()
    target.mkdir(parents=True, exist_ok=True)
    names = []
    for path in restored.glob("*.tar.gz"):
        shutil.move(path, target / path.name)
        model_manifest.add(target / path.name, model_manifest.RESTORED)
        names.append(f"published model {path.name}")
    shutil.move(restored / "live.json", live_pointer.pointer())
    return names


def _end_sessions(about: dict[str, Any]) -> list[str]:
    """Have everybody of the staff sign in again: who was signed out since would be signed in."""
    if STAFF not in about["revisions"]:
        return []
    engine = _engine(STAFF)
    try:
        with writing(engine) as session:
            session.execute(sa.text("DELETE FROM staff_sessions"))
    finally:
        engine.dispose()
    return ["accounts of staff, all signed out; look whether one was closed since"]


def _engine(area: str) -> Engine:
    return open_database(database_url(area))
