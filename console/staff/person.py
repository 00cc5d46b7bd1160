"""One person, across conversations and requests: found, handed out whole, erased with a check that nothing is left."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

import phonenumbers
from phonenumbers import PhoneNumberFormat
from sqlalchemy.engine import Engine

from assistant import privacy as conversations
from assistant.database import empty_log
from assistant.privacy import REQUEST, Ledger, Summary
from bookings import privacy as requests
from bookings.contact import Found, find_email, find_phone
from bookings.records import RequestView
from bookings.reference import MistypedReference, read_reference
from bookings.requests import BookingStore

LONGEST_SEARCH = 255
_MOST = 200  # requests or conversations of one person
_NOT_READABLE = (
    "Please type a reference, a whole phone number with its area code, an e-mail address, or a conversation's id."
)
_REFERENCE_SLIP = "There is a slip in that reference: please compare it letter by letter."


class NotReadable(ValueError):
    """What was typed cannot be a reference, a contact or a conversation; the text says why."""


@dataclass(frozen=True)
class Linked:
    """A request or conversation that may be the person's.

    Attributes:
        why: how it was found, in words.
        is_sure: whether it is theirs as far as can be told; the others a person has to look at.
    """

    item: Any = field(repr=False)
    why: str
    is_sure: bool


@dataclass(frozen=True)
class Person:
    """All that was found of one person."""

    requests: tuple[Linked, ...]
    conversations: tuple[Linked, ...]

    @property
    def is_nobody(self) -> bool:
        """Whether nothing was found."""
        return not (self.requests or self.conversations)


@dataclass(frozen=True)
class Outcome:
    """What an erasure did.

    Attributes:
        counts: rows and spooled turns that were deleted, by table.
        left: those that still name the person, by table; empty: none.
        searched: how many tables were searched for what is left.
        sent: messages that others had been sent before.
        is_log_empty: whether the files hold nothing of it any more; on PostgreSQL its own clean-up does that.
    """

    conversations: int
    requests: int
    counts: Counter[str]
    left: Counter[str]
    searched: int
    sent: int
    is_log_empty: bool


class People:
    """Finds and erases people in one installation.

    Args:
        conversations: the database of conversations.
        country: two letters, for phone numbers without a country code.
    """

    def __init__(self, conversations: Engine, bookings: BookingStore, country: str) -> None:
        self._conversations = conversations
        self._bookings = bookings
        self._country = country

    def find(self, typed: str) -> Person:
        """Whoever a reference, a phone number, an e-mail address or a conversation's id belongs to.

        Raises: NotReadable.
        """
        typed = typed.strip()[:LONGEST_SEARCH]
        is_conversation = conversations.summaries(self._conversations, [typed])
        if is_conversation:
            own = requests.by_conversations(self._bookings, [typed])
            return self._around(own, "made in this conversation", is_conversation, "the one that you asked for")
        reference = self._reference(typed)
        if reference is not None:
            asked_for = requests.by_references(self._bookings, [reference])
            spoken_of = conversations.of_requests(self._conversations, [reference])
            return self._around(asked_for, "the one that you asked for", spoken_of, "speaks of this request")
        kind, value = self._contact(typed)
        theirs = requests.by_contact(self._bookings, kind, value)
        return self._around(theirs, f"same {_KINDS[kind]}", [], "", _spellings(kind, value))

    def export(self, references: Collection[str], conversation_ids: Collection[str]) -> dict[str, Any]:
        """All that is kept of requests and conversations, as JSON has it."""
        return {
            "requests": requests.export(self._bookings, references),
            "conversations": conversations.export(self._conversations, conversation_ids),
        }

    def erase(self, references: Collection[str], conversation_ids: Collection[str], now: float) -> Outcome:
        """Delete requests and conversations for good, and look for what is left.

        Raises: bookings.privacy.BeingSent.
        """
        ledger, moment = Ledger.load(), datetime.fromtimestamp(now, timezone.utc)
        there = len(conversations.summaries(self._conversations, conversation_ids))
        # The requests first: they may refuse, and then nothing has been done.
        erased = requests.erase(self._bookings, references, conversation_ids, moment)
        ledger.add(REQUEST, [requests.erased_hash(self._bookings.cipher, reference) for reference in references])
        counts = conversations.erase(self._conversations, conversation_ids, now, ledger)
        is_log_empty = all([empty_log(engine) for engine in (self._conversations, self._bookings.engine)])
        left = conversations.left(self._conversations, conversation_ids)
        left.update(requests.left(self._bookings.engine, erased.ids))
        return Outcome(
            conversations=there,
            requests=erased.counts["consultation_requests"],
            counts=+(counts + erased.counts),
            left=+left,
            searched=len(left),
            sent=erased.sent,
            is_log_empty=is_log_empty,
        )

    @staticmethod
    def _reference(typed: str) -> str | None:
        try:
            return None if "@" in typed else read_reference(typed)
        except MistypedReference:
            raise NotReadable(_REFERENCE_SLIP) from None

    def _contact(self, typed: str) -> tuple[str, str]:
        email = find_email(typed) if "@" in typed else None
        if isinstance(email, Found):
            return "email", email.value
        phone = find_phone(typed, self._country, allow_fictional=True)
        if isinstance(phone, Found):
            return "phone", phone.value
        raise NotReadable(_NOT_READABLE)

    def _around(
        self,
        first: Collection[RequestView],
        why_requests: str,
        named: Collection[Summary],
        why_conversations: str,
        spellings: Collection[str] = (),
    ) -> Person:
        """The person of some requests and conversations, and what else belongs to the same contacts."""
        found = {view.reference: Linked(view, why_requests, True) for view in first}
        contacts = {(view.contact_kind, view.contact) for view in first if view.contact_kind in _KINDS and view.contact}
        for kind, value in contacts:
            for view in requests.by_contact(self._bookings, kind, value):
                found.setdefault(view.reference, Linked(view, f"same {_KINDS[kind]}", True))
        talks = {one.id: Linked(one, why_conversations, True) for one in named}
        theirs = {linked.item.conversation_id for linked in found.values()}
        for one in [
            *conversations.summaries(self._conversations, theirs),
            *conversations.of_requests(self._conversations, list(found)),
        ]:
            talks.setdefault(one.id, Linked(one, "one of these requests was made there", True))
        for view in requests.by_conversations(self._bookings, list(talks)):
            other = "made in the same conversation with another contact: is it the same person?"
            found.setdefault(view.reference, Linked(view, other, False))
        written = {*spellings, *(spelling for kind, value in contacts for spelling in _spellings(kind, value))}
        for one in conversations.mentioning(self._conversations, sorted(written)):
            talks.setdefault(one.id, Linked(one, "the contact was written there: please look whose it is", False))
        return Person(tuple(found.values())[:_MOST], tuple(talks.values())[:_MOST])


_KINDS = {"phone": "phone number", "email": "e-mail address"}


def _spellings(kind: str, value: str) -> set[str]:
    """How a contact may have been written in a chat."""
    if kind == "email":
        return {value}
    number = phonenumbers.parse(value)
    formats = (PhoneNumberFormat.E164, PhoneNumberFormat.NATIONAL, PhoneNumberFormat.INTERNATIONAL)
    plain = str(phonenumbers.national_significant_number(number))
    written = {plain, *(phonenumbers.format_number(number, one) for one in formats)}
    groups = re.findall(r"\d+", phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL))
    return written | {sign.join(groups) for sign in " .-"}
