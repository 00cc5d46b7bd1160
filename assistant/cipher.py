"""Encrypts single fields, so that a copy of the database alone tells nobody anything.

AES-256-GCM with a fresh random nonce. The name of the field is authenticated with the text: a value that is moved into
another column no longer opens. Each value names the key that it was written with, so a wrong key is told from damage.
"""

from __future__ import annotations

import hashlib
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from assistant.keys import KEY_BYTES, KeyProblem

_KEY_ID_BYTES = 4
_NONCE_BYTES = 12


class Unreadable(ValueError):
    """A stored value does not open: another key, another field, or damage."""


class FieldCipher:
    """Writes and reads encrypted fields.

    Args:
        purpose: what the key is for; goes into its id, which every value names.
    """

    def __init__(self, key: bytes, purpose: str) -> None:
        if len(key) != KEY_BYTES:
            raise KeyProblem(f"the key has to be {KEY_BYTES} bytes")
        self._key = key
        self._aead = AESGCM(key)
        self._key_id = hashlib.sha256(f"{purpose} key id".encode() + key).digest()[:_KEY_ID_BYTES]

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
        return f"{type(self).__name__}(***)"
