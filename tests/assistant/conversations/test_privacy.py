"""A person's conversations are found, handed out whole, and gone when erased: from tables, files, spool and memory."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from rasa.core.channels.channel import UserMessage
from sqlalchemy.engine import Engine

from assistant import privacy
from assistant.channels.desk import Desk
from assistant.conversations import erasure, inbox, models, queries, review
from assistant.conversations.inbox import Arrival
from assistant.conversations.spool import Spool
from assistant.conversations.spool_erasure import spooled
from assistant.conversations.turns import ConversationDeleted, Turn
from assistant.database import empty_log, reading, writing
from assistant.privacy import Ledger
from assistant.store import ConversationStore
from tests.assistant.conversations.conftest import Outage
from tests.assistant.conversations.talk import asked, asked_in, replied, say, tracker_of, turn
from tests.databases import rows

CANARIES = ("zuzanna quill", "zuzanna@quill.example", "415-555-0199", "xylophone pain", "rudezebra", "notedzebra")


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "erased.log")


def talk(store: ConversationStore, engine: Engine, conversation_id: str, words: Sequence[str] = CANARIES) -> None:
    """A conversation that leaves something in every table."""
    with writing(engine) as session:
        inbox.receive(session, conversation_id, "webchat", Arrival("c1", f"about {words[0]}"), time.time())
    say(store, conversation_id, asked(f"about {words[0]}", "crisis", "c1"), *replied("not covered", "utter_fallback"))
    say(store, conversation_id, *turn(f"write to {words[1]} or call {words[2]}, {words[3]}", "c2"))
    with writing(engine) as session:
        assert queries.rate(session, conversation_id, 2, "down", words[4], time.time())
        review.add_note(session, conversation_id, "dana", words[5], time.time(), 1)


def everywhere(engine: Engine, *folders: Path) -> str:
    """All that the tables hold, and the files of folders."""
    found = []
    with engine.connect() as connection:
        for table in models.Base.metadata.sorted_tables:
            found += [str(tuple(row)) for row in connection.execute(sa.select(table))]
    for folder in folders:
        found += [path.read_bytes().decode("latin-1") for path in folder.rglob("*") if path.is_file()]
    return "\n".join(found)


def test_found_by_id_by_request_and_by_what_was_written(store: ConversationStore, engine: Engine) -> None:
    talk(store, engine, "hers")
    talk(store, engine, "his", ["zebraman"] * 6)
    assert [one.id for one in privacy.summaries(engine, ["hers", "nobody's"])] == ["hers"]
    assert [one.id for one in privacy.mentioning(engine, ["+14155550199", "415-555-0199"])] == ["hers"]
    assert [one.id for one in privacy.mentioning(engine, ['zuzanna@quill.example" OR zebraman'])] == []
    assert privacy.mentioning(engine, []) == [] and privacy.of_requests(engine, []) == []
    with engine.begin() as connection:
        connection.execute(models.Conversation.__table__.update().values(booking_reference="SR-X"))
    assert {one.id for one in privacy.of_requests(engine, ["SR-X"])} == {"hers", "his"}


def test_the_export_holds_all_that_is_kept(store: ConversationStore, engine: Engine) -> None:
    talk(store, engine, "hers")
    talk(store, engine, "his", ["zebraman"] * 6)
    (exported,) = privacy.export(engine, ["hers"])
    text = json.dumps(exported)
    assert all(word in text for word in (*CANARIES, "crisis", "down")) and "zebraman" not in text
    assert all(exported["kept"][name] for name in ("messages", "events", "feedback", "flags", "notes", "inbox"))


def test_nothing_is_left_of_it_and_all_of_others(
    store: ConversationStore, engine: Engine, ledger: Ledger, tmp_path: Path
) -> None:
    talk(store, engine, "his", ["zebraman"] * 6)
    before = everywhere(engine)
    talk(store, engine, "hers")
    counts = privacy.erase(engine, ["hers"], time.time(), ledger)
    assert counts["messages"] == 4 and counts["conversations"] == 1 and counts["notes"] == 1
    left = privacy.left(engine, ["hers"])
    assert sum(left.values()) == 0 and {"spool", *models.Base.metadata.tables} == set(left)
    after = [line for line in everywhere(engine).splitlines() if not line.startswith("('hers', ")]
    assert sorted(after) == sorted(before.splitlines())
    assert empty_log(engine)
    files = everywhere(engine, tmp_path)
    assert not any(word in files for word in CANARIES) and "zuzanna" not in files.lower()
    assert [one.id for one in privacy.mentioning(engine, ["zebraman"])] == ["his"], "the search index is whole"


def test_the_check_finds_what_is_left(store: ConversationStore, engine: Engine, ledger: Ledger) -> None:
    talk(store, engine, "hers")
    privacy.erase(engine, ["hers"], time.time(), ledger)
    with engine.begin() as connection:
        connection.execute(models.Tag.__table__.insert().values(conversation_id="hers", tag="x", by="dana", at=0.0))
    assert privacy.left(engine, ["hers"])["tags"] == 1


def test_words_that_wait_in_the_spool_are_gone_and_others_are_stored(
    store: ConversationStore, engine: Engine, ledger: Ledger, spool: Path
) -> None:
    waiting = Spool(spool)  # of a process that runs on
    for conversation_id in ("hers", "his", "hers"):
        events = [{"event": "user", "text": f"{CANARIES[0]} {conversation_id}", "timestamp": 1.0}]
        waiting.append(Turn(conversation_id, events, 0))
    waiting.set_aside(Turn("hers", [{"event": "user", "text": CANARIES[1]}], 0))
    (spool / "dead.turns").write_bytes(b'{"conversation_id": "hers", "events": [{"text": "zuzanna qu')
    assert spooled(spool, ["hers"]) == 4
    assert privacy.erase(engine, ["hers"], time.time(), ledger)["spool"] == 4
    assert privacy.left(engine, ["hers"])["spool"] == 0
    lines = [line for path in spool.iterdir() for line in path.read_text().splitlines() if line.strip()]
    texts = [str(Turn.of_json(line).events) for line in lines]
    assert sum(text.count("zuzanna") for text in texts) == 1 and "zuzanna quill his" in "".join(texts)
    waiting.append(Turn("his", [{"event": "user", "text": "still here", "timestamp": 2.0}], 1))
    assert waiting.replay(store._write_spooled) == 4
    assert [row.text for row in rows(engine, models.Message)] == ["zuzanna quill his", "still here"]
    assert [path.name for path in spool.iterdir()] == []


def test_memory_forgets_what_another_process_erased(
    store: ConversationStore, engine: Engine, ledger: Ledger, outage: Outage
) -> None:
    say(store, "hers", *turn("my name is zuzanna", "c1"))
    desk = a_desk(store)
    privacy.erase(engine, ["hers"], time.time(), ledger)
    asyncio.run(desk.clean_up())
    outage.begin()
    assert store.remembered("hers") is None
    assert asked_in(tracker_of(store, "hers")) == []
    outage.end()


def test_the_desk_answers_nothing_of_an_erased_conversation_from_memory(
    store: ConversationStore, engine: Engine, ledger: Ledger
) -> None:
    async def scenario() -> None:
        desk = a_desk(store)
        arrival = Arrival("c1", "my name is zuzanna")
        assert len(await desk.take_in("hers", arrival)) == 2
        privacy.erase(engine, ["hers"], time.time(), ledger)
        for again in (arrival, Arrival("c2", "are you there?")):
            with pytest.raises(ConversationDeleted):
                await desk.take_in("hers", again)
        assert not desk._exchanges and store.remembered("hers") is None
        await desk.stop()

    asyncio.run(scenario())
    assert sum(privacy.left(engine, ["hers"]).values()) == 0


def test_what_is_erased_while_it_is_answered_is_not_written(
    store: ConversationStore, engine: Engine, ledger: Ledger
) -> None:
    async def scenario() -> None:
        async def erased_meanwhile(message: UserMessage) -> None:
            await answer_as_rasa(store, message, lambda: privacy.erase(engine, ["hers"], time.time(), ledger))

        desk = Desk(store, erased_meanwhile, understand, lambda conversation_id: None)
        with pytest.raises(ConversationDeleted):
            await desk.take_in("hers", Arrival("c1", "my name is zuzanna"))
        assert not desk._exchanges and store.remembered("hers") is None
        await desk.stop()

    asyncio.run(scenario())
    assert sum(privacy.left(engine, ["hers"]).values()) == 0


def a_desk(store: ConversationStore) -> Desk:
    """A desk of the running assistant."""

    async def answer(message: UserMessage) -> None:
        await answer_as_rasa(store, message)

    return Desk(store, answer, understand, lambda conversation_id: None)


async def answer_as_rasa(store: ConversationStore, message: UserMessage, meanwhile: Callable[[], object] = int) -> None:
    tracker = await store.get_or_create_tracker(message.sender_id, append_action_listen=False)
    for event in turn(message.text, message.message_id):
        tracker.update(event, store.domain)
    await asyncio.to_thread(meanwhile)
    await store.save(tracker)


async def understand(text: str) -> dict[str, Any]:
    return {"text": text, "intent": {"name": "greet", "confidence": 0.9}, "entities": []}


def test_a_backup_brings_nothing_back(
    open_store: Callable[[], ConversationStore], url: str, engine: Engine, ledger: Ledger, tmp_path: Path
) -> None:
    if not url.startswith("sqlite"):
        pytest.skip("copies a SQLite file; of PostgreSQL tests/assistant/operations/test_backup.py restores a backup")
    store = open_store()
    talk(store, engine, "hers")
    talk(store, engine, "his", ["zebraman"] * 6)
    source, backup = (sqlite3.connect(tmp_path / name) for name in ("conversations.db", "backup.db"))
    with closing(source), closing(backup):
        source.backup(backup)
    privacy.erase(engine, ["hers"], time.time(), ledger)
    store.engine.dispose()
    engine.dispose()
    for path in tmp_path.glob("conversations.db-*"):
        path.unlink()
    shutil.move(tmp_path / "backup.db", tmp_path / "conversations.db")
    assert privacy.summaries(engine, ["hers"])
    assert privacy.keep_erased(engine, ledger, time.time()) == 1
    assert [one.id for one in privacy.summaries(engine, ["hers", "his"])] == ["his"]
    assert not any(word in everywhere(engine, tmp_path) for word in CANARIES)
    assert privacy.keep_erased(engine, ledger, time.time()) == 0


def test_the_store_erases_again_when_it_starts(
    open_store: Callable[[], ConversationStore], store: ConversationStore, engine: Engine
) -> None:
    talk(store, engine, "hers")
    with writing(engine) as session:
        erasure.remember(session, ["hers"], time.time())
    open_store()
    assert sum(privacy.left(engine, ["hers"]).values()) == 0


def test_what_visitors_delete_themselves_is_in_the_ledger_too(
    store: ConversationStore, engine: Engine, ledger: Ledger
) -> None:
    with writing(engine) as session:
        erasure.erase(session, "hers", time.time())
    privacy.keep_erased(engine, ledger, time.time())
    with ledger._path.open("ab") as file:
        file.write(b'{"kind": "conversation", "key": "cut o')
    assert ledger.read(privacy.CONVERSATION) == {"hers"} and ledger.read(privacy.REQUEST) == set()
    assert ledger._path.stat().st_mode & 0o777 == 0o600


def test_what_is_kept_too_long_goes_by_batches_and_may_begin_anew(
    store: ConversationStore, engine: Engine, tmp_path: Path
) -> None:
    for i in range(5):
        talk(store, engine, f"old-{i}")
    with engine.begin() as connection:
        connection.execute(models.Conversation.__table__.update().values(last_at=1000.0))
    talk(store, engine, "new", ["zebraman"] * 6)
    assert privacy.due(engine, 2000.0) == 5
    counts = [privacy.delete_due(engine, 2000.0, 2)["conversations"] for _ in range(4)]
    assert counts == [2, 2, 1, 0]
    erasure.forget_words(engine)
    assert empty_log(engine)
    assert not any(word in everywhere(engine, tmp_path) for word in CANARIES)
    assert {row.id for row in rows(engine, models.Conversation)} == {"new"}
    say(store, "old-1", *turn("I am back", "c9"))
    with reading(engine) as session:
        assert [message.text for message in queries.history(session, "old-1", 0, 9)][0] == "I am back"
