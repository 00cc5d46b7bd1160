"""Lets a person back to their request by its reference and their contact, and nobody who guesses.

Wrong pairs are counted for whoever asks and for the reference: neither gets more than a few tries an hour. Nothing
tells which half of a pair was wrong.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from assistant.database import serialise
from bookings.models import FailedLookup
from bookings.secrets import ContactCipher

WINDOW = timedelta(hours=1)
ATTEMPTS = 5


class TooManyAttempts(Exception):
    """Too many wrong pairs: the next try is possible from `retry_at` on."""

    def __init__(self, retry_at: datetime) -> None:
        super().__init__("too many wrong pairs of reference and contact")
        self.retry_at = retry_at


class Attempt:
    """One try at a pair, within a transaction. Tries by the same person or at the same reference wait for each other.

    Args:
        who: the conversation or link that asks; no contact data.
        reference: what it tries, None if that cannot be a reference.

    Raises:
        TooManyAttempts: before the pair was looked at.
    """

    def __init__(self, session: Session, who: str, reference: str | None, now: datetime) -> None:
        self._session = session
        self._now = now
        # A conversation that calls itself like a reference must not lock that one.
        self._counted = [f"who {who}"[:255]] + ([f"reference {reference}"] if reference else [])
        serialise(session, *(f"bookings.lookup {name}" for name in self._counted))
        session.execute(sa.delete(FailedLookup).where(FailedLookup.at <= now - WINDOW))
        for name in self._counted:
            times = session.execute(
                sa.select(FailedLookup.at).where(FailedLookup.who == name).order_by(FailedLookup.at)
            )
            failures = times.scalars().all()
            if len(failures) >= ATTEMPTS:
                raise TooManyAttempts(failures[-ATTEMPTS] + WINDOW)

    def failed(self) -> None:
        """Count this one as wrong."""
        self._session.add_all(FailedLookup(who=name, at=self._now) for name in self._counted)


def same_contact(stored: str, given: str, kind: str) -> bool:
    """Whether two spellings are the same phone number or e-mail address, in constant time; an empty one never is.

    Args:
        stored: as in the request; a phone number in E.164.
        given: what somebody says; a phone number in E.164, punctuation does not matter.
    """
    left, right = _plain(stored, kind), _plain(given, kind)
    return hmac.compare_digest(left, right) and left != b""


def contact_hash(cipher: ContactCipher, contact: str, kind: str) -> str:
    """What all spellings of a phone number or an e-mail address have in common, and what tells neither; empty: none.

    Args:
        contact: a phone number in E.164, or an e-mail address.
    """
    plain = _plain(contact, kind) if kind != "none" else b""
    if not plain:
        return ""
    return hmac.new(cipher.derive("contact-hash"), kind.encode() + b"\0" + plain, hashlib.sha256).hexdigest()


def _plain(contact: str, kind: str) -> bytes:
    if kind == "phone":
        return "".join(character for character in contact if character in "0123456789").encode()
    return contact.strip().casefold().encode("utf-8", "surrogatepass")
