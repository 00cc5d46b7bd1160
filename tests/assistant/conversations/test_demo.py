"""Made-up conversations are as real ones: the read model is built again from their events, each channel is there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from assistant.clock import utc_now
from assistant.conversations import demo, models, today
from assistant.conversations.demo_talk import CHANNELS
from assistant.conversations.reindex import reindex
from assistant.conversations.transcripts import transcript
from assistant.database import BOOKINGS, CONVERSATIONS, migrate, open_database, reading
from bookings.models import OutboxMessage, State
from bookings.requests import BookingStore
from bookings.secrets import ContactCipher
from tests.conftest import PROJECT_DIR
from tests.databases import rows

NOW = 1_760_000_000.0
_CIPHER = ContactCipher(b"k" * 32)
_REFERENCE = re.compile(r"SR-\w{4}-\w{4}")


def _opened(path: Path) -> Engine:
    engine = open_database(f"sqlite:///{path}")
    for area in (BOOKINGS, CONVERSATIONS):
        migrate(engine, area)
    return engine


@pytest.fixture
def other(tmp_path: Path) -> Engine:
    """One file for requests and conversations."""
    return _opened(tmp_path / "other.db")


def _messages(engine: Engine) -> list[dict[str, Any]]:
    found = ({k: v for k, v in row._mapping.items() if k != "id"} for row in rows(engine, models.Message))
    return sorted(found, key=lambda row: (row["conversation_id"], row["number"]))


def _read_model(engine: Engine) -> list[Any]:
    """All that is built from events."""
    return [
        _messages(engine),
        *(rows(engine, model) for model in (models.Conversation, models.Prediction, models.Flag)),
    ]


def test_a_store_comes_alive(engine: Engine, other: Engine) -> None:
    filled = demo.fill(engine, other, _CIPHER, 250, now=NOW)
    found, messages = rows(engine, models.Conversation), rows(engine, models.Message)
    assert (filled.conversations, filled.messages) == (250, len(messages)) == (len(found), len(messages))
    assert {row.channel for row in found} == set(CHANNELS)
    assert all(re.fullmatch(rf"{row.channel}:[0-9a-f]{{32}}", row.id) for row in found)
    assert all(NOW - demo.DAYS * 86400 - 900 <= row.started_at < row.last_at for row in found)
    assert {"crisis", "not_covered", "unclear", "wants_person"} <= {row.kind for row in rows(engine, models.Flag)}
    assert {row.author for row in messages} == {"visitor", "assistant", "staff"}
    assert not any("{" in row.text for row in messages)
    for model in (models.Feedback, models.Acknowledgement, models.Tag, models.Note, models.Verdict):
        assert rows(engine, model), model.__tablename__
    assert any(row.reviewed_by for row in found) and any(row.assigned_to for row in found)
    known = (PROJECT_DIR / "data" / "nlu.yml").read_text(encoding="utf-8")
    first = [row.text for row in messages if row.number == 1]
    assert sum(f"- {text}\n" in known for text in first) > 0.8 * len(first)
    with reading(engine) as session:
        assert today.counts(session, NOW - 60 * 86400).unanswered > 0
        assert not any(transcript(session, row.id).is_damaged for row in found)
    before = _read_model(engine)
    assert reindex(engine).unreadable == 0
    assert _read_model(engine) == before


def test_requests_are_in_all_states_and_nobody_is_told(other: Engine) -> None:
    filled = demo.fill(other, other, _CIPHER, 400, now=NOW)
    store = BookingStore(other, _CIPHER, frozenset(), utc_now)
    references = {row.booking_reference for row in rows(other, models.Conversation)} - {None}
    views = [store.get(reference) for reference in references]
    assert len(views) == filled.requests
    assert {view.state for view in views} == set(State)
    for view in views:
        assert view.contact.endswith("@example.com") or re.fullmatch(r"\+141555501\d\d", view.contact)
    assert rows(other, OutboxMessage) == []


def test_the_same_seed_makes_up_the_same_but_for_the_references(other: Engine, tmp_path: Path) -> None:
    again = _opened(tmp_path / "again.db")
    said = []
    for engine in (other, again):
        demo.fill(engine, engine, _CIPHER, 30, now=NOW)
        said.append([(row["conversation_id"], _REFERENCE.sub("", row["text"])) for row in _messages(engine)])
    assert said[0] == said[1]


def test_other_conversations_are_left_alone(other: Engine) -> None:
    demo.fill(other, other, _CIPHER, 10, now=NOW)
    with pytest.raises(demo.NotEmpty):
        demo.fill(other, other, _CIPHER, 10, now=NOW)
    demo.fill(other, other, _CIPHER, 10, anyway=True, now=NOW)
    assert len(rows(other, models.Conversation)) == 20
