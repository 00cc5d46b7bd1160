"""The signed link by which a visitor comes back to their request. It names the reference, nothing of the person."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from itsdangerous import BadData, SignatureExpired, TimestampSigner, URLSafeTimedSerializer

LINK_LABEL = "booking-link"  # for ContactCipher.derive: the links' own secret


class Expired(ValueError):
    """The link is real and too old."""


class Forged(ValueError):
    """The link was not made here, or was changed on its way."""


class _Signer(TimestampSigner):
    """Signs with the moment it is told."""

    def __init__(self, *args: Any, now: datetime, **options: Any) -> None:
        super().__init__(*args, **options)
        self._now = int(now.timestamp())

    def get_timestamp(self) -> int:
        return self._now


def sign_link(reference: str, secret: bytes, now: datetime) -> str:
    """The token of a link to a request; safe within a URL.

    Args:
        secret: `ContactCipher.derive(LINK_LABEL)`.
    """
    return _serializer(secret, now).dumps(reference)


def read_link(token: str, secret: bytes, now: datetime, max_age: timedelta) -> str:
    """The reference that a link was made for.

    Raises:
        Expired: it was made more than `max_age` ago.
        Forged: it was not made here, with this secret.
    """
    try:
        reference = _serializer(secret, now).loads(token, max_age=int(max_age.total_seconds()))
    except SignatureExpired:
        raise Expired("the link is too old") from None
    except BadData:
        raise Forged("the link is not one of ours") from None
    return str(reference)


def _serializer(secret: bytes, now: datetime) -> URLSafeTimedSerializer:
    options = {"digest_method": hashlib.sha256, "now": now}
    return URLSafeTimedSerializer(secret, salt=LINK_LABEL, signer=_Signer, signer_kwargs=options)
