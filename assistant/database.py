"""The databases of requests, of conversations and of the staff's console: SQLite files, or one PostgreSQL for all."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.orm import Session

from assistant.settings import PROJECT_DIR, var_dir

_BUSY_MILLISECONDS = 5000  # how long a writer waits for another one
_CONNECT_SECONDS = 5
_SQLITE_CONNECTIONS = 4
_READ_ONLY, _WRITERS = "clinic_read_only", "clinic_writers"
APPLICATION = "clinic-assistant"  # how PostgreSQL lists our connections
BOOKINGS = "bookings"
CONVERSATIONS = "conversations"
STAFF = "staff"
# Where Alembic notes how far an area's tables are.
VERSION_TABLES = {
    BOOKINGS: "alembic_version",
    CONVERSATIONS: "alembic_version_conversations",
    STAFF: "alembic_version_staff",
}


def database_url(area: str) -> str:
    """Where an area's tables are: `DATABASE_URL`, else a file with the area's name in the assistant's data folder."""
    return os.environ.get("DATABASE_URL") or f"sqlite:///{var_dir() / area}.db"


def open_database(url: str) -> Engine:
    """Connect to a database; its tables are built by `migrate`.

    On SQLite each transaction takes the write lock when it begins, so parallel writers queue instead of failing
    half-way; `reading` opens one that does not. Errors leave a statement's values out.

    Args:
        url: `sqlite:///path`, or `postgresql://…` (also written `postgres://…`), spoken through psycopg2.

    Raises:
        ValueError: another kind of database, or SQLite without a file, which threads could not share.
    """
    if url.startswith("postgres://"):
        url = url.replace("postgres://", "postgresql://", 1)
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        arguments = {"connect_timeout": _CONNECT_SECONDS, "application_name": APPLICATION}
        parsed = parsed.set(drivername="postgresql+psycopg2")
        return sa.create_engine(parsed, pool_pre_ping=True, hide_parameters=True, connect_args=arguments)
    if parsed.get_backend_name() != "sqlite":
        raise ValueError("DATABASE_URL: write sqlite:///path or postgresql://…")
    if parsed.database in (None, "", ":memory:"):
        raise ValueError("DATABASE_URL: SQLite needs a file")
    _prepare_file(Path(parsed.database))
    engine = sa.create_engine(
        parsed,
        # SQLite lets waiting writers in at random; a queue for few connections lets threads in by turns.
        poolclass=sa.pool.QueuePool,
        pool_size=_SQLITE_CONNECTIONS,
        max_overflow=0,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"check_same_thread": False},
    )
    sa.event.listen(engine, "connect", _set_up_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine.execution_options(**{_WRITERS: threading.RLock()})


def migrate(engine: Engine, area: str) -> None:
    """Bring an area's tables up to date. Several processes may do so at once: one works, the others wait."""
    with engine.begin() as connection:
        serialise(connection, f"{area}.migrations")
        upgrade(connection, area, "head")


def upgrade(connection: Any, area: str, revision: str) -> None:
    """Bring an area's tables to a revision, within the transaction of a connection."""
    config = _alembic(area)
    config.attributes.update(connection=connection, area=area)
    command.upgrade(config, revision)


def revision_of(connection: Any, area: str) -> str | None:
    """How far an area's tables are; None if there are none."""
    table = VERSION_TABLES[area]
    if not sa.inspect(connection).has_table(table):
        return None
    # nosemgrep: sql-built-from-text - a name of ours
    return connection.execute(sa.text(f"SELECT version_num FROM {table}")).scalar()  # noqa: S608 - a name of ours


@cache
def revisions(area: str) -> tuple[str, ...]:
    """The revisions that this version knows of an area, newest first."""
    return tuple(script.revision for script in ScriptDirectory.from_config(_alembic(area)).walk_revisions())


def is_up_to_date(revision: str | None, area: str) -> bool:
    """Whether tables can be used. Those of a later version can: it is being rolled out, and adds to them only."""
    return revision is not None and (revision == revisions(area)[0] or revision not in revisions(area))


def touch(engine: Engine, area: str) -> str | None:
    """Write to an area's database, without a change; how far its tables are. Raises: what the database raises."""
    table = VERSION_TABLES[area]
    with writing(engine) as session:
        revision = revision_of(session.connection(), area)
        if revision is not None:
            # nosemgrep: sql-built-from-text - a name of ours
            session.execute(sa.text(f"UPDATE {table} SET version_num = version_num"))  # noqa: S608
        return revision


def _alembic(area: str) -> Config:
    folder = str(PROJECT_DIR / "migrations").replace("%", "%%")
    config = Config()
    config.set_main_option("script_location", folder)
    config.set_main_option("version_locations", f"{folder}/{area}")
    config.set_main_option("version_path_separator", "newline")
    return config


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """One transaction that writes; all of it is stored when the block ends, nothing if it raises."""
    # Who waits for SQLite's own lock sleeps for up to a tenth of a second; threads of one process need not.
    turn = engine.get_execution_options().get(_WRITERS) or nullcontext()
    with turn, Session(engine) as session, session.begin():
        yield session


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """One transaction that only reads, and so waits for no writer."""
    with Session(engine.execution_options(**{_READ_ONLY: True})) as session, session.begin():
        yield session


def serialise(connection: Any, *names: str) -> None:
    """Let transactions that name the same thing run one after the other, until each has ended.

    Args:
        connection: a connection or session within a transaction.
        names: what must not change meanwhile. Always taken in the same order, so that two never wait for each other.
    """
    # SQLite has one writer at a time anyway.
    if (connection.bind if isinstance(connection, Session) else connection).dialect.name != "postgresql":
        return
    for name in sorted(names):
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})


def empty_log(engine: Engine) -> bool:
    """Empty SQLite's write-ahead log, which still holds what was deleted; False if somebody reads on in it for long."""
    if engine.dialect.name != "sqlite":
        return True
    until = time.monotonic() + _BUSY_MILLISECONDS / 1000
    with engine.connect() as connection:
        while connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar():
            if time.monotonic() > until:
                return False
            time.sleep(0.05)
    return True


def _prepare_file(path: Path) -> None:
    """Create the file for its owner only, and turn write-ahead logging on, which stays with the file.

    Two processes that turn it on at once get "database is locked" whatever the time-out, hence the lock.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path.with_name(path.name + ".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            # Only a new file is opened: closing it drops the locks of every connection that this process has to it.
            os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
        engine = sa.create_engine(f"sqlite:///{path}", poolclass=sa.pool.NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")


def _set_up_sqlite(connection: Any, record: object) -> None:
    connection.isolation_level = None  # the driver would begin transactions its own way; `_begin_sqlite` does
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")  # what somebody had deleted is overwritten


def _begin_sqlite(connection: Any) -> None:
    read_only = connection.get_execution_options().get(_READ_ONLY)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
