"""Copies of our tables in PostgreSQL: out of one snapshot, and back in one transaction that leaves all or nothing.

They are written by COPY, so no other program is needed, and the tables of others in the same database stay untouched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from assistant.database import APPLICATION, BOOKINGS, CONVERSATIONS, STAFF, VERSION_TABLES, serialise, upgrade
from assistant.operations.archive import BadBackup

_MODELS = {BOOKINGS: "bookings.models", CONVERSATIONS: "assistant.conversations.models", STAFF: "console.staff.models"}
_MORE_MODELS = ("assistant.conversations.messaging_models",)
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
Tables = dict[str, list[str]]  # the columns of each


class CopyFailed(RuntimeError):
    """A table could not be copied; the text names it, and nothing that it holds."""


def copy(engine: Engine, folder: Path) -> tuple[Tables, dict[str, str]]:
    """Copies of all tables as they were at one moment, `<table>.copy` in a folder.

    Returns: the tables, in the order in which they can be filled, and the revision of each area.
    """
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection, connection.begin():
        connection.execute(sa.text("SET TRANSACTION READ ONLY"))
        revisions = _revisions(connection)
        tables = {table: _columns(connection, table) for table in _ours(connection)}
        for table, columns in tables.items():
            with (folder / f"{table}.copy").open("wb") as file, _without_rows(connection, table):
                _cursor(connection).copy_expert(f"COPY {_quoted(table, columns)} TO STDOUT", file)
    return tables, revisions


def put_in_place(engine: Engine, folder: Path, tables: Tables, revisions: Mapping[str, str]) -> None:
    """Replace all tables by copies, and bring them up to date; nothing has changed if it raises."""
    with engine.begin() as connection:
        serialise(connection, *(f"{area}.migrations" for area in VERSION_TABLES))
        _drop(connection, [*_ours(connection), *_present(connection, [*tables, *VERSION_TABLES.values()])])
        for area, revision in revisions.items():
            upgrade(connection, area, revision)
        if filled := _present(connection, tables):
            # nosemgrep: sql-built-from-text - names of tables of ours
            connection.execute(sa.text(f"TRUNCATE {', '.join(map(_identifier, filled))}"))
        for table, columns in tables.items():
            with (folder / f"{table}.copy").open("rb") as file, _without_rows(connection, table):
                _cursor(connection).copy_expert(f"COPY {_quoted(table, columns)} FROM STDIN", file)
            _go_on_counting(connection, table)
        for area in revisions:
            upgrade(connection, area, "head")


def others(engine: Engine) -> int:
    """How many connections processes of the assistant have to the database, on whichever machine, beside this one."""
    query = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND application_name = :name AND pid <> pg_backend_pid()"
    )
    with engine.connect() as connection:
        return int(connection.execute(query, {"name": APPLICATION}).scalar_one())


def has_tables(engine: Engine) -> bool:
    """Whether there is something that would go."""
    with engine.connect() as connection:
        return bool(_ours(connection))


def known_tables() -> list[str]:
    """The tables of all areas, in the order in which they can be filled."""
    for name in _MORE_MODELS:
        import_module(name)
    names = [table.name for module in _MODELS.values() for table in import_module(module).Base.metadata.sorted_tables]
    return list(dict.fromkeys(names))


def _ours(connection: Connection) -> list[str]:
    return _present(connection, known_tables())


def _present(connection: Connection, names: Iterable[str]) -> list[str]:
    there = set(sa.inspect(connection).get_table_names())
    return [name for name in dict.fromkeys(names) if name in there]


def _revisions(connection: Connection) -> dict[str, str]:
    there = _present(connection, VERSION_TABLES.values())
    # nosemgrep: sql-built-from-text - names of ours
    query = {area: sa.text(f"SELECT version_num FROM {table}") for area, table in VERSION_TABLES.items()}  # noqa: S608
    return {area: connection.execute(query[area]).scalar_one() for area in query if VERSION_TABLES[area] in there}


def _columns(connection: Connection, table: str) -> list[str]:
    """Its columns but for those that the database computes."""
    return [column["name"] for column in sa.inspect(connection).get_columns(table) if "computed" not in column]


def _drop(connection: Connection, tables: Iterable[str]) -> None:
    names = list(dict.fromkeys(tables))
    functions = sa.text(
        "SELECT DISTINCT tgfoid::regprocedure::text FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
        "WHERE NOT tgisinternal AND relname = ANY(:names) AND relnamespace = current_schema()::regnamespace"
    )
    of_triggers = connection.execute(functions, {"names": names}).scalars().all()
    for name in names:
        # nosemgrep: sql-built-from-text - names of tables of ours
        connection.execute(sa.text(f'DROP TABLE "{name}" CASCADE'))
    for function in of_triggers:
        # nosemgrep: sql-built-from-text - a name that the database gave
        connection.execute(sa.text(f"DROP FUNCTION {function}"))


def _go_on_counting(connection: Connection, table: str) -> None:
    """Have new rows numbered behind those that were copied."""
    for column in sa.inspect(connection).get_columns(table):
        named = {"table": f'"{table}"', "column": column["name"]}
        query = sa.text("SELECT pg_get_serial_sequence(:table, :column)")
        sequence = connection.execute(query, named).scalar()
        if sequence:
            highest = f'SELECT max("{column["name"]}") FROM "{table}"'  # noqa: S608
            connection.execute(
                # nosemgrep: sql-built-from-text - names of tables and columns of ours
                sa.text(f"SELECT setval(:name, coalesce(({highest}), 0) + 1, false)"),
                {"name": sequence},
            )


def _quoted(table: str, columns: list[str]) -> str:
    return f"{_identifier(table)} ({', '.join(map(_identifier, columns))})"


def _identifier(name: str) -> str:
    """A name as SQL has it. Raises: BadBackup."""
    if not _NAME.fullmatch(name):
        raise BadBackup("it names a table that no version has")
    return f'"{name}"'


@contextmanager
def _without_rows(connection: Connection, table: str) -> Iterator[None]:
    """What the driver says about an error may quote a row."""
    try:
        yield
    except connection.dialect.dbapi.Error as error:
        raise CopyFailed(f"the table {table} cannot be copied ({type(error).__name__})") from None


def _cursor(connection: Connection) -> Any:
    return connection.connection.cursor()
