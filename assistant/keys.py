"""Secret keys of an installation: from the environment, else from a file that is made when it is missing."""

from __future__ import annotations

import base64
import binascii
import logging
import os
import secrets
from pathlib import Path

from assistant.settings import var_dir

logger = logging.getLogger(__name__)

KEY_BYTES = 32
ENCRYPTING = ("conversations.key", "channels.key", "bookings.key")


class KeyProblem(ValueError):
    """The key is not one: the text says where it comes from, never what it holds."""


def load_key(variable: str, file_name: str) -> bytes:
    """A key: the environment's variable, else the file in the assistant's data folder, created when absent.

    Raises:
        KeyProblem: the variable or the file holds something else than 32 bytes in base64.
    """
    return load_keys(variable, file_name)[0]


def load_keys(variable: str, file_name: str) -> list[bytes]:
    """The keys of a purpose, from where `load_key` has them: the one to write with, then earlier ones, newest first.

    Raises: KeyProblem.
    """
    text = os.environ.get(variable)
    if text and text.split():
        return [_decode(part, variable) for part in text.split()]
    path = var_dir() / file_name
    if not path.exists():
        _create(path)
    _close_to_others(path)
    parts = path.read_text(encoding="ascii", errors="replace").split() or [""]
    return [_decode(part, path.name) for part in parts]


def add_keys() -> list[str]:
    """Put a new key in front of each key file of the data folder that encrypts; their names.

    Keys of the environment are whoever's who set them: there the new one goes in front, with a space between.
    """
    changed = []
    for name in ENCRYPTING:
        path = var_dir() / name
        if path.exists():
            path.with_suffix(".new").write_text(new_key() + "\n" + path.read_text(encoding="ascii"), encoding="ascii")
            path.with_suffix(".new").chmod(0o600)
            path.with_suffix(".new").replace(path)
            _sync_folder(path.parent)
            changed.append(name)
    return changed


def new_key() -> str:
    """A fresh key, as the environment or a file holds it."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def _decode(text: str, source: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise KeyProblem(f"{source}: write {KEY_BYTES} random bytes in base64") from None
    if len(key) != KEY_BYTES:
        raise KeyProblem(f"{source}: write {KEY_BYTES} random bytes in base64; these are {len(key)}")
    return key


def _create(path: Path) -> None:
    """Write a new key, whole or not at all; of several processes at once the first one's key stands."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with open(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(new_key().encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
        _sync_folder(path.parent)
    except FileExistsError:
        return  # another process was first: its key is the one
    finally:
        draft.unlink()


def _sync_folder(folder: Path) -> None:
    """Make the new name survive a power cut: without its key the database is lost."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _close_to_others(path: Path) -> None:
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        path.chmod(0o600)
        logger.warning("keys.closed: %s was open to others (mode %o); it is the owner's only now", path, mode)
