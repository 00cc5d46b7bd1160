"""Figures of a process for the clinic's monitoring, in Prometheus' text form, on this machine only.

They are served by a listener of their own (`METRICS_PORT`), never on a port that visitors reach. No label holds
anything of a visitor: channels, kinds, outcomes and reasons are words of ours, from fixed lists.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram, start_http_server
from prometheus_client.gc_collector import GCCollector
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

logger = structlog.get_logger()

HOST = "127.0.0.1"
_REST = "rest"
_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
_REASONS = {
    400: "unreadable",
    401: "unsigned",
    403: "forbidden",
    404: "unknown",
    410: "deleted",
    413: "too_long",
    429: "too_many",
    503: "not_ready",
}
# What became of a message.
ANSWERED, APOLOGISED, SAFETY, KEPT_FOR_STAFF = "answered", "apologised", "safety", "kept_for_staff"
# What became of something that is sent.
DELIVERED, FAILED, GIVEN_UP = "delivered", "failed", "given_up"


def new_registry() -> CollectorRegistry:
    """What one kind of process tells, beginning with its memory, processor time and open files."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return registry


SERVER, DELIVERY, CONSOLE = new_registry(), new_registry(), new_registry()

RECEIVED = Counter(
    "assistant_messages_received", "Messages of visitors that were taken in.", ["channel"], registry=SERVER
)
DONE = Counter(
    "assistant_messages_answered",
    "Messages that were dealt with, by outcome.",
    ["channel", "outcome"],
    registry=SERVER,
)
REFUSED = Counter(
    "assistant_requests_refused", "Requests to a channel that were refused.", ["channel", "reason"], registry=SERVER
)
ANSWER_SECONDS = Histogram(
    "assistant_answer_seconds",
    "Time from a message to its answer.",
    ["channel"],
    buckets=_SECONDS,
    registry=SERVER,
)
ALERTS = Counter("assistant_danger_alerts", "Alerts to staff of somebody in danger.", ["kind"], registry=SERVER)
STORE_FAILURES = Counter("assistant_store_failures", "Times that the store did not answer.", registry=SERVER)
REPLIES = Counter(
    "assistant_replies_sent", "Parts of replies that a platform was sent.", ["channel", "outcome"], registry=SERVER
)
MODEL_REFUSED = Counter(
    "assistant_model_refused", "Models that were not loaded, as no manifest lists them as they are.", registry=SERVER
)

NOTIFICATIONS = Counter(
    "assistant_outbox_deliveries",
    "Messages about requests that a receiver was sent.",
    ["target", "outcome"],
    registry=DELIVERY,
)
ALERTS_SENT = Counter(
    "assistant_alert_deliveries", "Alerts of danger that a receiver was sent.", ["target", "outcome"], registry=DELIVERY
)

REQUESTS = Counter("assistant_console_requests", "Requests to the web pages.", ["area", "status"], registry=CONSOLE)
REQUEST_SECONDS = Histogram(
    "assistant_console_request_seconds",
    "Time that a web page took.",
    ["area"],
    buckets=_SECONDS,
    registry=CONSOLE,
)
ERRORS = Counter("assistant_console_errors", "Requests to the web pages that failed on our side.", registry=CONSOLE)


@dataclass(frozen=True)
class Backlog:
    """Things that wait: how many, and for how many seconds the oldest has."""

    count: int = 0
    oldest: float = 0.0


def received(channel: str) -> None:
    """Count a message that was taken in."""
    RECEIVED.labels(_named(channel)).inc()


def answered(channel: str, outcome: str, seconds: float | None = None) -> None:
    """Count a message that was dealt with.

    Args:
        seconds: since it came in; None where nobody waited for an answer.
    """
    DONE.labels(_named(channel), outcome).inc()
    if seconds is not None:
        ANSWER_SECONDS.labels(_named(channel)).observe(max(seconds, 0.0))  # clocks are set back


def refused(channel: str, status: int) -> None:
    """Count a refused request by why."""
    REFUSED.labels(_named(channel), _REASONS.get(status, "other")).inc()


def reply_sent(channel: str, outcome: str) -> None:
    """Count a part of a reply that was sent to a platform, or was not taken by it."""
    REPLIES.labels(_named(channel), outcome).inc()


def gauge(name: str, text: str, labels: Iterable[str] = ()) -> GaugeMetricFamily:
    """A figure that is read when it is asked for."""
    return GaugeMetricFamily(name, text, labels=list(labels))


def port(environment: str | None = None) -> int | None:
    """The port of `METRICS_PORT`; None where there is none, and nothing listens.

    Raises: ValueError.
    """
    text = os.environ.get("METRICS_PORT", "") if environment is None else environment
    if not text:
        return None
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise ValueError("METRICS_PORT must be a port number")
    return int(text)


def listen(registry: CollectorRegistry) -> None:
    """Serve a registry, if a port is set. One that is taken is logged: visitors are answered without monitoring too."""
    at = port()
    if at is None:
        return
    try:
        start_http_server(at, addr=HOST, registry=registry)
    except OSError as error:
        logger.error("metrics.listen.failed", port=at, reason=type(error).__name__)
        return
    logger.info("metrics.listening", port=at)


def _named(channel: str) -> str:
    return channel or _REST  # the only channel whose conversations' ids begin with no name of ours
