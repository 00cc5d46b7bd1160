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

from assistant.processes import ONE_THREAD
from assistant.settings import PROJECT_DIR, var_dir
from assistant.training import command as training_command
from assistant.training import quiet_environment, train
from benchmarks.questions import read_questions

STOCK_DIR = var_dir() / "bench" / "stock"
STOCK_QUESTIONS = ["hello", "I am sad", "I'm doing great", "yes", "no thanks", "are you a bot?", "bye", "that's good"]
_ONE_CLIENT, _EIGHT_CLIENTS = 150, 600  # messages
_CONVERSATION = 3  # turns of one visitor


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


@dataclass(frozen=True)
class Project:
    """A Rasa project to measure: where it is, how it is started, what is asked."""

    folder: Path
    model: Path
    training: list[str]
    server: list[str]
    environment: dict[str, str]
    questions: list[str]


def measure(project: Project, port: int) -> Figures:
    """Train the project, start its server on a port, and ask it."""
    training_s = _train(project)
    with _server(project, port) as (process, ready_s):
        url = f"http://127.0.0.1:{port}/webhooks/rest/webhook"
        asyncio.run(_ask(url, project.questions, 40, 1, "warm"))
        before = _cpu_s(process)
        one = asyncio.run(_ask(url, project.questions, _ONE_CLIENT, 1, "one"))
        cpu_ms = (_cpu_s(process) - before) / _ONE_CLIENT * 1000
        start = time.perf_counter()
        asyncio.run(_ask(url, project.questions, _EIGHT_CLIENTS, 8, "eight"))
        throughput = _EIGHT_CLIENTS / (time.perf_counter() - start)
        memory_mb = process.memory_info().rss / 1e6
    p95 = statistics.quantiles(one, n=20)[-1]
    return Figures(training_s, ready_s, memory_mb, statistics.median(one) * 1000, p95 * 1000, throughput, cpu_ms)


def _train(project: Project) -> float:
    start = time.perf_counter()
    result = subprocess.run(
        project.training, cwd=project.folder, env=quiet_environment(), capture_output=True, text=True
    )
    if result.returncode:
        sys.exit(f"training in {project.folder} failed:\n{result.stderr[-2000:]}")
    return time.perf_counter() - start


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


async def _ask(url: str, questions: list[str], count: int, clients: int, name: str) -> list[float]:
    """Send messages from several clients at once; return the seconds that each took."""
    seconds: list[float] = []

    async def visit(client: int) -> None:
        async with httpx.AsyncClient(timeout=60) as http:
            for i in range(client, count, clients):
                body = {"sender": f"{name}-{os.getpid()}-{i // (clients * _CONVERSATION)}-{client}"}
                start = time.perf_counter()
                reply = await http.post(url, json={**body, "message": questions[i % len(questions)]})
                seconds.append(time.perf_counter() - start)
                if reply.status_code != 200 or not reply.json():
                    sys.exit(f"no answer to a message of the benchmark: {reply.status_code}")

    await asyncio.gather(*(visit(client) for client in range(clients)))
    return seconds


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def ours() -> Project:
    """This project with its own configuration, SQLite store and held-out questions."""
    folder = var_dir() / "bench" / "ours"
    folder.mkdir(parents=True, exist_ok=True)
    train()
    questions = [question.text for question in read_questions() if question.kind in {"covered", "not_covered"}]
    server = [sys.executable, "-m", "rasa", "run", "--quiet", "--interface", "127.0.0.1"]
    environment = {**ONE_THREAD, "VAR_DIR": str(folder)}
    shutil.copytree(var_dir() / "encoder", folder / "encoder", dirs_exist_ok=True)
    model = folder / "model.tar.gz"
    return Project(PROJECT_DIR, model, training_command(model), server, environment, questions[::3])


def stock() -> Project:
    """What `rasa init` writes, with Rasa's own SQLite store and REST channel."""
    if not (STOCK_DIR / "config.yml").exists():
        STOCK_DIR.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "rasa", "init", "--no-prompt", "--init-dir", str(STOCK_DIR)]
        subprocess.run(command, env=quiet_environment(), capture_output=True, check=False)
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
    return Project(STOCK_DIR, model, training, server, {}, STOCK_QUESTIONS)


def main() -> None:
    """Measure both and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ours-only", action="store_true", help="leave the stock project out")
    arguments = parser.parse_args()
    rows = {"this assistant": measure(ours(), 5305)}
    if not arguments.ours_only:
        rows["rasa init"] = measure(stock(), 5306)
    _print(rows)


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


if __name__ == "__main__":
    main()
