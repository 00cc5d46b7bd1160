"""`python -m assistant doctor` finds what is wrong, and tells no secret."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from assistant import model_manifest
from assistant.conversations import inbox
from assistant.conversations.inbox import Arrival
from assistant.conversations.models import Flag
from assistant.conversations.spool import Spool
from assistant.conversations.turns import Turn
from assistant.database import CONVERSATIONS, VERSION_TABLES, writing
from assistant.operations import doctor, keyring, machine_checks, store_checks
from bookings.models import OutboxMessage, Target
from bookings.requests import BookingStore
from bookings.secrets import ContactCipher
from knowledge.reviews import Helpline
from tests.assistant.conversations.talk import turn
from tests.assistant.operations.installations import Installation, two_of
from tests.bookings.conftest import a_request
from tests.conftest import PROJECT_DIR
from tests.databases import Postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def installation(
    request: pytest.FixtureRequest, tmp_path: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Installation]:
    """An installation with nothing wrong."""
    with two_of(request.param, tmp_path, postgres, monkeypatch) as (first, _):
        first.enter()
        for name, variable in keyring.KEYS.items():
            keyring.load_keys(variable, name)
        first.fill(3)
        with first.opened(CONVERSATIONS) as engine, engine.begin() as connection:
            connection.execute(Flag.__table__.delete())
        (first.folder / "encoder").mkdir()
        (first.folder / "encoder" / "x.onnx").write_bytes(b"x")
        model = tmp_path / "clinic-1.tar.gz"
        model.write_bytes(b"a model")
        model_manifest.add(model, model_manifest.TRAINING)
        monkeypatch.setattr(machine_checks, "current_model", lambda: model)
        tried = [Helpline("988", "", "", [{"on": date.today() - timedelta(days=1), "by": "Ann"}])]
        monkeypatch.setattr(machine_checks, "read_helplines", lambda: tried)
        yield first


def problems() -> dict[str, str]:
    return {finding.what: finding.told for finding in doctor.examine() if not finding.is_well}


def test_where_all_is_well_it_says_so(installation: Installation) -> None:
    assert problems() == {}


def test_where_nothing_was_ever_started_it_makes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Installation(tmp_path / "new", "", monkeypatch).enter()
    list(doctor.examine())
    assert list((tmp_path / "new").iterdir()) == []


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("METRICS_PORT", "x", "METRICS_PORT"),
        ("LOG_FORMAT", "xml", "LOG_FORMAT"),
        ("WEB_PORT", "0", "WEB_PORT"),
        ("ACTIONS_TOKEN", "hunter2", "ACTIONS_TOKEN"),
        ("PUBLIC_URL", "hunter2", "PUBLIC_URL"),
        ("SMTP_URL", "smtp://u:hunter2@host", "MAIL_FROM"),
        ("TELEGRAM_BOT_TOKEN", "hunter2", "TELEGRAM_WEBHOOK_SECRET"),
    ],
)
def test_settings(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, told: str
) -> None:
    monkeypatch.setenv(variable, value)
    found = problems()["settings"]
    assert told in found and "hunter2" not in found


def test_a_key_that_is_none_or_missing(installation: Installation) -> None:
    (installation.folder / "staff.key").write_text("hunter2")
    assert "staff.key" in problems()["keys"] and "hunter2" not in problems()["keys"]
    (installation.folder / "staff.key").unlink()
    assert "missing: staff.key" in problems()["keys"]
    assert not (installation.folder / "staff.key").exists()


def test_a_file_that_others_read(installation: Installation) -> None:
    (installation.folder / "webchat.key").chmod(0o644)
    assert "webchat.key" in problems()["file modes"]


def test_a_full_disk(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine_checks, "_LEAST_FREE", 1 << 60)
    assert "GB free" in problems()["disk"]


@pytest.mark.parametrize("damage", ["gone", "changed", "not listed"])
def test_a_model_that_does_not_start(installation: Installation, damage: str) -> None:
    model = machine_checks.current_model()
    if damage == "gone":
        model.unlink()
    elif damage == "changed":
        model.write_bytes(b"another model")
    else:
        (model.parent / model_manifest.NAME).unlink()
    assert model.name in problems()["model"]


def test_no_encoder(installation: Installation) -> None:
    (installation.folder / "encoder" / "x.onnx").unlink()
    assert "make setup" in problems()["sentence encoder"]


def test_tables_that_are_not_up_to_date(installation: Installation) -> None:
    with installation.opened(CONVERSATIONS) as engine, engine.begin() as connection:
        connection.execute(sa.text(f"UPDATE {VERSION_TABLES[CONVERSATIONS]} SET version_num = '0007'"))
    assert "0007" in problems()["database"]


def test_a_database_that_is_away(installation: Installation, postgres: Postgres) -> None:
    if not installation.url:
        pytest.skip("SQLite has no server that could be stopped")
    postgres.stop()
    try:
        found = problems()
    finally:
        postgres.start()
    assert "does not answer" in found["database"] and installation.url not in str(found)


def test_another_key_than_the_data_was_written_with(installation: Installation) -> None:
    (installation.folder / "bookings.key").unlink()
    keyring.load_keys("BOOKINGS_KEY", "bookings.key")
    assert "bookings.key" in problems()["keys fit the data"]


def test_a_clock_that_is_wrong(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time
    monkeypatch.setattr(store_checks.time, "time", lambda: now() - 30)
    if installation.url:
        assert "30.0 s behind" in problems()["clock"]
    else:
        assert "clock" not in problems()


def test_messages_that_nobody_answers(installation: Installation) -> None:
    with installation.opened(CONVERSATIONS) as engine, writing(engine) as session:
        inbox.receive(session, "webchat:x", "webchat", Arrival("c1", "hunter2"), time.time() - 300)
    assert "1 messages wait" in problems()["inbox"] and "hunter2" not in str(problems())


def test_messages_that_reach_nobody(installation: Installation) -> None:
    from assistant.clock import utc_now

    with installation.opened("bookings") as engine:
        store = BookingStore(engine, ContactCipher.load(), frozenset({Target.WEBHOOK}), utc_now)
        store.submit(a_request())
        assert "outbox" not in problems()
        old = utc_now() - timedelta(hours=1)
        with engine.begin() as connection:
            connection.execute(OutboxMessage.__table__.update().values(created_at=old))
        assert "for webhook" in problems()["outbox"]
        with engine.begin() as connection:
            connection.execute(OutboxMessage.__table__.update().values(dead_at=old))
        assert "given up" in problems()["outbox"]


def test_turns_that_wait_on_the_disk(installation: Installation) -> None:
    spool = Spool(installation.folder / "spool")
    spool.append(Turn("webchat:x", [event.as_dict() for event in turn("x")], None))
    assert "1 turns wait" in problems()["spool"]
    spool.set_aside(Turn("webchat:y", [event.as_dict() for event in turn("x")], None))
    assert "refused" in problems()["spool"]


def test_a_danger_that_nobody_has_looked_at(installation: Installation) -> None:
    row = {"conversation_id": "webchat:x", "number": 1, "kind": "crisis"}
    with installation.opened(CONVERSATIONS) as engine, engine.begin() as connection:
        connection.execute(Flag.__table__.insert().values(**row, at=time.time() - 60))
        assert "dangers" not in problems()
    with installation.opened(CONVERSATIONS) as engine, engine.begin() as connection:
        connection.execute(Flag.__table__.update().values(at=time.time() - 3600))
    assert "crisis" in problems()["dangers"]


def test_a_number_for_help_that_nobody_has_tried(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine_checks, "read_helplines", lambda: [Helpline("988", "", "")])
    assert "make reviews" in problems()["helplines"]


def test_the_commands_as_a_person_types_them(tmp_path: Path) -> None:
    """`doctor` ends with 1 where something is wrong; `backup` and `restore` say what they did, or why they did not."""
    environment = {**os.environ, "VAR_DIR": str(tmp_path / "var"), "DATABASE_URL": "", "METRICS_PORT": "x"}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-W", "ignore", "-m", "assistant", *words]
        return subprocess.run(command, cwd=PROJECT_DIR, env=environment, capture_output=True, text=True, timeout=120)

    found = run("doctor")
    assert found.returncode == 1 and "PROBLEM  settings" in found.stdout and found.stderr == ""
    assert len(found.stdout.splitlines()) == len(doctor._CHECKS)
    assert "there is no database yet" in run("backup", str(tmp_path)).stderr
    assert run("demo", "--conversations", "3").returncode == 0
    made = run("backup", str(tmp_path / "file.backup"))
    assert made.returncode == 0 and "bookings.key" in made.stdout and "The keys are not in it" in made.stdout
    refused = run("restore", str(tmp_path / "file.backup"))
    assert refused.returncode == 1 and "--replace" in refused.stderr and refused.stdout == ""
    restored = run("restore", "--replace", str(tmp_path / "file.backup"))
    assert restored.returncode == 0 and "conversations" in restored.stdout
    assert "No such file" in run("restore", str(tmp_path / "none")).stderr
