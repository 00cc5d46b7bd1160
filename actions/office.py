"""What the actions need of the clinic and of the store of requests, opened at the first use."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from actions.reading import Reader
from assistant.clinic import Clinic
from assistant.clock import utc_now
from bookings.links import LINK_LABEL, PAGE_LABEL, sign_link, sign_page
from bookings.models import Kind
from bookings.notifications import in_words
from bookings.requests import BookingStore
from bookings.settings import BookingSettings, open_store
from bookings.slots import FreeSlot, SlotBook


@dataclass(frozen=True)
class Office:
    """The clinic, its store of requests and its calendar, as the actions use them."""

    clinic: Clinic
    settings: BookingSettings
    store: BookingStore
    slots: SlotBook

    @classmethod
    def open(cls, env: Mapping[str, str]) -> Office:
        """Open the store of this installation.

        Raises: ValueError naming what is wrong in the environment or in `clinic.yml`.
        """
        clinic, settings = Clinic.load(), BookingSettings.from_env(env)
        store = open_store(clinic)
        return cls(clinic, settings, store, SlotBook(store.engine, utc_now))

    def reader(self) -> Reader:
        """Reads what visitors type."""
        return Reader(self.clinic, allow_fictional=self.settings.allow_fictional_phones)

    def link(self, reference: str, now: datetime) -> str | None:
        """The address of the page on which a visitor can change a request; None where there is none."""
        return self.settings.link(sign_link(reference, self.store.cipher.derive(LINK_LABEL), now))

    def page(self, conversation_id: str, kind: Kind, now: datetime) -> str | None:
        """The address of the page on which the visitor of a conversation makes a request; None where there is none."""
        secret = self.store.cipher.derive(PAGE_LABEL)
        return self.settings.page(sign_page(conversation_id, kind, secrets.token_urlsafe(16), secret, now))

    def promise(self, due_at: datetime) -> str:
        """What happens next, and by when if the clinic says so."""
        if self.clinic.reply_within_hours is None:
            return "The team will contact you to agree on a time."
        return f"The team will contact you by {self.in_words(due_at)} to agree on a time."

    def in_words(self, moment: datetime) -> str:
        """A moment as people at the clinic say it."""
        return in_words(moment, ZoneInfo(self.clinic.timezone))

    def offered(self, limit: int) -> list[FreeSlot]:
        """The next free times that the clinic offers, if it offers any."""
        return self.slots.free(utc_now(), limit)


@lru_cache(maxsize=1)
def office() -> Office:
    """The office of this process."""
    return Office.open(os.environ)
