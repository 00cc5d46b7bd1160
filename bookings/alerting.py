"""Sends alerts of danger to staff, beside the messages about requests: by e-mail and webhook, within seconds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Protocol

import structlog
from sqlalchemy.engine import Engine

from assistant import metrics
from assistant.conversations import alerts
from assistant.conversations.alerts import Due
from assistant.database import reading, writing
from bookings.notifications import SEND_SECONDS, DeliveryFailed

logger = structlog.get_logger()

_LOOK_SECONDS = 1.0


class AlertSender(Protocol):
    """Brings alerts to one kind of receiver."""

    async def send_alert(self, delivery_id: str, alert: Due) -> None:
        """Send one alert; back only once the receiver has it. Raises: DeliveryFailed."""


async def run(engine: Engine, senders: Mapping[str, AlertSender], stop: asyncio.Event) -> None:
    """Send what is due until `stop` is set; a database that is away is looked at again a second later."""
    while not stop.is_set():
        for target, sender in senders.items():
            try:
                await send_due(engine, target, sender)
            except Exception as error:  # whatever it is, the next second tries again
                logger.error("alerts.unavailable", error=type(error).__name__)
        try:
            await asyncio.wait_for(stop.wait(), _LOOK_SECONDS)
        except asyncio.TimeoutError:
            continue


async def send_due(engine: Engine, target: str, sender: AlertSender) -> int:
    """Send the alerts that are due for a receiver; how many were tried."""
    due = await asyncio.to_thread(_claim, engine, target)
    await asyncio.gather(*(_send(engine, sender, target, one) for one in due))
    return len(due)


def _claim(engine: Engine, target: str) -> list[Due]:
    with reading(engine) as session:
        if not alerts.are_due(session, target, time.time()):
            return []
    with writing(engine) as session:
        return alerts.claim(session, target, time.time())


async def _send(engine: Engine, sender: AlertSender, target: str, due: Due) -> None:
    log = logger.bind(delivery=due.delivery_id, target=target, attempt=due.attempts)
    error_code, retry_after = "", None
    try:
        await asyncio.wait_for(sender.send_alert(due.delivery_id, due), SEND_SECONDS)
    except DeliveryFailed as failed:
        error_code, retry_after = failed.code, failed.retry_after
    except Exception as failed:  # a mistake of ours is no reason to tell nobody
        error_code = type(failed).__name__
    await asyncio.to_thread(_note, engine, due, error_code, retry_after.total_seconds() if retry_after else None)
    metrics.ALERTS_SENT.labels(target, metrics.FAILED if error_code else metrics.DELIVERED).inc()
    if error_code:
        log.error("alerts.failed", error=error_code)
    else:
        log.info("alerts.delivered", seconds=round(time.time() - due.created_at, 1))


def _note(engine: Engine, due: Due, error: str, retry_after: float | None) -> None:
    with writing(engine) as session:
        if error:
            alerts.put_off(session, due, error, retry_after, time.time())
        else:
            alerts.delivered(session, due.id, time.time())
