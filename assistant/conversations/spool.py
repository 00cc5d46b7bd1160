"""Turns that the database could not take: kept on disk, each synced, until it can.

Every process appends to a file of its own, which it keeps locked; the files of processes that ended are taken over by
whoever replays next.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import structlog

from assistant.conversations.turns import Turn

logger = structlog.get_logger()

_SUFFIX = ".turns"


class Spool:
    """The turns that wait in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._own: BinaryIO | None = None
        self._lock = threading.Lock()

    def append(self, turn: Turn) -> None:
        """Keep a turn; it is on the disk when this returns. Raises: OSError."""
        with self._lock:
            file = self._own or self._open_own()
            size = os.fstat(file.fileno()).st_size
            try:
                _write(file, turn.as_json().encode() + b"\n")
            except OSError:
                os.ftruncate(file.fileno(), size)  # the caller keeps the turn, and may bring it again
                raise

    def set_aside(self, turn: Turn) -> None:
        """Keep a turn that the database refuses, for an engineer to look at. Raises: OSError."""
        self._set_aside(turn.turn_id, turn.as_json().encode() + b"\n")

    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not any(self._folder.glob(f"*{_SUFFIX}"))

    def waiting(self) -> int:
        """How many turns wait, of all processes."""
        count = 0
        for path in self._folder.glob(f"*{_SUFFIX}"):
            with suppress(FileNotFoundError):  # somebody has replayed it just now
                count += path.read_bytes().count(b"\n")
        return count

    def replay(self, write: Callable[[Turn], None]) -> int:
        """Hand over all turns that no other running process keeps, oldest first; what was handed over is dropped.

        Args:
            write: stores a turn; it is called again with the same turn if this process dies, or if it raises.

        Returns: how many were handed over.
        """
        count = 0
        with self._lock:
            for path in sorted(self._folder.glob(f"*{_SUFFIX}")):
                with self._held(path) as held:
                    if not held:
                        continue
                    for turn in self._read(path):
                        write(turn)
                        count += 1
                    path.unlink()
        return count

    def _open_own(self) -> BinaryIO:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._folder / f"{os.getpid()}-{secrets.token_hex(4)}{_SUFFIX}"
        new = path.with_suffix(".new")
        file = _create(new, os.O_APPEND)
        fcntl.flock(file, fcntl.LOCK_EX)
        new.rename(path)  # under this name others look at it, and find it locked
        self._sync_folder()
        self._own = file
        return file

    def _set_aside(self, name: str, line: bytes) -> None:
        path = self._folder / f"{name}.refused"
        with _create(path, os.O_TRUNC) as file:
            _write(file, line)
        self._sync_folder()

    def _sync_folder(self) -> None:
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _read(self, path: Path) -> Iterator[Turn]:
        """The turns of a file; a last line that was cut off by a crash was never promised to anybody."""
        for line in path.read_bytes().splitlines(keepends=True):
            if not line.endswith(b"\n"):
                logger.error("conversations.spool.cut_off", bytes=len(line))
                continue
            try:
                turn = Turn.of_json(line.decode())
            except (ValueError, KeyError, TypeError) as error:
                self._set_aside(hashlib.sha256(line).hexdigest()[:32], line)
                logger.error("conversations.spool.unreadable", reason=type(error).__name__)
                continue
            yield turn

    @contextmanager
    def _held(self, path: Path) -> Iterator[bool]:
        """Whether the file is ours for now: our own, or one whose process ended."""
        try:
            file = path.open("rb")
        except FileNotFoundError:  # somebody has replayed it just now
            yield False
            return
        with file:
            if self._own is not None and os.path.samestat(os.fstat(self._own.fileno()), os.fstat(file.fileno())):
                yield True
                self._own.close()
                self._own = None
                return
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield False
                return
            yield os.fstat(file.fileno()).st_nlink > 0


def _create(path: Path, flags: int) -> BinaryIO:
    """A file that only its owner reads."""
    return open(os.open(path, os.O_CREAT | os.O_WRONLY | flags, 0o600), "ab", buffering=0)


def _write(file: BinaryIO, data: bytes) -> None:
    """Write all of it, to the disk. Raises: OSError."""
    while data:
        data = data[file.write(data) :]
    os.fsync(file.fileno())
