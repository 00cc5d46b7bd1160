"""Hand-over to the clinic's own system: a POST, signed as Standard Webhooks asks (https://www.standardwebhooks.com).

The signature shows that it came from us and was not changed; its timestamp lets the receiver refuse what somebody
recorded; the id stays the same when a message is sent again, so that the receiver can drop the second.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
from standardwebhooks import Webhook

from assistant.conversations.alerts import Due as Alert
from bookings.notifications import SEND_SECONDS, DeliveryFailed, DeliveryRefused, Notice, is_loopback
from bookings.notifications.fhir import appointment

_SECRET_PREFIX = "whsec_"  # noqa: S105 - what the standard puts in front of one
_FEWEST_SECRET_BYTES = 24  # the standard's own limit
_RETRIED = frozenset({408, 409, 425, 429})


@dataclass(frozen=True)
class WebhookSettings:
    """Where the clinic's system listens, and the secret that both share."""

    url: str
    secret: str = field(repr=False)


def webhook_settings(env: Mapping[str, str], problems: list[str]) -> WebhookSettings | None:
    """Read BOOKING_WEBHOOK_URL and BOOKING_WEBHOOK_SECRET; None when neither is set.

    What is wrong is added to `problems`, by name and never by value.
    """
    url, secret = env.get("BOOKING_WEBHOOK_URL", ""), env.get("BOOKING_WEBHOOK_SECRET", "")
    if not url and not secret:
        return None
    if not url:
        problems.append("BOOKING_WEBHOOK_URL is missing (BOOKING_WEBHOOK_SECRET is set)")
    elif not _is_safe(url):
        problems.append("BOOKING_WEBHOOK_URL must start with https:// (http:// only for this machine)")
    if not secret:
        problems.append("BOOKING_WEBHOOK_SECRET is missing (BOOKING_WEBHOOK_URL is set)")
    elif not _is_secret(secret):
        problems.append(f"BOOKING_WEBHOOK_SECRET must be whsec_ and base64 of at least {_FEWEST_SECRET_BYTES} bytes")
    return WebhookSettings(url, secret)


class WebhookSender:
    """Posts messages to the clinic's system.

    Args:
        clock: the present moment; receivers refuse a signature that is minutes off.
    """

    def __init__(self, settings: WebhookSettings, clock: Callable[[], datetime]) -> None:
        self._url = settings.url
        self._webhook = Webhook(settings.secret)
        self._clock = clock

    async def send(self, delivery_id: str, notice: Notice) -> None:
        await self._post(delivery_id, webhook_body(notice))

    async def send_alert(self, delivery_id: str, alert: Alert) -> None:
        """Tell the clinic's system of a danger, without a word of what was written."""
        at = datetime.fromtimestamp(alert.created_at, timezone.utc).isoformat(timespec="seconds")
        data = {"conversation_id": alert.conversation_id, "message": alert.number, "kind": alert.kind}
        body = {"type": "conversation.danger", "timestamp": at, "data": data}
        await self._post(delivery_id, json.dumps(body, separators=(",", ":")))

    async def _post(self, delivery_id: str, body: str) -> None:
        now = self._clock().astimezone(timezone.utc)
        headers = {
            "content-type": "application/json",
            "webhook-id": delivery_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._webhook.sign(delivery_id, now, body),
        }
        try:
            async with httpx.AsyncClient(timeout=SEND_SECONDS, follow_redirects=False) as client:
                # Streamed, because only the status counts: an endless answer is not read.
                async with client.stream("POST", self._url, content=body.encode(), headers=headers) as response:
                    self._check(response, now)
        except httpx.HTTPError as error:
            raise DeliveryFailed(type(error).__name__) from error

    def _check(self, response: httpx.Response, now: datetime) -> None:
        code = f"HTTP {response.status_code}"
        if response.is_success:
            return
        if response.is_client_error and response.status_code not in _RETRIED:
            raise DeliveryRefused(code)
        raise DeliveryFailed(code, _retry_after(response.headers.get("retry-after", ""), now))


def webhook_body(notice: Notice) -> str:
    """The JSON text of a message; the same notice always gives the same text."""
    data: dict[str, Any] = {
        name: value for name, value in notice.payload.items() if name not in ("event", "occurred_at")
    }
    data["appointment"] = appointment(notice)
    body = {"type": notice.event, "timestamp": notice.payload["occurred_at"], "data": data}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def _retry_after(value: str, now: datetime) -> timedelta | None:
    """What a Retry-After header asks for: seconds, or the moment when to come back (RFC 9110)."""
    if value.isascii() and value.isdigit():
        return timedelta(seconds=min(int(value), 86_400))
    try:
        return max(parsedate_to_datetime(value) - now, timedelta(0))
    except (TypeError, ValueError):
        return None


def _is_safe(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)))


def _is_secret(secret: str) -> bool:
    try:
        key = base64.b64decode(secret[len(_SECRET_PREFIX) :] + "==")
    except (binascii.Error, ValueError):
        return False
    return secret.startswith(_SECRET_PREFIX) and len(key) >= _FEWEST_SECRET_BYTES
