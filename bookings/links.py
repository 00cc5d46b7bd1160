"""Signed links: to a visitor's request, and to the page on which one is made. They name nothing of the person."""

from __future__ import annotations

from datetime import datetime, timedelta

from assistant import tokens
from bookings.models import Kind

PAGE_LABEL = "booking-page"  # for ContactCipher.derive, as LINK_LABEL
PAGE_LIFETIME = timedelta(hours=24)
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


def sign_page(conversation_id: str, kind: Kind, submission_key: str, secret: bytes, now: datetime) -> str:
    """The token of a link to the page on which the visitor of a conversation makes a request.

    Args:
        submission_key: names the request, so that the page can be sent twice without making two.
        secret: `ContactCipher.derive(PAGE_LABEL)`.
    """
    return tokens.sign(f"{kind.value} {submission_key} {conversation_id}", secret, PAGE_LABEL, now)


def read_page(token: str, secret: bytes, now: datetime) -> tuple[str, Kind, str]:
    """Conversation, kind and submission key of such a link. Raises: tokens.Expired, tokens.Forged."""
    kind, key, conversation_id = tokens.read(token, secret, PAGE_LABEL, now, PAGE_LIFETIME).split(" ", 2)
    return conversation_id, Kind(kind), key
