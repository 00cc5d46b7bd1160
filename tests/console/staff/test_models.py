"""The tables of the staff's console are those of its migrations."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from assistant.database import STAFF, VERSION_TABLES, migrate, open_database
from console.staff.models import Base


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_migrations_build_the_tables_of_the_models(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path / 's.db'}" if kind == "sqlite" else request.getfixturevalue("postgres_url")
    engine = open_database(url)
    for _ in range(2):
        migrate(engine, STAFF)
    with engine.connect() as connection:
        differences = compare_metadata(
            MigrationContext.configure(connection, opts={"compare_type": True}), Base.metadata
        )
    engine.dispose()
    assert [one for one in differences if getattr(one[1], "name", "") != VERSION_TABLES[STAFF]] == []
