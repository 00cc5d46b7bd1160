"""What is sent out of the outbox, by e-mail and webhook; this file holds what all of them share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from assistant.clinic import Clinic

SEND_SECONDS = 10


class DeliveryFailed(Exception):
    """The receiver could not take the message now.

    Args:
        code: a class name or a status, without any text of the receiver's.
        retry_after: how long it asked to be left alone.
    """

    def __init__(self, code: str, retry_after: timedelta | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after = retry_after


class DeliveryRefused(DeliveryFailed):
    """The receiver will never take this message."""


@dataclass(frozen=True)
class Notice:
    """What a message tells, as it stood when it happened. Personal data stays out of its representation."""

    event: str
    reference: str
    kind: str
    state: str
    contact_kind: str
    due_at: datetime
    occurred_at: datetime
    appointment_at: datetime | None
    appointment_minutes: int | None
    calendar_sequence: int
    contact: str = field(repr=False)
    payload: Mapping[str, Any] = field(repr=False)

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> Notice:
        """Read the payload of an outbox row.

        Raises: KeyError, ValueError for one that is not as `bookings.requests` writes it.
        """
        at = payload["appointment_at"]
        return cls(
            event=payload["event"],
            reference=payload["reference"],
            kind=payload["kind"],
            state=payload["state"],
            contact_kind=payload["contact_kind"],
            due_at=_moment(payload["due_at"]),
            occurred_at=_moment(payload["occurred_at"]),
            appointment_at=_moment(at) if at else None,
            appointment_minutes=payload["appointment_minutes"],
            calendar_sequence=payload["calendar_sequence"],
            contact=payload["contact"],
            payload=payload,
        )


class Sender(Protocol):
    """Brings messages to one kind of receiver."""

    async def send(self, delivery_id: str, notice: Notice) -> None:
        """Send one message; back only once the receiver has it.

        Raises: DeliveryFailed to try again later, DeliveryRefused to give up.
        """


def clinic_zone(clinic: Clinic) -> ZoneInfo:
    """The time zone of the clinic's clocks."""
    return ZoneInfo(getattr(clinic, "timezone", "") or "America/Los_Angeles")


def in_words(moment: datetime, zone: ZoneInfo) -> str:
    """A moment as the clinic's clock shows it: "Tuesday, March 4, 2025 at 5:00 PM PST"."""
    local = moment.astimezone(zone)
    clock = f"{local:%I:%M %p %Z}".lstrip("0")
    return f"{local:%A, %B} {local.day}, {local.year} at {clock}"


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, so that nothing on the way can read along."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _moment(text: str) -> datetime:
    # Python 3.10 does not read the "Z" that other writers of ISO 8601 prefer.
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return moment
