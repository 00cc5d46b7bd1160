from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pgserver
import pytest

from assistant.database import open_database
from bookings.deliver import configured_senders, deliver_due
from bookings.models import Base, Target
from tests.bookings.delivery import (
    CLINIC,
    CONTACT,
    MARIA,
    SECRET,
    TOPIC,
    MailBox,
    Office,
    Receiver,
    scheduled,
    utc_now,
    worker_environment,
)
from tests.conftest import PROJECT_DIR


@pytest.fixture
def environment(
    mailbox: MailBox, receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """The environment of a worker that reaches everybody, in this process too."""
    values = worker_environment(mailbox, receiver, tmp_path)
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return {**os.environ, **values}


@pytest.fixture
def start_worker(environment: dict[str, str], tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def start(**changes: str) -> subprocess.Popen[str]:
        with open(tmp_path / "worker.log", "a") as log:
            command = [sys.executable, "-W", "ignore", "-m", "bookings.deliver"]
            process = subprocess.Popen(
                command, cwd=PROJECT_DIR, env={**environment, **changes}, stdout=log, stderr=log, text=True
            )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait(10)


def wait_for(condition: Callable[[], Any], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.05)


def log_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "worker.log").read_text().splitlines()]


def test_the_worker_delivers_logs_ids_only_and_stops_when_told(
    office: Office, mailbox: MailBox, receiver: Receiver, start_worker: Callable[..., Any], tmp_path: Path
) -> None:
    worker = start_worker()
    wait_for((tmp_path / "run" / "deliver.alive").exists)
    office.clock.now = utc_now()
    request = office.request("SR-1")
    for target in Target:
        office.write(request, target, scheduled())
    wait_for(lambda: office.undelivered() == 0)
    assert len(mailbox.mails) == 2 and len(receiver.kept) == 1

    beat = (tmp_path / "run" / "deliver.alive").stat().st_mtime
    wait_for(lambda: (tmp_path / "run" / "deliver.alive").stat().st_mtime > beat, 5)

    worker.send_signal(signal.SIGTERM)
    assert worker.wait(5) == 0
    lines = log_of(tmp_path)
    assert [line["event"] for line in lines][0] == "booking.delivery.started"
    assert [line["event"] for line in lines][-1] == "booking.delivery.stopped"
    delivered = [line["delivery"] for line in lines if line["event"] == "booking.notification.delivered"]
    assert sorted(delivered) == office.written
    text = (tmp_path / "worker.log").read_text()
    for private in (MARIA, CONTACT, TOPIC, "SR-4K7M-92PX", "desk@clinic.test", SECRET):
        assert private not in text


async def test_a_worker_killed_between_sending_and_noting_it_leads_to_a_second_delivery_under_the_same_id(
    office: Office, receiver: Receiver, start_worker: Callable[..., Any]
) -> None:
    office.clock.now = utc_now()
    message = office.write(office.request("SR-1"), Target.WEBHOOK)
    workers: list[Any] = []
    receiver.before_answer = lambda: workers[0].kill()
    workers.append(start_worker())
    assert await asyncio.to_thread(workers[0].wait, 30) == -signal.SIGKILL
    assert receiver.posts == ["msg_00000"]
    assert office.row(message).delivered_at is None

    receiver.before_answer = lambda: None
    office.clock.now = utc_now()
    assert await deliver_due(office.outbox, configured_senders(CLINIC, utc_now)) == 0, (
        "the dead worker still has its minute"
    )
    office.clock.pass_by(seconds=61)
    assert await deliver_due(office.outbox, configured_senders(CLINIC, utc_now)) == 1
    assert receiver.posts == ["msg_00000"] * 2 and list(receiver.kept) == ["msg_00000"]
    assert office.row(message).delivered_at is not None


def test_the_worker_outlives_its_database(
    receiver: Receiver, start_worker: Callable[..., Any], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("pg")
    server = pgserver.get_server(folder)
    url = server.get_uri()
    Base.metadata.create_all(open_database(url))
    worker = start_worker(DATABASE_URL=url)
    wait_for((tmp_path / "run" / "deliver.alive").exists)

    server.cleanup()
    wait_for(lambda: "booking.outbox.unavailable" in (tmp_path / "worker.log").read_text())
    time.sleep(2.5)
    assert worker.poll() is None

    server = pgserver.get_server(folder)
    assert server.get_uri() == url
    office = Office(open_database(url))
    office.clock.now = utc_now()
    office.write(office.request("SR-1"), Target.WEBHOOK)
    wait_for(lambda: receiver.kept)
    wait_for(lambda: office.undelivered() == 0)
    events = [line["event"] for line in log_of(tmp_path)]
    assert events.count("booking.outbox.unavailable") == 1, "said once, not each second"
    assert "booking.outbox.available" in events
    worker.send_signal(signal.SIGINT)
    assert worker.wait(5) == 0
    office.engine.dispose()
    server.cleanup()


def test_the_worker_refuses_to_start_half_configured(start_worker: Callable[..., Any], tmp_path: Path) -> None:
    assert start_worker(SMTP_URL="", BOOKING_WEBHOOK_SECRET="").wait(30) == 1
    said = (tmp_path / "worker.log").read_text()
    assert said.count("\n") == 1 and "SMTP_URL is missing" in said and "BOOKING_WEBHOOK_SECRET is missing" in said
