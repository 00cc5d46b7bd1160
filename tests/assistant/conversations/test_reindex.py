"""What staff and visitors read can be built again from the events."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
import sqlalchemy as sa
from rasa.shared.core.events import ActionExecuted, BotUttered, SlotSet

from assistant.conversations import models, queries
from assistant.conversations.reindex import Rebuilt, reindex
from assistant.database import writing
from assistant.store import ConversationStore
from tests.assistant.conversations.talk import LISTEN, asked, replied, say, session_start, texts, turn
from tests.conftest import PROJECT_DIR
from tests.databases import rows

BUILT = (models.Message, models.Prediction, models.Flag)


def talk(store: ConversationStore) -> None:
    """Conversations with all that there is to read."""
    buttons = [{"title": "Is it safe?", "payload": "/ask_safety"}]
    say(store, "v", *session_start(), *turn("hi", "c1"))
    say(store, "v", BotUttered("an apology"))
    price = [asked("price?", "ask_price", "c2"), *replied("not covered", "utter_ask_price", buttons, facts=[])]
    say(store, "v", *price, ActionExecuted(LISTEN))
    say(store, "v", BotUttered("another apology"), SlotSet("booking_reference", "SR-4K7M-92PX"))
    say(store, "v", *session_start(), asked("help", "crisis", "c3"), *replied("call 988", "utter_crisis"))
    say(store, "w", asked("hi", "nlu_fallback", ranking=[("nlu_fallback", 0.3)]), *replied("hm", "utter_fallback"))


def wipe(engine) -> None:
    with engine.begin() as connection:
        for model in BUILT:
            connection.execute(model.__table__.delete())
        unknown = {"message_count": 0, "lowest_confidence": None, "booking_reference": None}
        connection.execute(models.Conversation.__table__.update().values(unknown))


def break_event_of(engine, conversation_id: str, data: str = '{"event": "user", "text": "secret') -> None:
    with engine.begin() as connection:
        update = sa.text("UPDATE events SET data = :data WHERE sender_id = :id AND seq = 0")
        connection.execute(update, {"data": data, "id": conversation_id})


def everything(engine) -> dict[str, list[object]]:
    """All that there is to read; the rows of messages are new ones."""
    found: dict[str, list[object]] = {}
    for model in (*BUILT, models.Conversation, models.Feedback):
        as_dicts = [dict(row._mapping) for row in rows(engine, model)]
        contents = [{name: row[name] for name in row if (model, name) != (models.Message, "id")} for row in as_dicts]
        found[model.__tablename__] = sorted(contents, key=str)
    return found


def run_reindex() -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "ignore", "-m", "assistant", "reindex"]
    return subprocess.run(command, cwd=PROJECT_DIR, capture_output=True, text=True, timeout=60)


def test_what_was_wiped_is_built_again_as_it_was(store: ConversationStore, engine) -> None:
    talk(store)
    with writing(engine) as session:
        queries.rate(session, "v", 5, "down", "too short", time.time())
    before = everything(engine)
    assert len(before["feedback"]) == 1
    wipe(engine)
    assert reindex(engine) == Rebuilt(2, 0)
    assert everything(engine) == before
    assert reindex(engine) == Rebuilt(2, 0)
    assert everything(engine) == before


def test_a_conversation_goes_on_after_it(store: ConversationStore, engine) -> None:
    talk(store)
    wipe(engine)
    reindex(engine)
    say(store, "v", *turn("more", "c4"))
    assert texts(engine) == ["hi", "price?", "help", "hi", "more"]


@pytest.mark.parametrize("data", ["{", "null", "[]", "{}", '{"event": "user", "text": "x", "timestamp": "then"}'])
def test_a_conversation_that_cannot_be_read_keeps_what_it_has(data: str, store: ConversationStore, engine) -> None:
    talk(store)
    before = everything(engine)
    break_event_of(engine, "w", data)
    assert reindex(engine) == Rebuilt(1, 1)
    assert everything(engine) == before


def test_odd_text_of_rasas_own_store_is_built_too(store: ConversationStore, engine) -> None:
    say(store, "v", *turn("one"))
    break_event_of(engine, "v", '{"event": "user", "text": "a \\u0000 \\ud800", "timestamp": 1}')
    assert reindex(engine) == Rebuilt(1, 0)
    assert texts(engine) == ["a \ufffd \ufffd"]


def test_the_command_says_what_it_did_in_one_line_and_names_what_it_could_not(store: ConversationStore, engine) -> None:
    talk(store)
    wipe(engine)
    break_event_of(engine, "w")
    done = run_reindex()
    assert (done.returncode, done.stdout) == (0, "1 conversations are readable again.\n")
    assert done.stderr == "assistant: 1 could not be read and stay as they were\n"
    assert texts(engine) == ["hi", "price?", "help"]


def test_the_command_says_so_where_there_is_no_database(store: ConversationStore, outage) -> None:
    outage.begin()
    done = run_reindex()
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "assistant: the database cannot be used (OperationalError)\n"


def test_pages_of_conversations_are_all_read(store: ConversationStore, engine, monkeypatch) -> None:
    monkeypatch.setattr("assistant.conversations.reindex._PAGE", 3)
    for number in range(10):
        say(store, f"v{number}", *turn("hi"), *turn(LISTEN))
    assert reindex(engine) == Rebuilt(10, 0)
