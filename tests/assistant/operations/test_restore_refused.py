"""A backup that is damaged, forged or another installation's changes nothing; none is restored under a running one."""

from __future__ import annotations

import gzip
import hashlib
import json
import tarfile
import zlib
from pathlib import Path

import pytest
import sqlalchemy as sa

from assistant import startup
from assistant.database import (
    CONVERSATIONS,
    VERSION_TABLES,
    open_database,
)
from assistant.keys import add_keys
from assistant.operations import archive, keyring
from assistant.operations.archive import BadBackup
from assistant.operations.backup import NothingThere, backup
from assistant.operations.keyring import WrongKeys
from assistant.operations.postgres_copy import CopyFailed
from assistant.operations.restore import NotEmpty, restore
from tests.assistant.operations.installations import Installation, conversations_of, say

Two = tuple[Installation, Installation]


def test_a_tampered_file_is_refused_and_nothing_changes(
    tmp_path: Path, backups: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Installation(tmp_path / "first", "", monkeypatch)
    first.fill(3)
    made = backup(backups)
    before, content = first.everything(), made.path.read_bytes()
    for wrong in [content[:-200], *(_tampered(content, place / 60) for place in range(1, 60))]:
        made.path.write_bytes(wrong)
        with pytest.raises(BadBackup):
            restore(made.path, replace=True)
    assert first.everything() == before
    assert [path.name for path in (first.folder / "run").iterdir() if path.name.startswith("restore-")] == []


def _tampered(content: bytes, place: float) -> bytes:
    """A byte changed at a place, or near it: on a few bits of a compressed file nothing depends."""
    for at in range(int(len(content) * place), len(content)):
        changed = content[:at] + bytes([content[at] ^ 0x55]) + content[at + 1 :]
        try:
            if gzip.decompress(changed) != gzip.decompress(content):
                return changed
        except (OSError, EOFError, zlib.error):
            return changed
    raise AssertionError("no byte matters")


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


def test_where_nothing_is_no_backup_is_made(tmp_path: Path, backups: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Installation(tmp_path / "first", "", monkeypatch).enter()
    with pytest.raises(NothingThere):
        backup(backups)
    assert list(backups.iterdir()) == []


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
