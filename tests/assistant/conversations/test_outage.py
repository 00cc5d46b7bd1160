"""While the database is out visitors are answered; what was said is stored once, in order, when it is back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from rasa.shared.core.events import SlotSet
from sqlalchemy.engine import Engine

from assistant.conversations import models
from assistant.conversations.turns import Turn
from assistant.database import CONVERSATIONS, open_database
from assistant.store import ConversationStore
from tests.assistant.conversations.conftest import Outage
from tests.assistant.conversations.talk import asked_in, is_without_gaps, say, texts, tracker_of, turn
from tests.databases import Postgres, rows


def test_a_visitor_is_remembered_during_an_outage_and_the_next_turn_after_it_stores_all(
    store: ConversationStore, outage: Outage, engine
) -> None:
    say(store, "v", *turn("one"), SlotSet("booking_name", "Maria"))
    outage.begin()
    say(store, "v", *turn("two"), SlotSet("booking_topic", "pain"))
    tracker = say(store, "v", *turn("three"))
    assert asked_in(tracker) == ["one", "two", "three"]
    assert (tracker.get_slot("booking_name"), tracker.get_slot("booking_topic")) == ("Maria", "pain")
    outage.end()
    assert texts(engine) == ["one"]
    say(store, "v", *turn("four"))
    assert texts(engine) == ["one", "two", "three", "four"]
    assert texts(engine, "assistant") == ["about one", "about two", "about three", "about four"]
    assert is_without_gaps(engine)
    assert store.spool.is_empty()


def test_only_the_owner_reads_what_waits(store: ConversationStore, outage: Outage, spool: Path) -> None:
    outage.begin()
    say(store, "v", *turn("one"))
    (file,) = spool.iterdir()
    assert (spool.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)


def test_replaying_twice_doubles_nothing(store: ConversationStore, outage: Outage, engine, open_store) -> None:
    outage.begin()
    for text in ("one", "two"):
        say(store, "v", *turn(text))
    assert store.replay() == 0
    outage.end()
    assert (store.replay(), store.replay(), open_store().replay()) == (2, 0, 0)
    assert texts(engine) == ["one", "two"]


def test_looking_at_a_conversation_during_an_outage_forgets_nothing(store: ConversationStore, outage: Outage) -> None:
    say(store, "v", *turn("one"), SlotSet("booking_name", "Maria"))
    outage.begin()
    say(store, "v", *turn("two"))
    for _ in range(3):
        tracker = tracker_of(store, "v")
        assert tracker is not None and tracker.get_slot("booking_name") == "Maria"


def test_a_turn_that_fails_during_an_outage_takes_nothing_with_it(store: ConversationStore, outage: Outage) -> None:
    say(store, "v", *turn("one"), SlotSet("booking_name", "Maria"))
    outage.begin()
    say(store, "v", *turn("two"))
    half_done = tracker_of(store, "v")
    assert half_done is not None
    half_done.update(SlotSet("booking_name", "nobody"))
    assert say(store, "v", *turn("three")).get_slot("booking_name") == "Maria"


def test_the_assistant_starts_without_the_database(open_store, outage: Outage, engine) -> None:
    outage.begin()
    store = open_store()
    say(store, "v", *turn("one"))
    assert asked_in(say(store, "v", *turn("two"))) == ["one", "two"]
    outage.end()
    say(store, "v", *turn("three"))
    assert texts(engine) == ["one", "two", "three"]


def test_a_conversation_of_another_process_goes_on_as_if_anew(store, open_store, outage: Outage, engine) -> None:
    say(store, "v", *turn("one"), SlotSet("booking_name", "Maria"))
    other = open_store()
    outage.begin()
    say(other, "v", *turn("two"))
    outage.end()
    tracker = say(other, "v", *turn("three"))
    assert texts(engine) == ["one", "two", "three"]
    assert asked_in(tracker) == ["one", "two", "three"]
    assert tracker.get_slot("booking_name") == "Maria"
    assert is_without_gaps(engine)


def test_a_message_that_two_processes_answered_is_kept_twice_under_two_ids(
    store: ConversationStore, open_store: Callable[[], ConversationStore], outage: Outage, engine
) -> None:
    other = open_store()
    outage.begin()
    say(store, "v", *turn("hello", "c1"))
    outage.end()
    say(other, "v", *turn("hello", "c1"))
    assert store.replay() == 1
    first, first_reply, second, second_reply = [row.key for row in rows(engine, models.Message)]
    assert (first, first_reply) == ("c1", "c1.0")
    assert second.startswith("c1~") and second_reply == f"{second}.0"


def test_a_turn_that_the_database_refuses_is_set_aside_and_blocks_nobody(
    store: ConversationStore, outage: Outage, engine, spool: Path, refuse
) -> None:
    refuse("messages", "text", "poison")
    outage.begin()
    for text in ("one", "poison", "two"):
        say(store, "v", *turn(text))
    say(store, "w", *turn("three"))
    outage.end()
    assert store.replay() == 4
    assert texts(engine) == ["one", "two", "three"]
    assert is_without_gaps(engine)
    (refused,) = spool.iterdir()
    assert "poison" not in refused.read_text(), "words stand on the disk only encrypted"
    assert "poison" in str(Turn.of_json(refused.read_text()).events)
    assert refused.stat().st_mode & 0o777 == 0o600


def test_a_turn_that_is_refused_without_an_outage_is_set_aside_too(
    store: ConversationStore, engine, spool: Path, refuse
) -> None:
    refuse("messages", "text", "poison")
    say(store, "v", *turn("poison"))
    say(store, "v", *turn("one"))
    assert texts(engine) == ["one"]
    assert [path.suffix for path in spool.iterdir()] == [".refused"]


def test_a_turn_waits_in_memory_where_the_disk_does_not_take_it_either(
    store: ConversationStore, outage: Outage, engine, spool: Path
) -> None:
    spool.parent.mkdir(exist_ok=True)
    spool.write_text("a file where the folder should be")
    say(store, "v", *turn("one"))
    outage.begin()
    say(store, "v", *turn("two"), SlotSet("booking_name", "Maria"))
    assert say(store, "v", *turn("three")).get_slot("booking_name") == "Maria"
    outage.end()
    assert asked_in(say(store, "v", *turn("four"))) == ["one", "two", "three", "four"]
    assert texts(engine) == ["one", "two", "three", "four"]
    assert is_without_gaps(engine)


def test_listeners_are_told_of_turns_that_wait(store: ConversationStore, outage: Outage) -> None:
    told = []
    store.on_turn(lambda conversation_id, messages: told.append((conversation_id, [m.key for m in messages])))
    outage.begin()
    say(store, "v", *turn("one", "c1"))
    assert told == [("v", ["c1", "c1.0"])]


def test_a_database_that_takes_no_writes_refuses_no_turn(
    postgres: Postgres, open_store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgres.database(CONVERSATIONS) as url:
        monkeypatch.setenv("DATABASE_URL", url)
        store, reader = open_store(), open_database(url)
        set_read_only(store.engine, True)
        for text in ("one", "two"):
            say(store, "v", *turn(text))
            store.replay()
        assert not store.spool.is_empty()

        set_read_only(store.engine, False)
        store._out_until = 0.0
        say(store, "v", *turn("three"))

        assert texts(reader) == ["one", "two", "three"]
        store.engine.dispose()
        reader.dispose()


def set_read_only(engine: Engine, is_read_only: bool) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("SET default_transaction_read_only = off")
        name = connection.exec_driver_sql("SELECT current_database()").scalar()
        mode = "on" if is_read_only else "off"
        connection.exec_driver_sql(f"ALTER DATABASE {name} SET default_transaction_read_only = {mode}")
    engine.dispose()  # it counts for new connections
