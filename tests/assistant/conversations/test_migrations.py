"""The migrations build what the models say, again and again."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from rasa.core.tracker_store import SQLTrackerStore
from sqlalchemy.engine import Engine

from assistant.conversations.models import Base, Event
from assistant.database import CONVERSATIONS, VERSION_TABLES, migrate, open_database
from assistant.store import ConversationStore
from tests.assistant.conversations.talk import asked_in, is_without_gaps, say, session_start, tracker_of, turn
from tests.conftest import PROJECT_DIR
from tests.databases import rows


def differences(engine: Engine) -> list[object]:
    def is_ours(name: str, kind: str, *_: object) -> bool:
        if kind == "table":
            return name in Base.metadata.tables
        return name not in ("words", "ix_messages_words")  # PostgreSQL's alone, made by the migrations

    options = {
        "compare_type": True,
        "compare_server_default": True,
        "version_table": VERSION_TABLES[CONVERSATIONS],
        "include_object": lambda _, name, kind, *rest: is_ours(name, kind, *rest),
    }
    with engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata))


def test_the_migrations_build_the_tables_of_the_models(engine: Engine) -> None:
    assert differences(engine) == []


def test_migrating_again_changes_nothing(store: ConversationStore, engine: Engine) -> None:
    say(store, "v", *turn("one"))
    before = rows(engine, Event)
    migrate(engine, CONVERSATIONS)
    assert rows(engine, Event) == before
    assert differences(engine) == []


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_tables_can_be_dropped_and_built_again(kind: str, tmp_path: Path, request, monkeypatch) -> None:
    url = f"sqlite:///{tmp_path / 'c.db'}" if kind == "sqlite" else request.getfixturevalue("postgres_url")
    monkeypatch.setenv("DATABASE_URL", url)
    migrate(open_database(url), CONVERSATIONS)
    program = (
        "import sys; from alembic.config import main\n"
        "for to in (['downgrade', 'base'], ['upgrade', 'head']): main(['-n', 'conversations', *to])"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], cwd=PROJECT_DIR, check=True, capture_output=True)
    engine = open_database(url)
    assert differences(engine) == []
    engine.dispose()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_events_of_rasas_own_store_are_taken_over(kind: str, domain, tmp_path: Path, request, monkeypatch) -> None:
    path = tmp_path / "var" / "conversations.db"
    path.parent.mkdir()
    monkeypatch.setenv("VAR_DIR", str(path.parent))
    if kind == "sqlite":
        stock = SQLTrackerStore(domain, dialect="sqlite", db=str(path))
        url = f"sqlite:///{path}"
    else:
        url = request.getfixturevalue("postgres_url")
        parsed = sa.engine.make_url(url)
        stock = SQLTrackerStore(
            domain, dialect="postgresql", host=parsed.query["host"], db=parsed.database, username=parsed.username
        )
    monkeypatch.setenv("DATABASE_URL", url)
    for text in ("one", "two"):
        say(stock, "v", *session_start(), *turn(text))
    stock.engine.dispose()
    store = ConversationStore(domain)
    assert asked_in(tracker_of(store, "v")) == ["two"]
    say(store, "v", *turn("three"))
    assert is_without_gaps(store.engine)
    assert [row.intent_name for row in rows(store.engine, Event) if row.type_name == "user"] == ["greet"] * 3
    store.engine.dispose()


def test_only_the_owner_reads_the_file(tmp_path: Path, domain, monkeypatch) -> None:
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    say(ConversationStore(domain), "v", *turn("one"))
    assert {path.name: path.stat().st_mode & 0o077 for path in tmp_path.glob("conversations.db*")} == {
        "conversations.db": 0,
        "conversations.db-wal": 0,
        "conversations.db-shm": 0,
        "conversations.db.lock": 0o044,
    }
    assert sqlite3.connect(tmp_path / "conversations.db").execute("SELECT count(*) FROM messages").fetchone() == (2,)
