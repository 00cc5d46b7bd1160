"""`make load`: throughput and waiting times at 1, 2 and 10 times the rated load, and one server beside two.

Locust writes as visitors of the website do, from the dialogues of the e2e tests, to real servers on one PostgreSQL.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from assistant.channels.webchat_settings import WebchatSettings
from assistant.settings import PROJECT_DIR
from benchmarks.load.flood import flooding
from benchmarks.load.statistics import Answers, read
from tests.cluster import ORIGIN, Cluster

RATED = 6.0  # messages a second of one server
STEPS = (1, 2, 10)
_PACE = 0.5  # messages of a visitor in a second
_WARM = 8  # seconds
_FLOOD = 100  # times what a visitor writes
_USUAL_LIMIT = str(WebchatSettings().messages_per_minute)  # as installed; the cluster of the tests sets none
LEAST_KEPT = 0.9  # of the answers that the others get while one visitor floods, beside those without
MOST_FLOODED = 1.5  # p95 of the others while one visitor floods, beside that without
MOST_ADMITTED = 2.0  # p95 of what is taken in at ten times the load, beside that at the rated load
MOST_REFUSAL_MS = 1000.0
MOST_CRISIS_MS = 1000.0


@dataclass(frozen=True)
class Step:
    """What was seen at a load."""

    load: float
    answers: Answers
    cpu_ms: float  # of the servers, for each request that they answered
    memory_mb: float  # of the largest server, afterwards


def main() -> int:
    """Print the table; 1 if a bound is missed."""
    parser = argparse.ArgumentParser(prog="load", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="of each step (%(default)s)")
    parser.add_argument("--servers", type=int, default=2, help="servers to compare with one (%(default)s)")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started is stopped
    one = measure(1, STEPS, arguments.seconds)
    _print("one server", one)
    problems = _judge(one) + _flooded(arguments.seconds)
    more = measure(arguments.servers, (10.0 / 3,), arguments.seconds)
    full = measure(1, (10.0 / 3,), arguments.seconds)
    _print(f"{arguments.servers} servers, more than they can take", more)
    _print("one server, more than it can take", full)
    problems += _compare(full[0], more[0], arguments.servers)
    print("\n" + ("\n".join(f"short: {problem}" for problem in problems) or "every bound is met"))
    return 1 if problems else 0


def measure(servers: int, loads: tuple[float, ...], seconds: int) -> list[Step]:
    """Start that many servers and write to them at each load, in turn."""
    with _running(servers) as cluster:
        return [_step(cluster, load, RATED * load * servers, seconds) for load in loads]


@contextmanager
def _running(servers: int, **environment: str) -> Iterator[Cluster]:
    with tempfile.TemporaryDirectory() as folder:
        cluster = Cluster(Path(folder), servers, **environment)
        try:
            cluster.start()
            _write(cluster, RATED, _WARM)
            yield cluster
        finally:
            cluster.stop()


def _flooded(seconds: int) -> list[str]:
    """Whether one visitor who floods a server makes the others wait, or takes their place."""
    with _running(1, WEBCHAT_MESSAGES_PER_MINUTE=_USUAL_LIMIT) as cluster:
        calm = _step(cluster, 1, RATED, seconds)
        with flooding(cluster.servers[0].url, ORIGIN, _FLOOD * _PACE) as seen:
            flooded = _step(cluster, 1, RATED, seconds)
    _print(f"one server, without and with one visitor who writes {_FLOOD} times as much", [calm, flooded])
    ratio = flooded.answers.p95 / calm.answers.p95
    told = ", ".join(f"{status}: {count}" for status, count in sorted(seen.items()))
    print(f"the others' p95 while one floods, beside without: {ratio:.2f}; the flood was answered with {told}")
    kept = flooded.answers.answered / max(calm.answers.answered, 1)
    problems = [f"others wait {ratio:.2f} times as long while one floods"] if ratio > MOST_FLOODED else []
    return problems + ([f"others get {kept:.0%} of their answers while one floods"] if kept < LEAST_KEPT else [])


def _step(cluster: Cluster, load: float, rate: float, seconds: int) -> Step:
    before = _cpu_s(cluster)
    answers = read(_write(cluster, rate, seconds))
    cpu_ms = 1000 * (_cpu_s(cluster) - before) / max(answers.answered, 1)
    memory = max(process.memory_info().rss for process in _processes(cluster)) / 1e6
    time.sleep(3)
    return Step(load, answers, cpu_ms, memory)


def _write(cluster: Cluster, rate: float, seconds: int) -> list[dict[str, Any]]:
    visitors = max(1, round(rate / _PACE))
    command = [
        *(sys.executable, "-m", "locust", "-f", str(Path(__file__).with_name("locustfile.py")), "--headless", "--json"),
        *("-u", str(visitors), "-r", str(max(1, visitors // 4)), "-t", f"{seconds}s", "-H", "http://127.0.0.1"),
        *("--only-summary", "-L", "CRITICAL"),
    ]
    environment = {
        **os.environ,
        "LOAD_SERVERS": ",".join(server.url for server in cluster.servers),
        "LOAD_ORIGIN": ORIGIN,
        "LOAD_PACE": str(_PACE),
    }
    told = subprocess.run(command, cwd=PROJECT_DIR, env=environment, capture_output=True, text=True)
    try:
        found: list[dict[str, Any]] = json.loads(told.stdout[told.stdout.index("[") :])
    except ValueError:
        sys.exit(f"Locust ended without statistics:\n{told.stderr[-2000:]}")
    return found


def _processes(cluster: Cluster) -> list[psutil.Process]:
    return [psutil.Process(server.process.pid) for server in cluster.servers if server.process]


def _cpu_s(cluster: Cluster) -> float:
    times = [process.cpu_times() for process in _processes(cluster)]
    return sum(float(one.user + one.system) for one in times)


def _print(title: str, steps: list[Step]) -> None:
    print(f"\n{title}; rated {RATED:.0f} messages/s for each server; milliseconds", flush=True)
    print(
        f"{'load':>6} {'answered/s':>11} {'p50':>7} {'p95':>7} {'p99':>7} {'refused/s':>10} {'p95':>7} "
        f"{'crisis p95':>11} {'longest':>8} {'errors':>7} {'CPU':>6} {'MB':>6}"
    )
    for step in steps:
        told = step.answers
        print(
            f"{step.load:>5.1f}x {told.rate:>11.1f} {told.p50:>7.0f} {told.p95:>7.0f} {told.p99:>7.0f} "
            f"{told.refused_rate:>10.1f} {told.refused_p95:>7.0f} {told.crisis_p95:>11.0f} {told.crisis_longest:>8.0f} "
            f"{told.errors:>7} {step.cpu_ms:>6.1f} {step.memory_mb:>6.0f}",
            flush=True,
        )


def _judge(steps: list[Step]) -> list[str]:
    """What is not as it should be."""
    rated, over = steps[0].answers, steps[-1].answers
    growth = steps[-1].memory_mb / steps[0].memory_mb
    print(f"\np95 of what was taken in, at {steps[-1].load:.0f}x beside 1x: {over.p95 / rated.p95:.2f}")
    checks = [
        (over.p95 <= MOST_ADMITTED * rated.p95, f"admitted p95 {over.p95 / rated.p95:.1f} times as long"),
        (over.refused_p95 <= MOST_REFUSAL_MS, f"refused only after {over.refused_p95:.0f} ms"),
        (over.crisis_p95 <= MOST_CRISIS_MS, f"crisis p95 {over.crisis_p95:.0f} ms"),
        (not sum(step.answers.errors for step in steps), "errors"),
        (growth <= 1.1, f"memory {growth:.2f} times"),
    ]
    return [problem for is_good, problem in checks if not is_good]


def _compare(one: Step, more: Step, servers: int) -> list[str]:
    """Whether several servers do several servers' work, as far as this machine's cores allow."""
    ratio, cost = more.answers.rate / one.answers.rate, more.cpu_ms / one.cpu_ms
    cores = os.cpu_count() or 1
    print(
        f"{servers} servers beside one: {ratio:.2f} times the answers, {cost:.2f} times the CPU of one ({cores} cores)"
    )
    enough = ratio >= 0.85 * servers or cost <= 1.05
    return [] if enough else [f"{servers} servers answer only {ratio:.2f} times as much"]


if __name__ == "__main__":
    sys.exit(main())
