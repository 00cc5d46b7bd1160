"""Copies of SQLite files while they are written to: all of one moment, for which alone writers wait."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from assistant.operations.archive import BadBackup

_PATIENCE = 10.0  # seconds for one file's write lock
_TRIES = 5
_PAGES = 4096  # that are copied at once


def copy(files: Mapping[Path, str], folder: Path) -> dict[Path, Path]:
    """Copies of files as they were at one moment, under names of ours in a folder. Raises: sqlite3.Error, OSError."""
    copies = {}
    with _snapshots(sorted(files)) as snapshots:
        for path, connection in snapshots.items():
            target = folder / files[path]
            os.close(os.open(target, os.O_CREAT | os.O_EXCL, 0o600))
            with closing(sqlite3.connect(target)) as new:
                connection.backup(new, pages=_PAGES)
                new.execute("PRAGMA journal_mode = DELETE")
            copies[path] = target
    return copies


def check(path: Path) -> None:
    """Make sure that a copy is a whole database. Raises: BadBackup."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            found = connection.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.Error:
        found = None
    if found != ("ok",):
        raise BadBackup(f"{path.name} is no whole database")


def put_in_place(copy_of_it: Path, target: Path) -> None:
    """Replace a database that nobody uses."""
    for path in (copy_of_it, copy_of_it.parent):
        _sync(path)
    remove(target)
    os.replace(copy_of_it, target)
    _sync(target.parent)


def _sync(path: Path) -> None:
    """Bring a file or a folder to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove(path: Path) -> None:
    """Remove a database that nobody uses, with what belongs to it."""
    for suffix in ("-wal", "-shm", ""):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


@contextmanager
def _snapshots(files: list[Path]) -> Iterator[dict[Path, sqlite3.Connection]]:
    """Reading connections that all see the same moment: that at which every file's write lock was ours."""
    for attempt in range(_TRIES):
        with ExitStack() as readers:
            try:
                with ExitStack() as locks:
                    for path in files:
                        lock = locks.enter_context(closing(_open(path)))
                        lock.execute("BEGIN IMMEDIATE")
                    snapshots = {path: readers.enter_context(closing(_open(path))) for path in files}
                    for connection in snapshots.values():
                        connection.execute("BEGIN")
                        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            except sqlite3.OperationalError:  # somebody else wants them in another order
                if attempt == _TRIES - 1:
                    raise
                time.sleep(0.1 * (attempt + 1))
                continue
            yield snapshots
            return


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True, timeout=_PATIENCE, isolation_level=None)
