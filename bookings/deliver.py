"""Delivers what waits in the outbox: `python -m bookings.deliver`, once or several times beside each other.

Looks each second, keeps going while the database or a receiver is away, and finishes what it is sending when it is told
to stop. Logs ids and outcomes only.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import TypeVar, cast

import structlog
from sqlalchemy.engine import Engine

from assistant import metrics
from assistant.clinic import Clinic
from assistant.clock import utc_now
from assistant.conversations import alerts
from assistant.database import BOOKINGS, CONVERSATIONS, database_url, open_database
from assistant.logs import JSON, log_format, report
from assistant.settings import var_dir
from assistant.startup import InUse, begin
from bookings import alerting
from bookings.alerting import AlertSender
from bookings.metrics import DeliveryCollector
from bookings.models import Target
from bookings.notifications import SEND_SECONDS, DeliveryFailed, DeliveryRefused, Notice, Sender
from bookings.notifications.email import MailSettings, StaffEmail, VisitorEmail, mail_settings
from bookings.notifications.webhook import WebhookSender, WebhookSettings, webhook_settings
from bookings.outbox import Claimed, Outbox
from bookings.secrets import ContactCipher

logger = structlog.get_logger()
T = TypeVar("T")

# Sent at the same time, so that even ten receivers that hang are done well before the rows come back to others.
BATCH = 10
WAKE_SECONDS = 1.0


class DeliverySettingsError(ValueError):
    """Variables of the environment that are missing or wrong: all of them, named, without their values."""


def configured_targets() -> frozenset[Target]:
    """Whom the environment says how to reach; whoever writes the outbox writes for these.

    Nothing set gives an empty set: requests are then seen in the console only.

    Raises: DeliverySettingsError naming every variable that is missing or wrong.
    """
    mail, webhook = _settings(os.environ)
    targets = {Target.VISITOR_EMAIL: mail, Target.STAFF_EMAIL: mail and mail.staff, Target.WEBHOOK: webhook}
    return frozenset(target for target, settings in targets.items() if settings)


def configured_senders(clinic: Clinic, clock: Callable[[], datetime]) -> dict[Target, Sender]:
    """One sender for each of `configured_targets`; raises what that does."""
    mail, webhook = _settings(os.environ)
    senders: dict[Target, Sender] = {}
    if mail is not None:
        senders[Target.VISITOR_EMAIL] = VisitorEmail(mail, clinic)
    if mail is not None and mail.staff:
        senders[Target.STAFF_EMAIL] = StaffEmail(mail, clinic)
    if webhook is not None:
        senders[Target.WEBHOOK] = WebhookSender(webhook, clock)
    return senders


def alert_senders(senders: Mapping[Target, Sender]) -> dict[str, AlertSender]:
    """Who of the configured senders tells staff of a danger."""
    ways = {Target.STAFF_EMAIL: alerts.EMAIL, Target.WEBHOOK: alerts.WEBHOOK}
    return {ways[target]: cast(AlertSender, sender) for target, sender in senders.items() if target in ways}


async def deliver_due(outbox: Outbox, senders: Mapping[Target, Sender], stop: asyncio.Event | None = None) -> int:
    """Deliver whatever is due by the outbox's clock, each target beside the others; returns how many were tried.

    Args:
        stop: once set, nothing more is begun.

    Raises: what the database raises; what was being sent then comes up again.
    """
    stop = stop or asyncio.Event()
    return sum(await _all(*(_deliver_target(outbox, target, sender, stop) for target, sender in senders.items())))


async def run(outbox: Outbox, senders: Mapping[Target, Sender], stop: asyncio.Event) -> None:
    """Deliver until `stop` is set. A target that hangs does not hold up the others."""
    running: dict[Target, asyncio.Task[None]] = {}
    watch = _DatabaseWatch()
    while not stop.is_set():
        _beat()
        for target, sender in senders.items():
            if target not in running or running[target].done():
                running[target] = asyncio.create_task(watch.over(deliver_due(outbox, {target: sender}, stop)))
        try:
            await asyncio.wait_for(stop.wait(), WAKE_SECONDS)
        except asyncio.TimeoutError:
            continue
    await asyncio.gather(*running.values())


class _DatabaseWatch:
    """Keeps the worker alive while the database is away, and says so once instead of every second."""

    def __init__(self) -> None:
        self._away = False

    async def over(self, work: Awaitable[int]) -> None:
        try:
            await work
        except Exception as error:  # whatever it is, the next second tries again
            if not self._away:
                # The class only: a database's message quotes the row.
                logger.error("booking.outbox.unavailable", error=type(error).__name__)
            self._away = True
        else:
            if self._away:
                logger.info("booking.outbox.available")
            self._away = False


async def _deliver_target(outbox: Outbox, target: Target, sender: Sender, stop: asyncio.Event) -> int:
    tried = 0
    while not stop.is_set() and (batch := await asyncio.to_thread(outbox.claim, BATCH, [target])):
        # A batch never holds two messages of one request, so they can go out together.
        await _all(*(_deliver(outbox, sender, claimed) for claimed in batch))
        tried += len(batch)
    return tried


async def _deliver(outbox: Outbox, sender: Sender, claimed: Claimed) -> None:
    """Send one message and note what came of it; a crash in between leaves it to be sent again."""
    log = logger.bind(delivery=claimed.delivery_id, target=claimed.target.value, attempt=claimed.attempts)
    try:
        notice = Notice.from_payload(claimed.payload)
        await asyncio.wait_for(sender.send(claimed.delivery_id, notice), SEND_SECONDS)
    except DeliveryRefused as error:
        await asyncio.to_thread(outbox.refuse, claimed.id, error.code)
        _count(claimed, metrics.GIVEN_UP)
        log.error("booking.notification.refused", error=error.code)
    except DeliveryFailed as error:
        await asyncio.to_thread(outbox.failed, claimed.id, error.code, error.retry_after)
        _count(claimed, metrics.FAILED)
        log.warning("booking.notification.failed", error=error.code)
    except asyncio.TimeoutError:  # each step of it was quick enough, all of them together were not
        await asyncio.to_thread(outbox.failed, claimed.id, "TimeoutError")
        _count(claimed, metrics.FAILED)
        log.warning("booking.notification.failed", error="TimeoutError")
    except Exception as error:  # a mistake of ours is no reason to lose the message or the ones behind it
        await asyncio.to_thread(outbox.failed, claimed.id, type(error).__name__)
        _count(claimed, metrics.FAILED)
        log.error("booking.notification.crashed", error=type(error).__name__)
    else:
        await asyncio.to_thread(outbox.delivered, claimed.id)
        _count(claimed, metrics.DELIVERED)
        log.info("booking.notification.delivered")


def _count(claimed: Claimed, outcome: str) -> None:
    metrics.NOTIFICATIONS.labels(claimed.target.value, outcome).inc()


async def _all(*work: Awaitable[T]) -> list[T]:
    """Wait for all of it, and only then raise what one of them raised."""
    results = await asyncio.gather(*work, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return [result for result in results if not isinstance(result, BaseException)]


def _settings(env: Mapping[str, str]) -> tuple[MailSettings | None, WebhookSettings | None]:
    problems: list[str] = []
    mail, webhook = mail_settings(env, problems), webhook_settings(env, problems)
    if problems:
        raise DeliverySettingsError("; ".join(problems))
    return mail, webhook


def _beat() -> None:
    """Show whoever watches the process that it goes round: the file's age is the time since the last look."""
    alive = var_dir() / "run" / "deliver.alive"
    alive.parent.mkdir(parents=True, exist_ok=True)
    alive.touch()


async def _until_told(outbox: Outbox, conversations: Engine, senders: Mapping[Target, Sender]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    logger.info("booking.delivery.started", targets=sorted(target.value for target in senders))
    await asyncio.gather(run(outbox, senders, stop), alerting.run(conversations, alert_senders(senders), stop))
    logger.info("booking.delivery.stopped")


def _log_as_wanted() -> None:
    if log_format() == JSON:
        return
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ]
    )


def main() -> None:
    """Deliver until SIGTERM or SIGINT; ends at once, with a line that says why, when a setting is wrong."""
    try:
        _log_as_wanted()
        begin("delivery", metrics.DELIVERY)
        senders = configured_senders(Clinic.load(), utc_now)
        outbox = Outbox(open_database(database_url(BOOKINGS)), ContactCipher.load(), utc_now)
        conversations = open_database(database_url(CONVERSATIONS))
    except (ValueError, InUse) as problem:
        report("bookings.deliver", str(problem))
        sys.exit(1)
    metrics.DELIVERY.register(DeliveryCollector(outbox.engine, conversations, utc_now, list(alert_senders(senders))))
    asyncio.run(_until_told(outbox, conversations, senders))


if __name__ == "__main__":
    main()
