"""Both kinds of database for tests: a real PostgreSQL that can be stopped, and what is read or done at once in any."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from threading import Barrier
from typing import Any

import pgserver
import sqlalchemy as sa
from pgserver._commands import pg_ctl
from sqlalchemy.engine import Engine, make_url

from assistant.database import migrate, open_database

_numbers = count()


class Postgres:
    """A PostgreSQL server of the tests' own."""

    def __init__(self) -> None:
        # The server may run as a user of its own, which cannot enter pytest's folders.
        self._folder = Path(tempfile.mkdtemp(prefix="pg"))
        self._server = pgserver.get_server(self._folder)
        self._templates: dict[str, str] = {}
        self.url = self._server.get_uri()
        # It lives as long as the tests: only they can crash, not the machine under it.
        self._execute("ALTER SYSTEM SET fsync = off")
        self._execute("SELECT pg_reload_conf()")

    def stop(self) -> None:
        """Cut all connections, take no new ones."""
        pg_ctl(["-w", "-m", "fast", "stop"], pgdata=self._folder, user=self._server.system_user)

    def start(self) -> None:
        """Start it again, with what it held."""
        self._server.ensure_postgres_running()

    def remove(self) -> None:
        self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)

    @contextmanager
    def database(self, area: str | None = None) -> Iterator[str]:
        """A database with an area's tables and nothing in them, or without tables."""
        name = f"test{next(_numbers)}"
        self._execute(f"CREATE DATABASE {name}" + (f" TEMPLATE {self._template(area)}" if area else ""))
        yield self._url_of(name)
        self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _template(self, area: str) -> str:
        """A database with the tables, which new ones are copied from."""
        if area not in self._templates:
            self._templates[area] = f"migrated_{area}"
            self._execute(f"CREATE DATABASE {self._templates[area]}")
            engine = open_database(self._url_of(self._templates[area]))
            migrate(engine, area)
            engine.dispose()
        return self._templates[area]

    def _url_of(self, name: str) -> str:
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def _execute(self, statement: str) -> None:
        engine = open_database(self.url).execution_options(isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sa.text(statement))
        engine.dispose()


def rows(engine: Engine, table: Any) -> list[Any]:
    """All rows of a table, in the order in which they were written."""
    with engine.connect() as connection:
        return list(connection.execute(sa.select(table.__table__).order_by(*table.__table__.primary_key.columns)))


def at_once(number: int, work: Callable[[int], Any]) -> list[Any]:
    """What `number` threads that start at the same moment return or raise."""
    start = Barrier(number)

    def one(index: int) -> Any:
        start.wait()
        try:
            return work(index)
        except Exception as problem:
            return problem

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(one, range(number)))
