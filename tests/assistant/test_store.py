"""The conversation store on a real SQLite file."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from rasa.core.agent import Agent
from rasa.core.tracker_store import FailSafeTrackerStore, InMemoryTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from assistant.store import ConversationStore, conversation_store

from ..conftest import PROJECT_DIR


@pytest.fixture(scope="module")
def domain() -> Domain:
    return Domain.from_path(str(PROJECT_DIR / "domain.yml"))


@pytest.fixture
def store(domain: Domain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ConversationStore:
    monkeypatch.setenv("VAR_DIR", str(tmp_path / "new" / "var"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return ConversationStore(domain)


def turn(text: str, intent: str) -> list[Event]:
    return [
        UserUttered(text, {"name": intent}, parse_data={"text": text, "intent": {"name": intent}, "entities": []}),
        ActionExecuted(f"utter_{intent}"),
        BotUttered(f"about {intent}"),
        ActionExecuted("action_listen"),
    ]


def session_start() -> list[Event]:
    return [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted("action_listen")]


def save(store: ConversationStore, tracker: DialogueStateTracker, events: list[Event], domain: Domain) -> None:
    for event in events:
        tracker.update(event, domain)
    asyncio.run(store.save(tracker))


def rows(store: ConversationStore) -> list[Any]:
    with store.engine.connect() as connection:
        return connection.execute(sa.text("SELECT type_name, intent_name, action_name FROM events ORDER BY id")).all()


def test_a_conversation_comes_back_as_it_was(store: ConversationStore, domain: Domain) -> None:
    tracker = DialogueStateTracker("v", domain.slots)
    save(store, tracker, [*session_start(), *turn("hi", "greet"), SlotSet("consultation_offered", True)], domain)
    read = asyncio.run(store.retrieve("v"))
    assert read is not None
    assert read.latest_message is not None and read.latest_message.text == "hi"
    assert read.get_slot("consultation_offered") is True


def test_each_event_is_stored_once_over_many_turns(store: ConversationStore, domain: Domain) -> None:
    save(store, DialogueStateTracker("v", domain.slots), session_start(), domain)
    for _ in range(3):
        tracker = asyncio.run(store.retrieve("v"))
        assert tracker is not None
        save(store, tracker, turn("hi", "greet"), domain)
        asyncio.run(store.save(tracker))  # nothing new
    assert len(rows(store)) == 3 + 3 * 4
    assert rows(store)[3] == ("user", "greet", None)


def test_only_the_last_session_is_read_and_nothing_is_lost(store: ConversationStore, domain: Domain) -> None:
    save(store, DialogueStateTracker("v", domain.slots), [*session_start(), *turn("first", "greet")], domain)
    tracker = asyncio.run(store.retrieve("v"))
    assert tracker is not None
    save(store, tracker, [*session_start(), *turn("second", "thank")], domain)
    last = asyncio.run(store.retrieve("v"))
    whole = asyncio.run(store.retrieve_full_tracker("v"))
    assert last is not None and [e.text for e in last.events if isinstance(e, UserUttered)] == ["second"]
    assert whole is not None and [e.text for e in whole.events if isinstance(e, UserUttered)] == ["first", "second"]


def test_a_tracker_that_was_not_read_here_does_not_double_events(store: ConversationStore, domain: Domain) -> None:
    tracker = DialogueStateTracker("v", domain.slots)
    save(store, tracker, [SessionStarted(), *turn("hi", "greet")], domain)
    copied = DialogueStateTracker.from_dict("v", [event.as_dict() for event in tracker.events], domain.slots)
    save(store, copied, turn("thanks", "thank"), domain)
    assert len(rows(store)) == 1 + 4 + 4


def test_visitors_are_apart(store: ConversationStore, domain: Domain) -> None:
    save(store, DialogueStateTracker("v", domain.slots), turn("hi", "greet"), domain)
    assert asyncio.run(store.retrieve("w")) is None


def test_a_clock_that_goes_back_loses_and_moves_nothing(store: ConversationStore, domain: Domain) -> None:
    save(store, DialogueStateTracker("v", domain.slots), [*session_start(), *turn("first", "greet")], domain)
    tracker = asyncio.run(store.retrieve("v"))
    assert tracker is not None
    an_hour_ago = turn("second", "thank")
    for event in an_hour_ago:
        event.timestamp -= 3600
    save(store, tracker, an_hour_ago, domain)
    read = asyncio.run(ConversationStore(domain).retrieve("v"))  # as another process, or this one after a restart
    assert read is not None and [e.text for e in read.events if isinstance(e, UserUttered)] == ["first", "second"]


def test_an_unreadable_row_ends_nothing_and_the_conversation_goes_on(store: ConversationStore, domain: Domain) -> None:
    save(store, DialogueStateTracker("v", domain.slots), turn("hi", "greet"), domain)
    with store.engine.begin() as connection:
        connection.execute(sa.text("UPDATE events SET data = '{'"))
    tracker = asyncio.run(FailSafeTrackerStore(ConversationStore(domain)).retrieve("v"))
    assert tracker is not None and not tracker.events
    save(store, tracker, turn("thanks", "thank"), domain)
    assert [row.intent_name for row in rows(store) if row.type_name == "user"] == ["greet", "thank"]


def test_the_store_is_found_inside_rasas_wrappers(store: ConversationStore) -> None:
    assert conversation_store(Agent(tracker_store=store).tracker_store) is store
    store.ping()


def test_another_store_is_named(domain: Domain) -> None:
    with pytest.raises(TypeError, match="InMemoryTrackerStore"):
        conversation_store(InMemoryTrackerStore(domain))
