"""What the environment says about bookings beside the database and its key, and the store wired up with all of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from assistant.clinic import Clinic
from assistant.clock import utc_now
from assistant.database import BOOKINGS, database_url, migrate, open_database
from bookings.deliver import configured_targets
from bookings.notifications import is_loopback
from bookings.requests import BookingStore
from bookings.secrets import ContactCipher
from bookings.slotfile import OfferedSlot
from bookings.slots import SlotBook

LINK_PATH = "/booking"  # a visitor's signed link is this path of the web pages, and the token
PAGE_PATH = "/book"  # and of the link to the page on which a request is made
# As far ahead as a time can be asked for: until then a visitor must be able to cancel.
LINK_LIFETIME = timedelta(days=180)


class BookingSettingsError(ValueError):
    """Variables of the environment that are wrong: all of them, named, without their values."""


@dataclass(frozen=True)
class BookingSettings:
    """How visitors reach the web pages, and whose phone numbers are taken."""

    public_url: str = ""  # without a slash at its end; empty: visitors are given no link
    allow_fictional_phones: bool = False  # 555-01xx, in tests only

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> BookingSettings:
        """Read PUBLIC_URL and ALLOW_FICTIONAL_PHONES.

        Raises: BookingSettingsError naming every variable that is wrong.
        """
        problems = []
        public_url = env.get("PUBLIC_URL", "").rstrip("/")
        if public_url and not is_safe_url(public_url):
            problems.append("PUBLIC_URL must start with https:// (http:// on this machine only) and hold no query")
        fictional = env.get("ALLOW_FICTIONAL_PHONES", "")
        if fictional not in ("", "0", "1"):
            problems.append("ALLOW_FICTIONAL_PHONES must be 1, 0 or empty")
        if problems:
            raise BookingSettingsError("; ".join(problems))
        return cls(public_url, fictional == "1")

    def link(self, token: str) -> str | None:
        """The address at which a visitor finds their request; None where the web pages have no address.

        Args:
            token: of `bookings.links.sign_link`; good for `LINK_LIFETIME`.
        """
        return f"{self.public_url}{LINK_PATH}/{token}" if self.public_url else None

    def page(self, token: str) -> str | None:
        """The address at which a visitor makes a request; None where the web pages have no address.

        Args:
            token: of `bookings.links.sign_page`.
        """
        return f"{self.public_url}{PAGE_PATH}/{token}" if self.public_url else None


def open_store(clinic: Clinic) -> BookingStore:
    """The store of requests of this installation, its tables up to date and the times of `clinic.yml` offered.

    Raises: ValueError naming what is wrong in the environment, or what the database raises.
    """
    targets, cipher = configured_targets(), ContactCipher.load()
    engine = open_database(database_url(BOOKINGS))
    migrate(engine, BOOKINGS)
    SlotBook(engine, utc_now).offer(OfferedSlot(start, clinic.consultation_minutes) for start in clinic.slots)
    return BookingStore(engine, cipher, targets, utc_now)


def is_safe_url(url: str) -> bool:
    """Whether nobody on the way to this address can read what is sent there: https, or this very machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        wanted = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    except ValueError:
        return False
    return wanted and bool(host) and not (parts.query or parts.fragment or parts.username)
