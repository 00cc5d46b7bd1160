"""What a visitor deletes is gone, and does not come back."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from assistant.conversations import erasure, inbox, models, queries
from assistant.conversations.inbox import Arrival
from assistant.conversations.turns import ConversationDeleted, Turn, write_turn
from assistant.database import writing
from assistant.store import ConversationStore
from tests.assistant.conversations.conftest import Outage
from tests.assistant.conversations.talk import asked, asked_in, replied, say, texts, tracker_of, turn
from tests.databases import rows


def erase(engine: Engine, conversation_id: str) -> None:
    with writing(engine) as session:
        erasure.erase(session, conversation_id, time.time())


def talk(store: ConversationStore, engine: Engine, conversation_id: str) -> None:
    """A conversation that leaves something in every table."""
    with writing(engine) as session:
        inbox.receive(session, conversation_id, "webchat", Arrival("c1", "help"), time.time())
    say(store, conversation_id, asked("help", "crisis", "c1"), *replied("not covered", "utter_fallback"))
    with writing(engine) as session:
        assert queries.rate(session, conversation_id, 2, "down", "rude", time.time())


def mentions(engine: Engine, conversation_id: str) -> set[str]:
    """The tables in which a conversation is named."""
    found = set()
    for table in models.Base.metadata.tables.values():
        of_conversation = [
            c
            for c in table.c
            if c.name in ("conversation_id", "sender_id") or c.table.name + c.name == "conversationsid"
        ]
        for column in of_conversation:
            with engine.connect() as connection:
                if connection.execute(sa.select(sa.func.count()).where(column == conversation_id)).scalar():
                    found.add(table.name)
    return found


def test_nothing_is_left_of_it_and_all_of_others(store: ConversationStore, engine: Engine) -> None:
    talk(store, engine, "v")
    talk(store, engine, "w")
    full = mentions(engine, "v")
    assert {"events", "conversations", "messages", "predictions", "flags", "feedback", "inbox"} <= full
    erase(engine, "v")
    assert mentions(engine, "v") == {"deleted_conversations"}
    assert mentions(engine, "w") == full


def test_erasing_twice_is_erasing_once(store: ConversationStore, engine: Engine) -> None:
    talk(store, engine, "v")
    erase(engine, "v")
    erase(engine, "v")
    assert len(rows(engine, models.Deleted)) == 1


def test_what_comes_later_is_refused(engine: Engine) -> None:
    erase(engine, "v")
    said = Turn("v", [event.as_dict() for event in turn("one")], None)
    with pytest.raises(ConversationDeleted), writing(engine) as session:
        write_turn(session, said)
    with pytest.raises(ConversationDeleted), writing(engine) as session:
        inbox.receive(session, "v", "webchat", Arrival("c2", "hello"), time.time())
    assert mentions(engine, "v") == {"deleted_conversations"}


def test_a_turn_that_is_being_answered_meanwhile_is_dropped_and_not_spooled(
    store: ConversationStore, engine: Engine
) -> None:
    say(store, "v", *turn("one"))
    erase(engine, "v")
    store.forget("v")
    say(store, "v", *turn("two"))
    assert texts(engine) == []
    assert store.spool.is_empty()
    assert asked_in(tracker_of(store, "v")) == []


def test_turns_that_waited_are_dropped(store: ConversationStore, engine: Engine, outage: Outage, spool: Path) -> None:
    say(store, "v", *turn("one"))
    outage.begin()
    say(store, "v", *turn("two"))
    say(store, "w", *turn("three"))
    outage.end()
    erase(engine, "v")
    store.replay()
    assert texts(engine) == ["three"]
    assert list(spool.iterdir()) == []
    assert mentions(engine, "v") == {"deleted_conversations"}
