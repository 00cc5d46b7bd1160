"""Both databases get the tables of the models, keep writers apart, and say nothing of people in their errors."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from threading import Event, Thread
from time import monotonic

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.engine import Engine

from assistant.database import BOOKINGS, database_url, migrate, open_database, reading, writing
from bookings.models import AppendOnly, Base, FailedLookup, RequestHistory
from bookings.records import new_row
from tests.bookings.conftest import NOW, a_request
from tests.conftest import PROJECT_DIR
from tests.databases import rows


def test_the_migrations_build_the_tables_of_the_models(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []


def test_migrating_again_changes_nothing(store, engine: Engine) -> None:
    reference = store.submit(a_request()).reference
    migrate(engine, BOOKINGS)
    assert store.get(reference).name == "Maria O'Neil"


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_processes_that_start_together_all_find_the_tables(kind: str, tmp_path: Path, request) -> None:
    url = f"sqlite:///{tmp_path / 'new' / 'b.db'}" if kind == "sqlite" else request.getfixturevalue("postgres_url")
    program = (
        "import sys; from assistant.database import *; e = open_database(sys.argv[1]); sys.stdin.readline(); "
        "migrate(e, BOOKINGS)"
    )
    running = [
        subprocess.Popen([sys.executable, "-W", "ignore", "-c", program, url], cwd=PROJECT_DIR, stdin=subprocess.PIPE)
        for _ in range(3)
    ]
    for process in running:
        assert process.stdin is not None
        process.stdin.write(b"\n")
        process.stdin.close()
    assert [process.wait(60) for process in running] == [0, 0, 0]
    assert rows(open_database(url), FailedLookup) == []


def test_the_command_line_of_alembic_migrates_the_configured_database(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'b.db'}")
    for direction in (["upgrade", "head"], ["downgrade", "base"], ["upgrade", "head"]):
        command = [sys.executable, "-W", "ignore", "-m", "alembic", *direction]
        subprocess.run(command, cwd=PROJECT_DIR, check=True, capture_output=True)
    assert rows(open_database(database_url(BOOKINGS)), FailedLookup) == []


def test_the_database_is_a_file_of_the_data_folder_unless_said_otherwise(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    assert database_url(BOOKINGS) == f"sqlite:///{tmp_path}/bookings.db"
    monkeypatch.setenv("DATABASE_URL", "postgresql://db/bookings")
    assert database_url(BOOKINGS) == "postgresql://db/bookings"


@pytest.mark.parametrize("wrong", ["sqlite://", "sqlite:///:memory:", "mysql://db/bookings"])
def test_a_database_that_cannot_be_shared_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="DATABASE_URL"):
        open_database(wrong)


def test_the_short_name_of_postgresql_is_understood() -> None:
    assert open_database("postgres://db/bookings").url.drivername == "postgresql+psycopg2"


def test_only_the_owner_reads_the_file(tmp_path: Path) -> None:
    open_database(f"sqlite:///{tmp_path / 'b.db'}")
    assert (tmp_path / "b.db").stat().st_mode & 0o777 == 0o600


def test_a_second_writer_waits_for_the_first_and_a_reader_waits_for_nobody(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'b.db'}")
    migrate(engine, BOOKINGS)
    holding, done = Event(), Event()

    def hold() -> None:
        with writing(engine) as session:
            session.add(FailedLookup(who="first", at=NOW))
            session.flush()
            holding.set()
            done.wait(1)

    first = Thread(target=hold)
    first.start()
    holding.wait()
    begun = monotonic()
    with reading(engine) as session:
        assert session.query(FailedLookup).count() == 0
    assert monotonic() - begun < 0.5
    with writing(engine) as session:
        session.add(FailedLookup(who=f"{session.query(FailedLookup).count()} before me", at=NOW))
    first.join()
    assert [row.who for row in rows(engine, FailedLookup)] == ["first", "1 before me"]


def test_opening_it_again_leaves_the_locks_of_what_is_open(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'b.db'}"
    first = open_database(url)
    migrate(first, BOOKINGS)
    program = (
        "import sys; from assistant.database import *; from bookings.models import *\n"
        "from tests.bookings.conftest import NOW\n"
        "with writing(open_database(sys.argv[1])) as session: session.add(FailedLookup(who='other', at=NOW))"
    )
    open_database(url)
    # The last process to leave takes the log away: it must see that this one is still there.
    subprocess.run([sys.executable, "-W", "ignore", "-c", program, url], cwd=PROJECT_DIR, check=True)
    assert [row.who for row in rows(first, FailedLookup)] == ["other"]


def test_a_block_that_raises_stores_nothing(engine: Engine) -> None:
    with pytest.raises(KeyError), writing(engine) as session:
        session.add(FailedLookup(who="x", at=NOW))
        session.flush()
        raise KeyError
    assert rows(engine, FailedLookup) == []


def test_an_error_does_not_quote_what_was_to_be_stored(engine: Engine, cipher) -> None:
    row = new_row(a_request(), "SR-4K7M-92PX", cipher, NOW)
    row.due_at = None
    with pytest.raises(sa.exc.IntegrityError) as raised, writing(engine) as session:
        session.add(row)
    for said in ("4155550134", "Maria", "pain", repr(row.contact)):
        assert said not in str(raised.value)


def test_a_row_that_refers_to_nothing_is_refused(engine: Engine) -> None:
    with pytest.raises(sa.exc.IntegrityError), writing(engine) as session:
        session.add(RequestHistory(request_id=99, at=NOW, by="x", event="created"))


@pytest.mark.parametrize("crime", ["update", "delete"])
def test_history_is_not_rewritten(crime: str, store, engine: Engine) -> None:
    store.submit(a_request())
    with pytest.raises(AppendOnly), writing(engine) as session:
        entry = session.query(RequestHistory).one()
        if crime == "update":
            entry.by = "somebody else"
        else:
            session.delete(entry)
    assert [row.by for row in rows(engine, RequestHistory)] == ["visitor"]


def test_a_moment_without_a_zone_is_refused_and_others_come_back_in_utc(engine: Engine) -> None:
    with pytest.raises(sa.exc.StatementError), writing(engine) as session:
        session.add(FailedLookup(who="x", at=NOW.replace(tzinfo=None)))
    with writing(engine) as session:
        session.add(FailedLookup(who="x", at=NOW))
    assert rows(engine, FailedLookup)[0].at.isoformat() == "2025-03-04T17:00:00+00:00"
