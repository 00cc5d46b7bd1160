"""What an engineer sees of the running assistant: figures, health, logs."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from assistant import model_manifest
from assistant.training import train
from tests.conftest import PROJECT_DIR, Assistant, free_port, start_assistant
from tests.databases import Postgres
from tests.e2e.webchat import Visitor

SECRET = "zanzibar"


def free_ports(count: int) -> int:
    """The first of some ports in a row that nobody listens at."""
    for _ in range(50):
        first = free_port()
        taken = {one.laddr.port for one in psutil.net_connections("tcp") if one.laddr}
        if not taken & set(range(first, first + count)) and first + count < 65536:
            return first
    raise AssertionError("no free ports")


class Observed:
    """A running assistant, and what monitoring reads of it."""

    def __init__(self, assistant: Assistant, metrics_port: int) -> None:
        self.assistant = assistant
        self.ports = {"server": metrics_port, "web": metrics_port + 1, "delivery": metrics_port + 2}

    def text(self, process: str) -> str:
        reply = httpx.get(f"http://127.0.0.1:{self.ports[process]}/metrics", timeout=10)
        assert reply.status_code == 200
        return reply.text

    def figure(self, process: str, name: str, **labels: str) -> float:
        """A figure, summed over what other labels it has."""
        found = [
            sample.value
            for family in text_string_to_metric_families(self.text(process))
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ]
        return sum(found) if found else float("nan")


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Observed]:
    port = free_ports(3)
    running = start_assistant(tmp_path_factory.mktemp("observed"), METRICS_PORT=str(port), LOG_FORMAT="json")
    yield Observed(running, port)
    running.process.send_signal(signal.SIGINT)
    running.process.wait(30)


def test_a_message_moves_the_figures(observed: Observed) -> None:
    before = observed.figure("server", "assistant_messages_received_total", channel="rest")
    observed.assistant.say("one", f"what are the side effects of {SECRET}?")
    observed.assistant.post(content=b"no json")
    assert observed.figure("server", "assistant_messages_received_total", channel="rest") in (1, before + 1)
    answered = {"channel": "rest", "outcome": "answered"}
    assert observed.figure("server", "assistant_messages_answered_total", **answered) >= 1
    assert observed.figure("server", "assistant_answer_seconds_count", channel="rest") >= 1
    assert 0 < observed.figure("server", "assistant_answer_seconds_sum", channel="rest") < 30
    assert observed.figure("server", "assistant_requests_refused_total", channel="rest", reason="unreadable") == 1
    assert observed.figure("server", "assistant_store_up") == 1
    assert observed.figure("server", "assistant_inbox_waiting") == 0
    assert observed.figure("server", "process_resident_memory_bytes") > 50e6
    assert SECRET not in observed.text("server")


def test_a_visitor_of_the_website_is_counted_once(observed: Observed) -> None:
    visitor = Visitor(observed.assistant.url, observed.assistant.page.rstrip("/"))
    message = {"id": "the-same", "text": "is it safe?"}
    for _ in range(3):  # sent again, as after a lost line
        assert visitor.post("/messages", message).status_code == 200
    assert observed.figure("server", "assistant_messages_received_total", channel="webchat") == 1
    assert observed.figure("server", "assistant_messages_answered_total", channel="webchat", outcome="answered") == 1
    assert observed.figure("server", "assistant_answer_seconds_count", channel="webchat") == 1
    assert visitor.post("/messages", message, Origin="https://elsewhere.example").status_code == 403
    assert observed.figure("server", "assistant_requests_refused_total", channel="webchat", reason="forbidden") == 1


def test_a_danger_is_counted_until_staff_acknowledge_it(observed: Observed) -> None:
    observed.assistant.say("two", "I want to kill myself")
    assert observed.figure("server", "assistant_danger_alerts_total", kind="crisis") == 1
    assert observed.figure("server", "assistant_dangers_unacknowledged", kind="crisis") == 1
    assert 0 <= observed.figure("server", "assistant_dangers_unacknowledged_oldest_seconds", kind="crisis") < 60


def test_the_model_that_answers_is_named(observed: Observed) -> None:
    labels = {"model": train().name.partition(".")[0], "fingerprint": model_manifest.digest(train())[:12]}
    assert observed.figure("server", "assistant_model_loaded", **labels) == 1


def test_the_other_processes_tell_theirs(observed: Observed) -> None:
    httpx.get(observed.assistant.page)
    httpx.get(f"{observed.assistant.page}staff")
    assert observed.figure("web", "assistant_console_requests_total", area="visitor", status="200") >= 1
    assert observed.figure("web", "assistant_console_requests_total", area="staff") >= 1
    assert observed.figure("web", "assistant_console_errors_total") == 0
    assert observed.figure("delivery", "assistant_delivery_up") == 1
    assert observed.figure("delivery", "assistant_outbox_waiting") == 0


def test_figures_are_told_on_this_machine_only_and_never_at_a_public_port(observed: Observed) -> None:
    listening = [one for one in psutil.net_connections("tcp") if one.status == psutil.CONN_LISTEN]
    for port in observed.ports.values():
        assert {one.laddr.ip for one in listening if one.laddr.port == port} == {"127.0.0.1"}
    for url in (observed.assistant.url, observed.assistant.page.rstrip("/")):
        reply = httpx.get(f"{url}/metrics")
        assert reply.status_code == 404 and "assistant_" not in reply.text


def test_every_line_of_every_process_is_json(observed: Observed) -> None:
    observed.assistant.say("three", f"hello {SECRET}")
    observed.assistant.post(content=b"\xff")
    httpx.get(f"{observed.assistant.url}/nowhere")
    logs = {path.stem: path for path in (observed.assistant.var_dir / "log").glob("*.log")}
    assert set(logs) == {"server", "web", "delivery", "actions"}
    for process, path in logs.items():
        for line in path.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            assert {"time", "level", "event", "process", "pid"} <= entry.keys(), line
            assert entry["process"] == process
        assert SECRET not in path.read_text(encoding="utf-8")
    assert any("metrics.listening" in logs[name].read_text() for name in ("web", "delivery"))


def test_each_process_says_that_it_lives(observed: Observed) -> None:
    for url in (observed.assistant.url, observed.assistant.page.rstrip("/")):
        assert httpx.get(f"{url}/healthz").json() == {"alive": True}
        assert httpx.get(f"{url}/readyz").json()["ready"] is True


def test_a_machine_is_lost_and_everything_comes_back(tmp_path: Path) -> None:
    """The drill: a backup while visitors write, another machine with the keys, and they go on where they were."""
    lost, new = tmp_path / "lost", tmp_path / "new"
    running = start_assistant(lost)
    try:
        visitor = Visitor(running.url, running.page.rstrip("/"))
        visitor.say("what are the side effects?")
        made = _command(lost, "backup", str(tmp_path / "a.backup"))
        assert made.returncode == 0, made.stderr
        refused = _command(lost, "restore", "--replace", str(tmp_path / "a.backup"))
        assert refused.returncode == 1 and "in use" in refused.stderr
        said = visitor.history()
    finally:
        running.process.send_signal(signal.SIGINT)
        running.process.wait(30)
    new.mkdir()
    for key in lost.glob("*.key"):
        shutil.copy2(key, new)
    shutil.rmtree(lost)
    began = time.monotonic()
    restored = _command(new, "restore", str(tmp_path / "a.backup"))
    assert restored.returncode == 0, restored.stderr
    running = start_assistant(new)
    seconds = time.monotonic() - began
    try:
        visitor.base = f"{running.url}/webhooks/webchat"
        visitor.headers["Origin"] = running.page.rstrip("/")
        assert visitor.history() == said
        assert "fade" in visitor.texts("how long do they last?")  # it knows what "they" are
        print(f"from nothing to answering: {seconds:.0f} s")
        assert seconds < 120
    finally:
        running.process.send_signal(signal.SIGINT)
        running.process.wait(30)


@pytest.mark.parametrize("damage", ["a flipped byte", "not listed"])
def test_a_server_with_a_model_that_nobody_has_made_lives_and_is_not_ready(tmp_path: Path, damage: str) -> None:
    model = Path(shutil.copy(train(), tmp_path / "clinic-1.tar.gz"))
    if damage == "a flipped byte":
        model_manifest.add(model, model_manifest.TRAINING)
        content = bytearray(model.read_bytes())
        content[len(content) // 2] ^= 1
        model.write_bytes(content)
    port = str(free_port())
    command = [sys.executable, "-W", "ignore", "-m", "assistant.server", "rasa", "run", "--quiet"]
    command += ["--interface", "127.0.0.1", "--port", port, "--model", str(model), "--credentials", "credentials.yml"]
    environment = {"VAR_DIR": str(tmp_path / "var"), "RASA_TELEMETRY_ENABLED": "false", "LOG_FORMAT": "json"}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=PROJECT_DIR, env={**_environment(), **environment}, stdout=log, stderr=log
        )
    try:
        _wait(f"http://127.0.0.1:{port}/healthz", 200, 90)
        ready = httpx.get(f"http://127.0.0.1:{port}/readyz")
        assert ready.status_code == 503 and ready.json()["problem"] == "the model is not loaded"
        body = {"sender": "x", "message": "I want to kill myself"}
        told = httpx.post(f"http://127.0.0.1:{port}/webhooks/rest/webhook", json=body)
        assert "988" in told.text  # which needs no model
        events = [json.loads(line)["event"] for line in (tmp_path / "log").read_text().splitlines()]
        assert "model.refused" in events
    finally:
        process.terminate()
        process.wait(30)


def test_readiness_is_lost_within_five_seconds_of_the_database_and_comes_back(
    postgres: Postgres, tmp_path: Path
) -> None:
    with postgres.database() as url:
        actions = free_port()
        running = start_assistant(tmp_path, DATABASE_URL=url, ACTIONS_PORT=str(actions))
        addresses = [f"{running.url}/readyz", f"{running.page}readyz", f"http://127.0.0.1:{actions}/readyz"]
        try:
            assert [httpx.get(address).status_code for address in addresses] == [200] * 3
            postgres.stop()
            stopped = time.monotonic()
            for address in addresses:
                _wait(address, 503, 5 - (time.monotonic() - stopped))
            lost = time.monotonic() - stopped
            assert httpx.get(f"{running.url}/healthz").status_code == 200
            postgres.start()
            for address in addresses:
                _wait(address, 200, 15)
            assert lost < 5, f"{lost:.1f} s"
        finally:
            postgres.start()
            running.process.send_signal(signal.SIGINT)
            running.process.wait(30)


def _command(var_dir: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "ignore", "-m", "assistant", *words]
    environment = {**_environment(), "VAR_DIR": str(var_dir)}
    return subprocess.run(command, cwd=PROJECT_DIR, env=environment, capture_output=True, text=True, timeout=120)


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "METRICS_PORT")}


def _wait(address: str, status: int, seconds: float) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            if httpx.get(address, timeout=6).status_code == status:
                return
        except httpx.TransportError:
            pass
        if time.monotonic() > until:
            raise AssertionError(f"{address} did not answer {status} within {seconds:.1f} s")
        time.sleep(0.2)


def test_a_server_whose_model_is_missing_starts_with_no_other(tmp_path: Path) -> None:
    train()  # another one is there
    environment = {"VAR_DIR": str(tmp_path / "var"), "RASA_TELEMETRY_ENABLED": "false", "LOG_FORMAT": "json"}
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "assistant.server", "rasa", "run", "--model", "models/none.tar.gz"],
        cwd=PROJECT_DIR,
        env={**_environment(), **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 1
    assert "models/none.tar.gz" in json.loads(ended.stdout)["problem"]
