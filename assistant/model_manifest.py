"""The release manifest: the SHA-256 of every model that may be loaded.

A model is an archive of objects that are brought to life as they are read: whoever can change the file runs code in the
server. So training and publishing write down what they have made, in `manifest.json` beside it, and a server loads
nothing that is not listed there byte for byte. The manifest tells damage and exchange of a model's file; who may write
the manifest as well is kept away by the folder's owner and mode (docs/operations.md).
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAME = "manifest.json"
TRAINING, PUBLISHING, RESTORED = "training", "publishing", "restored"
_BLOCK = 1 << 20


class ModelNotListed(ValueError):
    """A model's file is not one that training or publishing has made; the text names it."""


def add(model: Path, source: str) -> str:
    """List a model that has just been made; its SHA-256. Those whose files are gone are left out from now on.

    Raises: OSError.
    """
    sha256 = digest(model)
    with _alone(model.parent):
        entries = {name: entry for name, entry in _read(model.parent).items() if (model.parent / name).exists()}
        entries[model.name] = {"sha256": sha256, "source": source, "at": time.time()}
        _replace(model.parent / NAME, json.dumps(entries, indent=1, sort_keys=True) + "\n")
    return sha256


def listed(model: Path) -> str | None:
    """The SHA-256 that a model should have; None if none is listed."""
    entry = _read(model.parent).get(model.name)
    sha256 = entry.get("sha256") if isinstance(entry, dict) else None
    return sha256 if isinstance(sha256, str) else None


def check(model: Path) -> None:
    """Make sure that a model is the file that was made. Raises: ModelNotListed, OSError."""
    expected = listed(model)
    if expected is None:
        raise ModelNotListed(f"{model.name} is not listed in {NAME}")
    if digest(model) != expected:
        raise ModelNotListed(f"{model.name} is not the file that is listed in {NAME}")


def is_whole(model: Path) -> bool:
    """Whether a model is there, and is the file that was made."""
    try:
        check(model)
    except (ModelNotListed, OSError):
        return False
    return True


def digest(path: Path) -> str:
    """The SHA-256 of a file. Raises: OSError."""
    sha256 = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            sha256.update(block)
    return sha256.hexdigest()


def _read(folder: Path) -> dict[str, Any]:
    """What a folder's manifest lists; nothing if it cannot be read, and then nothing is loaded."""
    try:
        entries = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return entries if isinstance(entries, dict) else {}


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two that write at once would lose the first one's line."""
    with open(folder / f".{NAME}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _replace(path: Path, text: str) -> None:
    new = path.with_name(f"{path.name}.{os.getpid()}")
    with open(os.open(new, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o644), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, path)
