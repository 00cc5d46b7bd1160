"""Turns that the database could not take: kept on disk, each synced, until it can.

Every process appends to a file of its own, which it keeps locked; the files of processes that ended are taken over by
whoever replays next.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import structlog

from assistant.conversations.turns import Turn

logger = structlog.get_logger()

_SUFFIX = ".turns"


class Spool:
    """The turns that wait in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._own: IO[bytes] | None = None
        self._lock = threading.Lock()

    def append(self, turn: Turn) -> None:
        """Keep a turn; it is on the disk when this returns. Raises: OSError."""
        with self._lock:
            file = self._own or self._open_own()
            file.write(turn.as_json().encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def set_aside(self, turn: Turn) -> None:
        """Keep a turn that the database refuses, for an engineer to look at."""
        path = self._folder / f"{turn.turn_id}.refused"
        path.write_text(turn.as_json() + "\n", encoding="utf-8")
        path.chmod(0o600)

    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not any(self._folder.glob(f"*{_SUFFIX}"))

    def waiting(self) -> int:
        """How many turns wait, of all processes."""
        return sum(path.read_bytes().count(b"\n") for path in self._folder.glob(f"*{_SUFFIX}"))

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
                    for turn in _read(path):
                        write(turn)
                        count += 1
                    path.unlink()
        return count

    def _open_own(self) -> IO[bytes]:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._folder / f"{os.getpid()}-{secrets.token_hex(4)}{_SUFFIX}"
        self._own = open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND, 0o600), "ab")
        fcntl.flock(self._own, fcntl.LOCK_EX)
        return self._own

    @contextmanager
    def _held(self, path: Path) -> Iterator[bool]:
        """Whether the file is ours for now: our own, or one whose process ended."""
        if self._own is not None and os.path.samestat(os.fstat(self._own.fileno()), path.stat()):
            yield True
            self._own.close()
            self._own = None
            return
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield False
                return
            yield True


def _read(path: Path) -> Iterator[Turn]:
    """The turns of a file; a last line that was cut off by a crash was never promised to anybody."""
    for line in path.read_bytes().splitlines(keepends=True):
        if line.endswith(b"\n"):
            yield Turn.of_json(line.decode())
        else:
            logger.error("conversations.spool.cut_off", bytes=len(line))
