"""The signed link by which a visitor comes back to their request. It names the reference, nothing of the person."""

from __future__ import annotations

from datetime import datetime, timedelta

from assistant import tokens

LINK_LABEL = "booking-link"  # for ContactCipher.derive: the links' own secret


def sign_link(reference: str, secret: bytes, now: datetime) -> str:
    """The token of a link to a request; safe within a URL.

    Args:
        secret: `ContactCipher.derive(LINK_LABEL)`.
    """
    return tokens.sign(reference, secret, LINK_LABEL, now)


def read_link(token: str, secret: bytes, now: datetime, max_age: timedelta) -> str:
    """The reference that a link was made for. Raises: tokens.Expired, tokens.Forged."""
    return tokens.read(token, secret, LINK_LABEL, now, max_age)
