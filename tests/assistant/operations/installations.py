"""Installations to make backups of: data folder, keys, and databases of either kind."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from assistant.conversations import demo, models
from assistant.conversations.messaging_models import Delivery
from assistant.conversations.models import Base as Conversations
from assistant.conversations.turns import Turn, write_turn
from assistant.database import (
    BOOKINGS,
    CONVERSATIONS,
    STAFF,
    VERSION_TABLES,
    database_url,
    migrate,
    open_database,
    writing,
)
from bookings.models import Base as Bookings
from bookings.secrets import ContactCipher
from console.staff.models import Base as Staff
from tests.assistant.conversations.talk import turn
from tests.databases import Postgres

TABLES = {BOOKINGS: Bookings, CONVERSATIONS: Conversations, STAFF: Staff}
assert Delivery.__table__ in Conversations.metadata.sorted_tables


class Installation:
    """One installation; `enter` makes it that of this process."""

    def __init__(self, folder: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.url, self._monkeypatch = folder, url, monkeypatch
        folder.mkdir(parents=True, exist_ok=True)

    def enter(self) -> Installation:
        self._monkeypatch.setenv("VAR_DIR", str(self.folder))
        self._monkeypatch.setenv("DATABASE_URL", self.url)
        return self

    def take_keys_of(self, other: Installation) -> None:
        for key in other.folder.glob("*.key"):
            shutil.copy2(key, self.folder / key.name)

    def fill(self, conversations: int = 12) -> None:
        """Made-up conversations and requests, and all other tables."""
        self.enter()
        with self.opened(CONVERSATIONS) as engine, self.opened(BOOKINGS) as bookings, self.opened(STAFF):
            demo.fill(engine, bookings, ContactCipher.load(), conversations)

    @contextmanager
    def opened(self, area: str) -> Iterator[Engine]:
        engine = open_database(self.enter().url_of(area))
        migrate(engine, area)
        yield engine
        engine.dispose()

    def url_of(self, area: str) -> str:
        return database_url(area)

    def everything(self) -> dict[str, Any]:
        """All rows of all tables."""
        found: dict[str, Any] = {}
        for area in VERSION_TABLES:
            with self.opened(area) as engine, engine.connect() as connection:
                for table in TABLES[area].metadata.sorted_tables:
                    order = sa.select(table).order_by(*table.primary_key.columns)
                    found[table.name] = [tuple(row) for row in connection.execute(order)]
        return found


@contextmanager
def two_of(kind: str, tmp_path: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Two empty installations of a kind of database, each as if on a machine of its own."""
    if kind == "sqlite":
        yield tuple(Installation(tmp_path / name, "", monkeypatch) for name in ("first", "second"))
        return
    with postgres.database() as one, postgres.database() as other:
        yield Installation(tmp_path / "first", one, monkeypatch), Installation(tmp_path / "second", other, monkeypatch)


def say(installation: Installation, conversation_id: str, text: str = "hello") -> None:
    """Have a visitor write something, which is answered."""
    with installation.opened(CONVERSATIONS) as engine, writing(engine) as session:
        write_turn(session, Turn(conversation_id, [event.as_dict() for event in turn(text)], None))


def conversations_of(installation: Installation) -> set[str]:
    """The ids of all conversations."""
    with installation.opened(CONVERSATIONS) as engine, engine.connect() as connection:
        return set(connection.execute(sa.select(models.Conversation.__table__.c.id)).scalars())
