"""Keys change while nothing becomes unreadable, and what an earlier key opened needs it no longer."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from rasa.shared.core.events import SlotSet
from sqlalchemy.engine import Engine

from assistant import keys
from assistant.cipher import Unreadable
from assistant.conversations import deliveries, inbox, resealing
from assistant.conversations.addresses import AddressBook
from assistant.conversations.inbox import Arrival
from assistant.conversations.models import Conversation
from assistant.conversations.sealing import vault
from assistant.database import writing
from assistant.store import ConversationStore
from tests.assistant.conversations.talk import say, tracker_of, turn

NUMBER, NAME = "+14155550134", "Amara Okafor"
KEY_FILES = ("conversations.key", "channels.key")


@pytest.fixture(autouse=True)
def fresh_vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("VAR_DIR", str(tmp_path / "var"))
    vault.cache_clear()
    yield
    vault.cache_clear()


@pytest.fixture
def who(store: ConversationStore, engine: Engine) -> str:
    """A conversation that leaves something encrypted in every column that has such."""
    with writing(engine) as session:
        conversation_id = AddressBook.load().open(session, "sms", NUMBER, time.time())
        inbox.receive(session, conversation_id, "sms", Arrival("c1", "call me " + NUMBER), time.time())
        deliveries.enqueue(session, conversation_id, 1, [{"text": "hello"}], time.time())
    say(store, conversation_id, *turn("one")[:-1], SlotSet("booking_name", NAME), *turn("two")[-1:])
    for number in range(30):  # so many that slots of before stand in the snapshot alone
        say(store, conversation_id, *turn(f"{number}"))
    return conversation_id


def rotate(drop_earlier: bool = False) -> None:
    if drop_earlier:  # what a person does who takes the lines out; the channels' last one stays
        for name in KEY_FILES:
            lines = (keys.var_dir() / name).read_text().split()
            kept = lines if name == "channels.key" else lines[:1]
            (keys.var_dir() / name).write_text("\n".join(kept) + "\n")
    else:
        assert set(keys.add_keys()) == set(KEY_FILES)
    vault.cache_clear()  # as a start does


def all_readable(engine: Engine, open_store, who: str) -> None:
    assert tracker_of(open_store(), who).get_slot("booking_name") == NAME
    with writing(engine) as session:
        assert AddressBook.load().find(session, who).address == NUMBER
        (due,) = deliveries.claim(session, time.time(), ["sms"], 10)
        assert due.body == {"text": "hello"}
        session.rollback()
    with engine.connect() as connection:
        (text,) = connection.execute(sa.text("SELECT text FROM inbox WHERE text IS NOT NULL")).scalars()
    assert NUMBER in vault().open(text)


def test_everything_is_readable_with_the_old_key_in_second_place_and_afterwards_without_it(
    engine: Engine, open_store, who: str
) -> None:
    with engine.connect() as connection:
        snapshot = connection.execute(sa.select(Conversation.snapshot)).scalar_one()
    assert any("sealed" in str(event.get("value")) for event in json.loads(snapshot))
    pseudonym = AddressBook.load().conversation_id("sms", NUMBER)
    rotate()
    all_readable(engine, open_store, who)
    counts = resealing.reseal(engine)
    assert set(counts) == {"addresses", "events", "conversations", "inbox", "deliveries"}
    assert all(counts.values())
    rotate(drop_earlier=True)
    all_readable(engine, open_store, who)
    assert AddressBook.load().conversation_id("sms", NUMBER) == pseudonym == who
    assert not any(resealing.reseal(engine).values())  # nothing is left to be done


def test_without_resealing_a_dropped_key_is_missed_and_said_so(engine: Engine, who: str) -> None:
    rotate()
    rotate(drop_earlier=True)
    with pytest.raises(Unreadable, match="another key"):
        resealing.reseal(engine)


def test_a_call_that_was_cut_off_can_be_made_again(
    engine: Engine, open_store, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rotate()
    of_snapshot = resealing._of_snapshot
    monkeypatch.setattr(resealing, "_of_snapshot", lambda _: (_ for _ in ()).throw(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        resealing.reseal(engine)
    all_readable(engine, open_store, who)
    monkeypatch.setattr(resealing, "_of_snapshot", of_snapshot)
    resealing.reseal(engine)
    rotate(drop_earlier=True)
    all_readable(engine, open_store, who)
