"""`make bench`: this assistant beside the project that `rasa init` writes, on the same machine in the same run."""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import yaml

from assistant import model_manifest
from assistant.processes import ONE_THREAD
from assistant.settings import PROJECT_DIR, var_dir
from assistant.training import command as training_command
from assistant.training import quiet_environment, train
from benchmarks.growth import FEW_EVENTS, Asker, Growth, cpu_s, measure_growth, measure_history, measure_log, p95
from benchmarks.questions import read_questions

STOCK_DIR = var_dir() / "bench" / "stock"
STOCK_QUESTIONS = ["hello", "I am sad", "I'm doing great", "yes", "no thanks", "are you a bot?", "bye", "that's good"]
_ONE_CLIENT, _EIGHT_CLIENTS = 150, 600  # messages
_CONVERSATION = 3  # turns of one visitor
_COME_BACK, _INSISTS = (
    429,
    0.1,
)  # what a full server of ours says, and the seconds until a client asks again all the same
_FULL_LOG = 10_000_000  # events


@dataclass(frozen=True)
class Figures:
    """What was measured of one project."""

    training_s: float
    ready_s: float
    memory_mb: float
    p50_ms: float
    p95_ms: float
    throughput: float  # messages a second at 8 clients
    cpu_ms: float  # of the server, a message, one client
    growth: Growth
    history: float | None  # CPU of a message of somebody with a long past, times that of somebody without
    log: float | None  # p95 of a message with a full log, times that with one just begun


@dataclass(frozen=True)
class Project:
    """A Rasa project to measure: where it is, how it is started, what is asked."""

    folder: Path
    model: Path
    training: list[str]
    server: list[str]
    environment: dict[str, str]
    questions: list[str]
    database: Path
    is_ours: bool


def measure(project: Project, port: int, rows: int) -> Figures:
    """Train the project, start its server on a port, and ask it; ours also with so many events in its log."""
    training_s = _train(project)
    with _server(project, port) as (process, ready_s):
        url = f"http://127.0.0.1:{port}/webhooks/rest/webhook"
        asyncio.run(_ask(url, project, 40, 1, "warm"))
        before = cpu_s(process)
        one = asyncio.run(_ask(url, project, _ONE_CLIENT, 1, "one"))
        cpu_ms = (cpu_s(process) - before) / _ONE_CLIENT * 1000
        start = time.perf_counter()
        asyncio.run(_ask(url, project, _EIGHT_CLIENTS, 8, "eight"))
        throughput = _EIGHT_CLIENTS / (time.perf_counter() - start)
        memory_mb = process.memory_info().rss / 1e6
        asker = Asker(url, process, project.questions, not project.is_ours)
        begun = measure_log(asker, project.database, FEW_EVENTS) if project.is_ours else 0.0
        growth = measure_growth(asker, project.database)
        history = measure_history(asker, project.database) if project.is_ours else None
        log = measure_log(asker, project.database, rows) / begun if project.is_ours else None
    times = statistics.median(one) * 1000, p95(one) * 1000
    return Figures(training_s, ready_s, memory_mb, *times, throughput, cpu_ms, growth, history, log)


def _train(project: Project) -> float:
    start = time.perf_counter()
    result = subprocess.run(
        project.training, cwd=project.folder, env=quiet_environment(), capture_output=True, text=True
    )
    if result.returncode:
        sys.exit(f"training in {project.folder} failed:\n{result.stderr[-2000:]}")
    took = time.perf_counter() - start
    if project.is_ours:
        model_manifest.add(project.model, model_manifest.TRAINING)  # a server loads no other
    return took


@contextmanager
def _server(project: Project, port: int) -> Iterator[tuple[psutil.Process, float]]:
    start = time.perf_counter()
    command = [*project.server, "--port", str(port), "--model", str(project.model)]
    environment = {**quiet_environment(), **project.environment}
    with open(project.model.parent / "server.log", "wb") as log:
        process = subprocess.Popen(command, cwd=project.folder, env=environment, stdout=log, stderr=log)
    try:
        while not _answers(port):
            if process.poll() is not None or time.perf_counter() - start > 300:
                sys.exit(f"the server in {project.folder} did not start, see {log.name}")
            time.sleep(0.1)
        yield psutil.Process(process.pid), time.perf_counter() - start
    finally:
        process.terminate()
        process.wait(20)


def _answers(port: int) -> bool:
    """Whether a message gets a reply: both servers are asked the same."""
    try:
        body = {"sender": "ready", "message": "hello"}
        reply = httpx.post(f"http://127.0.0.1:{port}/webhooks/rest/webhook", json=body, timeout=20)
    except httpx.TransportError:
        return False
    return reply.status_code == 200 and bool(reply.json())


async def _ask(url: str, project: Project, count: int, clients: int, name: str) -> list[float]:
    """Send messages from several clients at once; return the seconds that each took.

    Rasa's example says nothing to some messages: what it does is a turn all the same.
    """
    seconds: list[float] = []

    async def visit(client: int) -> None:
        async with httpx.AsyncClient(timeout=60) as http:
            for i in range(client, count, clients):
                body = {"sender": f"{name}-{os.getpid()}-{i // (clients * _CONVERSATION)}-{client}"}
                start = time.perf_counter()
                sent = {**body, "message": project.questions[i % len(project.questions)]}
                while (reply := await http.post(url, json=sent)).status_code == _COME_BACK:
                    await asyncio.sleep(_INSISTS)
                seconds.append(time.perf_counter() - start)
                if reply.status_code != 200 or not (reply.json() or not project.is_ours):
                    sys.exit(f"no answer to a message of the benchmark: {reply.status_code}")

    await asyncio.gather(*(visit(client) for client in range(clients)))
    return seconds


def ours() -> Project:
    """This project with its own configuration, SQLite store and held-out questions."""
    folder = var_dir() / "bench" / "ours"
    shutil.rmtree(folder, ignore_errors=True)  # a log that has just begun
    folder.mkdir(parents=True)
    train()
    questions = [question.text for question in read_questions() if question.kind in {"covered", "not_covered"}]
    server = [sys.executable, "-m", "assistant.server", "rasa", "run", "--quiet", "--interface", "127.0.0.1"]
    environment = {**ONE_THREAD, "VAR_DIR": str(folder)}
    shutil.copytree(var_dir() / "encoder", folder / "encoder", dirs_exist_ok=True)
    model = folder / "model.tar.gz"
    database = folder / "conversations.db"
    return Project(PROJECT_DIR, model, training_command(model), server, environment, questions[::3], database, True)


def stock() -> Project:
    """What `rasa init` writes, with Rasa's own SQLite store, empty, and REST channel."""
    if not (STOCK_DIR / "config.yml").exists():
        STOCK_DIR.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "rasa", "init", "--no-prompt", "--init-dir", str(STOCK_DIR)]
        subprocess.run(command, env=quiet_environment(), capture_output=True, check=False)
    (STOCK_DIR / "rasa.db").unlink(missing_ok=True)
    endpoints = {"tracker_store": {"type": "SQL", "dialect": "sqlite", "db": str(STOCK_DIR / "rasa.db")}}
    (STOCK_DIR / "endpoints.yml").write_text(yaml.safe_dump(endpoints), encoding="utf-8")
    (STOCK_DIR / "credentials.yml").write_text("rest:\n", encoding="utf-8")
    server = [sys.executable, "-m", "rasa", "run", "--quiet", "--interface", "127.0.0.1"]
    model = STOCK_DIR / "bench" / "model.tar.gz"
    training = [
        sys.executable,
        "-m",
        "rasa",
        "train",
        "--force",
        "--out",
        str(model.parent),
        "--fixed-model-name",
        "model",
    ]
    return Project(STOCK_DIR, model, training, server, {}, STOCK_QUESTIONS, STOCK_DIR / "rasa.db", False)


def main() -> None:
    """Measure both and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ours-only", action="store_true", help="leave the stock project out")
    parser.add_argument("--rows", type=int, default=_FULL_LOG, help="events in a full log (%(default)s)")
    arguments = parser.parse_args()
    rows = {"this assistant": measure(ours(), 5305, arguments.rows)}
    _print(rows)
    _print_goals(*rows.values())
    if not arguments.ours_only:
        rows["rasa init"] = measure(stock(), 5306, arguments.rows)
        _print(rows)
    _print_goals(*rows.values())


_LABELS = {
    "training_s": "training, seconds (whole command)",
    "ready_s": "first answer after start, seconds",
    "memory_mb": "server memory after the load, MB",
    "p50_ms": "one client, SQLite, p50 ms",
    "p95_ms": "one client, SQLite, p95 ms",
    "throughput": "messages a second at 8 clients",
    "cpu_ms": "server CPU a message, ms",
}


def _print(rows: dict[str, Figures]) -> None:
    print(f"\n{'':36}" + "".join(f"{name:>16}" for name in rows) + ("           ratio" if len(rows) == 2 else ""))
    for field, label in _LABELS.items():
        values = [getattr(figures, field) for figures in rows.values()]
        ratio = f"{values[0] / values[1]:16.2f}" if len(values) == 2 else ""
        print(f"{label:36}" + "".join(f"{value:16.1f}" for value in values) + ratio)


def _print_goals(ours: Figures, stock: Figures | None = None) -> None:
    """What a message costs as conversations and the log grow, as ratios, with what is accepted."""
    grown = ours.growth
    goals = [("p95 at turn 200 / at turn 1", grown.late_p95_ms / grown.first_p95_ms, 1.3)]
    if ours.history is not None:
        goals.append(("CPU of a message, 60,000 old events / none", ours.history, 2.0))
    if ours.log is not None:
        goals.append(("p95 with a full log / with 10,000 events", ours.log, 1.2))
    if stock is not None:
        other = stock.growth
        print(f"\nrasa init: p95 at turn 200 / at turn 1 {other.late_p95_ms / other.first_p95_ms:.2f}")
        goals += [
            ("CPU of a message at turn 200 / rasa init", grown.late_cpu_ms / other.late_cpu_ms, 1 / 4),
            ("CPU of a message at turn 1 / rasa init", grown.first_cpu_ms / other.first_cpu_ms, 1 / 1.5),
            ("bytes stored for a turn / rasa init", grown.bytes_a_turn / other.bytes_a_turn, 0.6),
            ("start to first answer / rasa init", ours.ready_s / stock.ready_s, 1.0),
        ]
    print(f"\n{'':44}{'measured':>9}{'accepted':>10}")
    for name, value, most in goals:
        print(f"{name:44}{value:9.2f}{'<=':>5}{most:5.2f}{'' if value <= most else '   short'}")


if __name__ == "__main__":
    main()
