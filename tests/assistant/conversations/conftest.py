"""Conversation stores on both kinds of database, and outages of these."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from rasa.shared.core.domain import Domain
from sqlalchemy.engine import Engine, make_url

from assistant.conversations.models import Base
from assistant.database import CONVERSATIONS, migrate, open_database
from assistant.store import ConversationStore
from tests.conftest import PROJECT_DIR
from tests.databases import Postgres

_REST = 0.05

# Fails an insert the way a database does, not the way a test double would.
_REFUSING = {
    "sqlite": "CREATE TRIGGER refusing BEFORE INSERT ON {table} WHEN NEW.{column} = '{value}' "
    "BEGIN SELECT RAISE(ABORT, 'refused'); END",
    "postgresql": "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "'BEGIN RAISE check_violation; END'; "
    "CREATE TRIGGER refusing BEFORE INSERT ON {table} FOR EACH ROW WHEN (NEW.{column} = '{value}') "
    "EXECUTE FUNCTION refuse()",
}


class Outage:
    """The database is there or it is not: PostgreSQL is stopped; another process sits on SQLite's write lock."""

    def __init__(self, url: str, postgres: Postgres | None) -> None:
        self._url = url
        self._postgres = postgres
        self._holder: subprocess.Popen[bytes] | None = None

    def begin(self) -> None:
        if self._postgres:
            self._postgres.stop()
            return
        program = (
            "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); "
            "c.execute('BEGIN IMMEDIATE'); print(flush=True); sys.stdin.read()"
        )
        command = [sys.executable, "-S", "-c", program, str(make_url(self._url).database)]
        self._holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._holder.stdout is not None and self._holder.stdout.readline() == b"\n"

    def end(self) -> None:
        """The database is there, and has not failed for a while."""
        if self._postgres:
            self._postgres.start()
        elif self._holder:
            self._holder.communicate()
            self._holder = None
        time.sleep(_REST)


@pytest.fixture(scope="session")
def domain() -> Domain:
    return Domain.from_path(str(PROJECT_DIR / "domain.yml"))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the tables, which new ones are copied from."""
    path = tmp_path_factory.mktemp("template") / "conversations.db"
    engine = open_database(f"sqlite:///{path}")
    migrate(engine, CONVERSATIONS)
    engine.dispose()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture(scope="session")
def emptied_url(postgres: Postgres) -> Iterator[str]:
    """A PostgreSQL database that each test empties before it uses it."""
    with postgres.database(CONVERSATIONS) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with the tables and nothing in them."""
    if request.param == "sqlite":
        path = shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "conversations.db")
        path.chmod(0o600)
        yield f"sqlite:///{path}"
        return
    url = request.getfixturevalue("emptied_url")
    engine = open_database(url)
    with engine.begin() as connection:  # a new database a test would take longer than the test
        tables = ", ".join(Base.metadata.tables)
        connection.execute(sa.text(f"TRUNCATE {tables} RESTART IDENTITY"))
    engine.dispose()
    yield url


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """What the tests look into the database with."""
    engine = open_database(url)
    yield engine
    engine.dispose()


@pytest.fixture
def open_store(
    url: str, domain: Domain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Callable[[], ConversationStore]]:
    """Opens the store as one more process would; in an outage it waits for nothing for long."""
    if "outage" in request.fixturenames:
        monkeypatch.setattr("assistant.store._REST", _REST)
        monkeypatch.setattr("assistant.database._BUSY_MILLISECONDS", 100)
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("VAR_DIR", str(tmp_path / "var"))
    opened = []

    def open_one() -> ConversationStore:
        opened.append(ConversationStore(domain))
        return opened[-1]

    yield open_one
    for store in opened:
        store.engine.dispose()


@pytest.fixture
def outage(url: str, request: pytest.FixtureRequest) -> Iterator[Outage]:
    """An outage to begin and end."""
    outage = Outage(url, request.getfixturevalue("postgres") if url.startswith("postgresql") else None)
    yield outage
    outage.end()


@pytest.fixture
def store(open_store: Callable[[], ConversationStore]) -> ConversationStore:
    return open_store()


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    return tmp_path / "var" / "spool"


@pytest.fixture
def refuse(engine: Engine) -> Iterator[Callable[[str, str, str], None]]:
    """Has the database refuse rows with a value in a column of a table."""

    def refuse(table: str, column: str, value: str) -> None:
        with engine.begin() as connection:
            statement = _REFUSING[engine.dialect.name].format(table=table, column=column, value=value)
            connection.execute(sa.text(statement))

    yield refuse
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            connection.execute(sa.text("DROP FUNCTION IF EXISTS refuse CASCADE"))
