"""Encrypts what visitors say about themselves in a request."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.cipher import FieldCipher, Unreadable
from assistant.keys import load_keys

__all__ = ["ContactCipher", "Unreadable"]


class ContactCipher(FieldCipher):
    """Writes and reads the encrypted fields of requests."""

    def __init__(self, key: bytes, earlier: Sequence[bytes] = ()) -> None:
        super().__init__(key, "bookings", earlier)

    @classmethod
    def load(cls) -> ContactCipher:
        """The cipher of this installation: the key is `BOOKINGS_KEY`, else `bookings.key`, created when absent.

        Raises: KeyProblem.
        """
        key, *earlier = load_keys("BOOKINGS_KEY", "bookings.key")
        return cls(key, earlier)
