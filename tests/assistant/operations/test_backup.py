"""Backups are whole and of one moment; what is restored is what was there, but for what was erased since."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import stat
import tarfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from assistant import live_pointer, model_manifest, privacy, startup
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
from assistant.keys import add_keys
from assistant.operations import archive, keyring, sqlite_copy
from assistant.operations.archive import BadBackup
from assistant.operations.backup import NothingThere, backup
from assistant.operations.keyring import WrongKeys
from assistant.operations.postgres_copy import CopyFailed
from assistant.operations.restore import NotEmpty, restore
from bookings import privacy as requests
from bookings.requests import BookingStore
from bookings.secrets import ContactCipher
from console.staff.models import StaffSession
from tests.assistant.conversations.talk import turn
from tests.assistant.operations.installations import Installation, two_of
from tests.bookings.conftest import a_request
from tests.databases import Postgres

Two = tuple[Installation, Installation]


@pytest.fixture(params=["sqlite", "postgresql"])
def two(
    request: pytest.FixtureRequest, tmp_path: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Two]:
    with two_of(request.param, tmp_path, postgres, monkeypatch) as installations:
        yield installations


@pytest.fixture
def backups(tmp_path: Path) -> Path:
    folder = tmp_path / "backups"
    folder.mkdir()
    return folder


def say(installation: Installation, conversation_id: str, text: str = "hello") -> None:
    with installation.opened(CONVERSATIONS) as engine, writing(engine) as session:
        write_turn(session, Turn(conversation_id, [event.as_dict() for event in turn(text)], None))


def conversations_of(installation: Installation) -> set[str]:
    with installation.opened(CONVERSATIONS) as engine, engine.connect() as connection:
        return set(connection.execute(sa.select(models.Conversation.__table__.c.id)).scalars())


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


@pytest.mark.parametrize("place", [0.02, 0.3, 0.6, 0.9, "end"])
def test_a_tampered_file_is_refused_and_nothing_changes(
    tmp_path: Path, backups: Path, monkeypatch: pytest.MonkeyPatch, place: float | str
) -> None:
    first = Installation(tmp_path / "first", "", monkeypatch)
    first.fill(3)
    made = backup(backups)
    before = first.everything()
    content = bytearray(made.path.read_bytes())
    if place == "end":
        content = content[:-200]
    else:
        content[int(len(content) * float(place))] ^= 0x55
    made.path.write_bytes(content)
    with pytest.raises(BadBackup):
        restore(made.path, replace=True)
    assert first.everything() == before
    assert [path.name for path in (first.folder / "run").iterdir() if path.name.startswith("restore-")] == []


def test_a_file_that_was_written_anew_without_the_key_is_refused(two: Two, backups: Path) -> None:
    first, _ = two
    first.fill(3)
    made = backup(backups)
    forged = _rewritten(made.path, backups / "forged")
    with pytest.raises(BadBackup, match="seal"):
        restore(forged, replace=True)


def test_what_cannot_be_filled_in_leaves_everything_as_it_was(
    tmp_path: Path, backups: Path, monkeypatch: pytest.MonkeyPatch, postgres_url: str
) -> None:
    first = Installation(tmp_path / "first", postgres_url, monkeypatch)
    first.fill(3)
    before = first.everything()
    folder = tmp_path / "unpacked"
    folder.mkdir()
    about = archive.unpack(backup(backups).path, folder)
    broken = folder / "db" / f"{about['tables'][-1][0]}.copy"
    broken.write_bytes(b"secret\tsecret\n")
    with archive.Writer(backups / "broken", keyring.seal_key()) as writer:  # whole by its checksums and seal
        for name in about["members"]:
            writer.add(name, folder / name)
        writer.finish({key: about[key] for key in ("at", "keys", "database", "revisions", "tables")})
    with pytest.raises(CopyFailed) as failed:
        restore(backups / "broken", replace=True)
    assert "secret" not in str(failed.value)
    assert first.everything() == before


def test_a_file_that_is_no_backup_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Installation(tmp_path / "first", "", monkeypatch)
    first.enter()
    odd = tmp_path / "odd"
    with tarfile.open(odd, "w:gz") as tar:
        entry = tarfile.TarInfo("../../outside")
        tar.addfile(entry)
    for path, content in ((odd, None), (tmp_path / "text", b"hello"), (tmp_path / "empty", b"")):
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(BadBackup):
            restore(path)
    assert not (tmp_path / "outside").exists()


def test_with_other_keys_or_none_it_is_refused(two: Two, backups: Path) -> None:
    first, second = two
    first.fill(3)
    made = backup(backups)
    second.enter()
    with pytest.raises(WrongKeys, match="put the keys"):
        restore(made.path)
    assert list(second.folder.glob("*.key")) == []  # none was made on the way
    for name in keyring.KEYS:
        keyring.load_keys(keyring.KEYS[name], name)
    with pytest.raises(WrongKeys, match="other keys"):
        restore(made.path)


def test_keys_that_were_rotated_since_still_fit(two: Two, backups: Path) -> None:
    first, _ = two
    first.fill(3)
    made = backup(backups)
    add_keys()
    assert restore(made.path, replace=True).parts


def test_while_the_assistant_runs_it_is_refused(two: Two, backups: Path) -> None:
    first, _ = two
    first.fill(3)
    made = backup(backups)
    running = startup._locked(startup.fcntl.LOCK_SH)
    with pytest.raises(startup.InUse):
        restore(made.path, replace=True)
    running.close()
    if first.url:  # on another machine
        engine = open_database(first.url)
        with engine.connect(), pytest.raises(startup.InUse, match="every machine"):
            restore(made.path, replace=True)
        engine.dispose()
    assert restore(made.path, replace=True).parts


def test_while_a_backup_is_restored_no_process_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    with startup.alone(), pytest.raises(startup.InUse):
        startup._locked(startup.fcntl.LOCK_SH)


def test_data_that_is_there_goes_only_when_that_is_asked_for(two: Two, backups: Path) -> None:
    first, _ = two
    first.fill(3)
    made = backup(backups)
    say(first, "webchat:later")
    with pytest.raises(NotEmpty):
        restore(made.path)
    assert "webchat:later" in conversations_of(first)
    restore(made.path, replace=True)
    assert "webchat:later" not in conversations_of(first)


def test_tables_of_a_later_version_are_refused(two: Two, backups: Path) -> None:
    first, second = two
    first.fill(3)
    with first.opened(CONVERSATIONS) as engine, engine.begin() as connection:
        connection.execute(sa.text(f"UPDATE {VERSION_TABLES[CONVERSATIONS]} SET version_num = '9999'"))
    made = backup(backups)
    second.take_keys_of(first)
    second.enter()
    with pytest.raises(BadBackup, match="later version"):
        restore(made.path)


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


def test_a_backup_of_one_kind_of_database_does_not_go_into_the_other(
    tmp_path: Path, backups: Path, monkeypatch: pytest.MonkeyPatch, postgres_url: str
) -> None:
    first = Installation(tmp_path / "first", "", monkeypatch)
    first.fill(3)
    made = backup(backups)
    second = Installation(tmp_path / "second", postgres_url, monkeypatch)
    second.take_keys_of(first)
    second.enter()
    with pytest.raises(BadBackup, match="DATABASE_URL"):
        restore(made.path)


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


def test_where_nothing_is_no_backup_is_made(tmp_path: Path, backups: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Installation(tmp_path / "first", "", monkeypatch).enter()
    with pytest.raises(NothingThere):
        backup(backups)
    assert list(backups.iterdir()) == []


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


def _rewritten(path: Path, target: Path) -> Path:
    """A backup with another content, and checksums that fit it."""
    folder = target.with_suffix(".folder")
    folder.mkdir()
    about = archive.unpack(path, folder)
    victim = next(name for name in about["members"] if name.startswith("db/"))
    (folder / victim).write_bytes((folder / victim).read_bytes() + b"\n")
    content = (folder / victim).read_bytes()
    about["members"][victim] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
    (folder / "contents.json").write_text(json.dumps(about, sort_keys=True))
    with tarfile.open(target, "w:gz") as tar:
        for member in [*about["members"], "contents.json", "seal"]:
            tar.add(folder / member, member)
    return target
