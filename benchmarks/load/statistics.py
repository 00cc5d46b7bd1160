"""Reads what Locust has counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmarks.load.names import CRISIS, MESSAGE, REFUSED


@dataclass(frozen=True)
class Answers:
    """How messages fared; times in milliseconds, rates in a second."""

    answered: int
    rate: float
    p50: float
    p95: float
    p99: float
    refused_rate: float
    refused_p95: float
    crisis_p95: float
    crisis_longest: float
    errors: int


def read(entries: list[dict[str, Any]]) -> Answers:
    """The figures of a run, from Locust's `--json`."""
    named = {entry["name"]: entry for entry in entries}
    message, refused, crisis = (named.get(name) for name in (MESSAGE, REFUSED, CRISIS))
    seconds = _seconds(message)
    return Answers(
        answered=_count(message) + _count(crisis),
        rate=(_count(message) + _count(crisis)) / seconds,
        p50=_share(message, 0.5),
        p95=_share(message, 0.95),
        p99=_share(message, 0.99),
        refused_rate=_count(refused) / seconds,
        refused_p95=_share(refused, 0.95),
        crisis_p95=_share(crisis, 0.95),
        crisis_longest=float(crisis["max_response_time"] or 0) if crisis else 0.0,
        errors=sum(int(entry["num_failures"]) for entry in entries),
    )


def _count(entry: dict[str, Any] | None) -> int:
    return int(entry["num_requests"]) - int(entry["num_failures"]) if entry else 0


def _seconds(messages: dict[str, Any] | None) -> float:
    """How long messages were sent: what is counted beside them may all have come in one of these seconds."""
    if not messages:
        return 1.0
    return max(float(messages["last_request_timestamp"]) - float(messages["start_time"]), 1.0)


def _share(entry: dict[str, Any] | None, share: float) -> float:
    """The time within which that share of requests was done, from the counts of each time."""
    times = sorted((float(time), int(count)) for time, count in (entry or {}).get("response_times", {}).items())
    wanted = share * sum(count for _, count in times)
    for time, count in times:
        wanted -= count
        if wanted <= 0:
            return time
    return 0.0
