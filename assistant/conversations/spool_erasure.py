"""Takes the turns of erased conversations out of the spool, beside the processes that write to it.

A turn is overwritten where it stands by one without words, which is dropped when the spool is replayed: the files keep
their length, so whoever appends to one notices nothing.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO


def erase_spooled(folder: Path, conversation_ids: Collection[str]) -> int:
    """Take the words of conversations out; how many turns that were."""
    count = 0
    for path, start, line, conversation_id in list(_of(folder, conversation_ids)):
        count += 1
        if path.suffix == ".refused":
            path.unlink(missing_ok=True)
            continue
        with suppress(FileNotFoundError), path.open("r+b") as file:  # not there: replayed since, and dropped
            if not line.endswith(b"\n") and not _is_ours(file):
                continue  # its process is still writing it
            file.seek(start)
            file.write(_without_words(line, conversation_id))
            file.flush()
            os.fsync(file.fileno())
    return count


def spooled(folder: Path, conversation_ids: Collection[str]) -> int:
    """How many turns of conversations are still there with words."""
    return sum(1 for _ in _of(folder, conversation_ids))


def _of(folder: Path, conversation_ids: Collection[str]) -> Iterator[tuple[Path, int, bytes, str]]:
    """The lines of conversations, with the file and the place of each."""
    named = {conversation_id: json.dumps(conversation_id).encode() for conversation_id in conversation_ids}
    for path in [*folder.glob("*.turns"), *folder.glob("*.refused")]:
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            continue
        start = 0
        for line in content.splitlines(keepends=True):
            for conversation_id, name in named.items():
                if name in line and not _is_empty(line):
                    yield path, start, line, conversation_id
                    break
            start += len(line)


def _without_words(line: bytes, conversation_id: str) -> bytes:
    """A line of the same length that says nothing."""
    if not line.endswith(b"\n"):
        return b" " * len(line)
    empty: dict[str, Any] = {
        "conversation_id": conversation_id,
        "events": [],
        "first_seq": None,
        "window": None,
        "turn_id": "0",
    }
    return json.dumps(empty).encode().ljust(len(line) - 1)[: len(line) - 1] + b"\n"


def _is_ours(file: BinaryIO) -> bool:
    """Whether the process that wrote a file has ended."""
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _is_empty(line: bytes) -> bool:
    try:
        return json.loads(line)["events"] == []
    except (ValueError, KeyError, TypeError):
        return False
