"""A copy of the project's data under git, and a database with verdicts."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from assistant.conversations.models import Verdict
from assistant.database import CONVERSATIONS, migrate, open_database, writing
from publishing.lessons import Lesson

from ..conftest import PROJECT_DIR


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A clean checkout of the data that publications change."""
    root = tmp_path / "checkout"
    for name in ("data", "tests/questions"):
        shutil.copytree(PROJECT_DIR / name, root / name)
    for command in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *command], cwd=root, check=True)
    return root


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """A database of conversations, and a data folder of its own."""
    monkeypatch.setenv("VAR_DIR", str(tmp_path / "var"))
    is_postgres = request.param == "postgresql"
    url = request.getfixturevalue("postgres_url") if is_postgres else f"sqlite:///{tmp_path / 'c.db'}"
    engine = open_database(url)
    migrate(engine, CONVERSATIONS)
    yield engine
    engine.dispose()


def add_verdict(engine: Engine, conversation_id: str, lesson: Lesson, published_in: str | None = None) -> None:
    row = {"conversation_id": conversation_id, "number": 1, "is_right": False, "intent": lesson.intent}
    row |= {"question": lesson.question, "examples": json.dumps(lesson.examples), "by": "ann", "at": time.time()}
    with writing(engine) as session:
        session.execute(Verdict.__table__.insert().values(version=1, published_in=published_in, **row))
