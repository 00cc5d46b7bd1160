"""Backups are whole and of one moment; what is restored is what was there, but for what was erased since."""

from __future__ import annotations

import sqlite3
import stat
import tarfile
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from assistant import live_pointer, model_manifest, privacy
from assistant.clock import utc_now
from assistant.conversations import erasure, models
from assistant.conversations.spool import Spool
from assistant.conversations.turns import ConversationDeleted, Turn, write_turn
from assistant.database import (
    BOOKINGS,
    CONVERSATIONS,
    STAFF,
    VERSION_TABLES,
    open_database,
    revisions,
    upgrade,
    writing,
)
from assistant.operations import keyring, sqlite_copy
from assistant.operations.backup import backup
from assistant.operations.restore import restore
from bookings import privacy as requests
from bookings.requests import BookingStore
from bookings.secrets import ContactCipher
from console.staff.models import StaffSession
from tests.assistant.conversations.talk import turn
from tests.assistant.operations.installations import Installation, conversations_of, say
from tests.bookings.conftest import a_request

Two = tuple[Installation, Installation]


def test_a_drill_brings_everything_back_on_another_machine(two: Two, backups: Path) -> None:
    first, second = two
    first.fill(60)
    before = first.everything()
    assert len(before["messages"]) > 200 and before["consultation_requests"] and before["flags"]
    began = time.monotonic()
    made = backup(backups)
    second.take_keys_of(first)
    second.enter()
    restored = restore(made.path)
    seconds = time.monotonic() - began
    print(f"backup and restoration: {seconds:.2f} s")
    assert second.everything() == before
    assert seconds < 60 and restored.seconds < seconds
    say(second, "webchat:new")  # which is numbered behind what was restored
    assert second.everything()["messages"][: len(before["messages"])] == before["messages"]


def test_a_backup_is_its_owners_only_and_holds_no_key(two: Two, backups: Path) -> None:
    first, _ = two
    first.fill()
    made = backup(backups)
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    assert [path.name for path in backups.iterdir()] == [made.path.name]
    with tarfile.open(made.path) as tar:
        content = b"".join(tar.extractfile(entry).read() for entry in tar)  # type: ignore[union-attr]
    keys = [path.read_bytes().strip() for path in first.folder.glob("*.key")]
    assert keys and not any(key in content for key in keys)
    assert list((first.folder / "run" / "backup").iterdir()) == []  # no copy is left behind


def test_made_while_turns_are_written_it_is_of_one_moment(two: Two, backups: Path) -> None:
    first, second = two
    first.fill(3)
    over, written = threading.Event(), [0] * 3

    def write(worker: int) -> None:
        engine = open_database(first.url_of(CONVERSATIONS))
        while not over.is_set():
            with writing(engine) as session:
                said = Turn(f"webchat:{worker}", [event.as_dict() for event in turn(f"{written[worker]}")], None)
                write_turn(session, said)
            written[worker] += 1
        engine.dispose()

    writers = [threading.Thread(target=write, args=(worker,)) for worker in range(3)]
    for writer in writers:
        writer.start()
    while min(written) < 5:
        time.sleep(0.01)
    before = list(written)
    made = backup(backups)
    after = list(written)
    over.set()
    for writer in writers:
        writer.join()
    second.take_keys_of(first)
    second.enter()
    restore(made.path)
    with second.opened(CONVERSATIONS) as engine, engine.connect() as connection:
        for worker in range(3):
            of_it = f"webchat:{worker}"
            table = models.Conversation.__table__
            row = connection.execute(sa.select(table).where(table.c.id == of_it)).one()
            messages = _count(connection, models.Message, "conversation_id", of_it)
            assert row.message_count == messages and messages % 2 == 0
            assert row.event_count == _count(connection, models.Event, "sender_id", of_it)
            assert before[worker] <= messages // 2 <= after[worker] + 1


def test_copies_of_several_files_are_of_the_same_moment(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a.db", "b.db")]
    for path in files:
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript("PRAGMA journal_mode = WAL; CREATE TABLE t (n INTEGER)")
    over = threading.Event()

    def write() -> None:
        connections = [sqlite3.connect(path, isolation_level=None, timeout=30) for path in files]
        number = 0
        while not over.is_set():
            number += 1
            for connection in connections:  # first into the one, then into the other
                connection.execute("INSERT INTO t VALUES (?)", (number,))
        for connection in connections:
            connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for attempt in range(20):
            (folder := tmp_path / f"copy{attempt}").mkdir()
            copies = sqlite_copy.copy({path: path.name for path in files}, folder)
            numbers = []
            for path in files:
                with closing(sqlite3.connect(copies[path])) as connection:
                    numbers.append(connection.execute("SELECT coalesce(max(n), 0) FROM t").fetchone()[0])
            assert numbers[0] - 1 <= numbers[1] <= numbers[0]
    finally:
        over.set()
        writer.join()


def test_who_was_erased_since_stays_erased(two: Two, backups: Path) -> None:
    first, _ = two
    first.fill(3)
    for name in ("webchat:by-visitor", "webchat:by-staff", "webchat:stays"):
        say(first, name)
    store, reference, kept = _two_requests(first)
    made = backup(backups)
    with first.opened(CONVERSATIONS) as engine:
        with writing(engine) as session:
            erasure.erase(session, "webchat:by-visitor", time.time())  # the ledger does not know of it yet
        privacy.erase(engine, ["webchat:by-staff"], time.time(), privacy.Ledger.load())
    requests.erase(store, [reference], [], utc_now())
    store.engine.dispose()
    restored = restore(made.path, replace=True)
    assert restored.erased_again == 3
    there = conversations_of(first)
    assert "webchat:stays" in there and not there & {"webchat:by-visitor", "webchat:by-staff"}
    with first.opened(BOOKINGS) as engine, engine.connect() as connection:
        table = requests.ConsultationRequest.__table__
        references = set(connection.execute(sa.select(table.c.reference)).scalars())
    assert kept in references and reference not in references
    assert privacy.Ledger.load().read(privacy.CONVERSATION) == {"webchat:by-visitor", "webchat:by-staff"}


def test_who_was_erased_before_stays_erased_where_only_the_backup_is_left(two: Two, backups: Path) -> None:
    first, second = two
    first.fill(3)
    say(first, "webchat:gone")
    with first.opened(CONVERSATIONS) as engine:
        privacy.erase(engine, ["webchat:gone"], time.time(), privacy.Ledger.load())
    made = backup(backups)
    second.take_keys_of(first)
    second.enter()
    restore(made.path)
    assert privacy.Ledger.load().read(privacy.CONVERSATION) == {"webchat:gone"}
    with second.opened(CONVERSATIONS) as engine, pytest.raises(ConversationDeleted), writing(engine) as session:
        write_turn(session, Turn("webchat:gone", [event.as_dict() for event in turn("x")], None))


def test_tables_of_an_earlier_version_are_brought_up_to_date(two: Two, backups: Path) -> None:
    first, second = two
    first.enter()
    keyring.seal_key()
    ContactCipher.load()
    engine = open_database(first.url_of(CONVERSATIONS))
    with engine.begin() as connection:
        upgrade(connection, CONVERSATIONS, "0007")
        connection.execute(sa.text("INSERT INTO deleted_conversations VALUES ('webchat:old', 1.5)"))
    engine.dispose()
    made = backup(backups)
    second.take_keys_of(first)
    second.enter()
    restore(made.path)
    found = second.everything()
    assert found["deleted_conversations"] == [("webchat:old", 1.5)] and found["alerts"] == []
    with second.opened(CONVERSATIONS) as engine, engine.connect() as connection:
        version = connection.execute(sa.text(f"SELECT version_num FROM {VERSION_TABLES[CONVERSATIONS]}")).scalar()
    assert version == revisions(CONVERSATIONS)[0]


def test_what_waits_on_the_disk_and_the_live_model_come_with_it(two: Two, backups: Path) -> None:
    first, second = two
    first.fill(3)
    Spool(first.folder / "spool").append(Turn("webchat:waits", [event.as_dict() for event in turn("x")], None))
    live_pointer.folder().mkdir()
    model = live_pointer.folder() / "published-base-1.tar.gz"
    model.write_bytes(b"a model")
    model_manifest.add(model, model_manifest.PUBLISHING)
    live_pointer.put_live(model, "1")
    made = backup(backups)
    second.take_keys_of(first)
    second.enter()
    restore(made.path)
    assert Spool(second.folder / "spool").waiting() == 1
    live = live_pointer.read()
    assert live and live.path == second.folder / "models" / model.name
    live.check()


def test_staff_sign_in_again(two: Two, backups: Path) -> None:
    first, _ = two
    first.fill(3)
    with first.opened(STAFF) as engine, engine.begin() as connection:
        table = StaffSession.__table__
        row = {c.name: "x" if isinstance(c.type, sa.String) else 1 for c in table.c if not c.nullable}
        connection.execute(table.insert().values(row))
    made = backup(backups)
    restore(made.path, replace=True)
    assert first.everything()["staff_sessions"] == []


def test_a_folder_keeps_the_newest(tmp_path: Path, backups: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Installation(tmp_path / "first", "", monkeypatch)
    first.fill(3)
    made = [backup(backups, keep=2).path for _ in range(4)]
    assert sorted(backups.iterdir()) == made[2:]


def _count(connection: Any, model: Any, column: str, value: str) -> int:
    table = model.__table__
    query = sa.select(sa.func.count()).select_from(table).where(table.c[column] == value)
    return int(connection.execute(query).scalar_one())


def _two_requests(installation: Installation) -> tuple[BookingStore, str, str]:
    engine = open_database(installation.url_of(BOOKINGS))
    store = BookingStore(engine, ContactCipher.load(), frozenset(), utc_now)
    return store, store.submit(a_request("erased")).reference, store.submit(a_request("kept")).reference
