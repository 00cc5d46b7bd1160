"""Encrypts what visitors say about themselves, so that a copy of the database alone tells nobody anything.

AES-256-GCM with a fresh random nonce. The name of the field is authenticated with the text: a value that is moved into
another column no longer opens. Each value names the key that it was written with, so a wrong key is told from damage.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import logging
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from assistant.settings import var_dir

logger = logging.getLogger(__name__)

KEY_BYTES = 32
_KEY_ID_BYTES = 4
_NONCE_BYTES = 12


class KeyProblem(ValueError):
    """The key is not one: the text says where it comes from, never what it holds."""


class Unreadable(ValueError):
    """A stored value does not open: another key, another field, or damage."""


class ContactCipher:
    """Writes and reads the encrypted fields of requests."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise KeyProblem(f"the key has to be {KEY_BYTES} bytes")
        self._key = key
        self._aead = AESGCM(key)
        self._key_id = hashlib.sha256(b"bookings key id" + key).digest()[:_KEY_ID_BYTES]

    @classmethod
    def load(cls) -> ContactCipher:
        """The cipher of this installation: the key is `BOOKINGS_KEY`, else `bookings.key`, created when absent.

        Raises:
            KeyProblem: `BOOKINGS_KEY` or the file holds something else than 32 bytes in base64.
        """
        text = os.environ.get("BOOKINGS_KEY")
        if text:
            return cls(_decode(text, "BOOKINGS_KEY"))
        path = var_dir() / "bookings.key"
        if not path.exists():
            _create(path)
        _close_to_others(path)
        return cls(_decode(path.read_text(encoding="ascii", errors="replace"), path.name))

    def encrypt(self, text: str, field: str) -> bytes:
        """The text as it is stored in the named field, e.g. `requests.name`; never the same twice."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return self._key_id + nonce + self._aead.encrypt(nonce, text.encode("utf-8"), field.encode("utf-8"))

    def decrypt(self, blob: bytes, field: str) -> str:
        """The text that was stored in the named field.

        Raises:
            Unreadable: it was written with another key or into another field, or it is damaged.
        """
        key_id, nonce, sealed = (
            blob[:_KEY_ID_BYTES],
            blob[_KEY_ID_BYTES : _KEY_ID_BYTES + _NONCE_BYTES],
            blob[_KEY_ID_BYTES + _NONCE_BYTES :],
        )
        if key_id != self._key_id:
            raise Unreadable(f"{field}: written with another key")
        try:
            return self._aead.decrypt(nonce, sealed, field.encode("utf-8")).decode("utf-8")
        except (InvalidTag, ValueError):  # ValueError: too short to hold a nonce
            raise Unreadable(f"{field}: damaged, or from another field") from None

    def derive(self, label: str) -> bytes:
        """A key of its own for another purpose (e.g. `booking-link`), from which nobody gets back to this one."""
        return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=label.encode("utf-8")).derive(self._key)

    def __repr__(self) -> str:
        return "ContactCipher(***)"


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
        file.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
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
        logger.warning("bookings.key.closed: %s was open to others (mode %o); it is the owner's only now", path, mode)
