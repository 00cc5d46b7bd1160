"""The audit trail: nothing in it is changed, left out or put in without being noticed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from assistant.database import STAFF, migrate, open_database
from console.staff.audit import Audit


def trail(engine: Engine) -> Audit:
    migrate(engine, STAFF)
    return Audit(engine, b"k" * 32, lambda: 1000.0)


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_database(f"sqlite:///{tmp_path / 'staff.db'}")


def test_entries_are_numbered_without_gaps_however_many_write(engine: Engine) -> None:
    audit = trail(engine)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: audit.record("ada", "admin", "viewed", f"c{i}"), range(100)))
    assert audit.verify().count == 100 and audit.verify().broken_at is None
    assert [entry.number for entry in audit.entries(limit=200)] == list(range(100, 0, -1))


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit SET actor = 'eve' WHERE number = 2", "DELETE FROM audit WHERE number = 2"],
)
def test_the_database_refuses_and_a_forced_change_is_found(engine: Engine, statement: str) -> None:
    audit = trail(engine)
    for i in range(3):
        audit.record("ada", "admin", "viewed", f"c{i}", reason="x")
    with pytest.raises(DBAPIError), engine.begin() as connection:
        connection.execute(sa.text(statement))
    with engine.begin() as connection:
        for event in ("update", "delete"):
            connection.execute(sa.text(f"DROP TRIGGER audit_stays_{event}"))
        connection.execute(sa.text(statement))
    assert audit.verify().broken_at == 2


def test_an_end_that_was_cut_off_shows_by_the_last_seal(engine: Engine) -> None:
    audit = trail(engine)
    for i in range(3):
        audit.record("ada", "admin", "viewed", f"c{i}")
    seal = audit.verify().last_seal
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TRIGGER audit_stays_delete"))
        connection.execute(sa.text("DELETE FROM audit WHERE number = 3"))
    assert audit.verify().broken_at is None and audit.verify().last_seal != seal
