"""Encrypts what visitors say about themselves in a request."""

from __future__ import annotations

from assistant.cipher import FieldCipher, Unreadable
from assistant.keys import load_key

__all__ = ["ContactCipher", "Unreadable"]


class ContactCipher(FieldCipher):
    """Writes and reads the encrypted fields of requests."""

    def __init__(self, key: bytes) -> None:
        super().__init__(key, "bookings")

    @classmethod
    def load(cls) -> ContactCipher:
        """The cipher of this installation: the key is `BOOKINGS_KEY`, else `bookings.key`, created when absent.

        Raises: KeyProblem.
        """
        return cls(load_key("BOOKINGS_KEY", "bookings.key"))
