"""Encrypts single fields, so that a copy of the database alone tells nobody anything.

AES-256-GCM with a fresh random nonce. The name of the field is authenticated with the text: a value that is moved into
another column no longer opens. Each value names the key that it was written with, so a wrong key is told from damage.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence

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
        earlier: keys that were written with before, newest first; values of theirs still open.
    """

    def __init__(self, key: bytes, purpose: str, earlier: Sequence[bytes] = ()) -> None:
        keys = [key, *earlier]
        if any(len(one) != KEY_BYTES for one in keys):
            raise KeyProblem(f"the key has to be {KEY_BYTES} bytes")
        ids = [hashlib.sha256(f"{purpose} key id".encode() + one).digest()[:_KEY_ID_BYTES] for one in keys]
        self._key_id = ids[0]
        self._aeads = {key_id: AESGCM(one) for key_id, one in zip(ids, keys)}
        self._first = keys[-1]

    def encrypt(self, text: str, field: str) -> bytes:
        """The text as it is stored in the named field, e.g. `requests.name`; never the same twice."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return (
            self._key_id + nonce + self._aeads[self._key_id].encrypt(nonce, text.encode("utf-8"), field.encode("utf-8"))
        )

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
        if key_id not in self._aeads:
            raise Unreadable(f"{field}: written with another key")
        try:
            return self._aeads[key_id].decrypt(nonce, sealed, field.encode("utf-8")).decode("utf-8")
        except (InvalidTag, ValueError):  # ValueError: too short to hold a nonce
            raise Unreadable(f"{field}: damaged, or from another field") from None

    def again(self, blob: bytes, field: str) -> bytes | None:
        """A stored value written anew with the present key; None if it is written with that. Raises: Unreadable."""
        return None if blob[:_KEY_ID_BYTES] == self._key_id else self.encrypt(self.decrypt(blob, field), field)

    def derive(self, label: str) -> bytes:
        """A key of its own for another purpose (e.g. `booking-link`), from which nobody gets back to this one.

        It comes from the very first key, so that pseudonyms and links stay what they are when keys change.
        """
        return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=label.encode("utf-8")).derive(self._first)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(***)"
