"""Signed tokens that say what they are for and when they were made."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from itsdangerous import BadData, SignatureExpired, TimestampSigner, URLSafeTimedSerializer


class Expired(ValueError):
    """The token is real and too old."""


class Forged(ValueError):
    """The token was not made here for this purpose, or was changed on its way."""


class _Signer(TimestampSigner):
    """Signs with the moment it is told."""

    def __init__(self, *args: Any, now: datetime, **options: Any) -> None:
        super().__init__(*args, **options)
        self._now = int(now.timestamp())

    def get_timestamp(self) -> int:
        return self._now


def sign(value: str, secret: bytes, purpose: str, now: datetime) -> str:
    """A token that holds a text, readable to all, made by us; safe within a URL."""
    return _serializer(secret, purpose, now).dumps(value)


def read(token: str, secret: bytes, purpose: str, now: datetime, max_age: timedelta) -> str:
    """The text that a token was made for.

    Raises:
        Expired: it was made more than `max_age` ago.
        Forged: it was not made here, with this secret, for this purpose.
    """
    try:
        value = _serializer(secret, purpose, now).loads(token, max_age=int(max_age.total_seconds()))
    except SignatureExpired:
        raise Expired("the token is too old") from None
    except (BadData, UnicodeError):  # a header may hold what is no text
        raise Forged("the token is not one of ours") from None
    return str(value)


def _serializer(secret: bytes, purpose: str, now: datetime) -> URLSafeTimedSerializer:
    options = {"digest_method": hashlib.sha256, "now": now}
    return URLSafeTimedSerializer(secret, salt=purpose, signer=_Signer, signer_kwargs=options)
