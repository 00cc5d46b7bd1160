"""Processes that die leave their turns to those that live."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from assistant.conversations.spool import Spool
from assistant.conversations.turns import Turn
from assistant.store import ConversationStore
from tests.assistant.conversations.conftest import Outage
from tests.assistant.conversations.talk import is_without_gaps, say, texts, turn
from tests.databases import at_once


def killed(work: Callable[[], Any]) -> None:
    """Do something in a process that is killed when it has done it, if not before."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os.kill(os.getpid(), signal.SIGKILL)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def a_turn(text: str, conversation_id: str = "v") -> Turn:
    return Turn(conversation_id, [event.as_dict() for event in turn(text)], None)


def spooled_by_the_dead(folder: Path, *turns: Turn) -> Path:
    """Turns of a process that ended."""
    before = set(folder.glob("*"))
    spool = Spool(folder)
    for one in turns:
        spool.append(one)
    (path,) = set(folder.glob("*")) - before
    return path


def test_the_turns_of_a_killed_process_are_written_by_the_next(open_store, outage: Outage, engine) -> None:
    def live_and_die() -> None:
        store = open_store()
        for text in ("one", "two", "three"):
            say(store, "v", *turn(text))

    outage.begin()
    killed(live_and_die)
    outage.end()
    assert texts(engine) == []
    say(open_store(), "v", *turn("four"))
    assert texts(engine) == ["one", "two", "three", "four"]
    assert is_without_gaps(engine)


@pytest.mark.parametrize("moment", [1, 4, 7, 12, 16])
def test_a_process_that_is_killed_while_it_replays_doubles_and_loses_nothing(
    moment: int, open_store, engine, spool: Path
) -> None:
    def replay_and_die() -> None:
        store = open_store()
        seen = count(1)

        def look(*_: object) -> None:
            if next(seen) == moment:
                os.kill(os.getpid(), signal.SIGKILL)

        sa.event.listen(store.engine, "before_cursor_execute", look)
        store.replay()

    spooled_by_the_dead(spool, a_turn("one"), a_turn("two"), a_turn("three"))
    killed(replay_and_die)
    open_store().replay()
    assert texts(engine) == ["one", "two", "three"]
    assert is_without_gaps(engine)


def test_processes_that_replay_together_write_each_turn_once(open_store, engine, spool: Path) -> None:
    texts_of_files = [[f"{number}-{place}" for place in range(3)] for number in range(12)]
    for said in texts_of_files:
        spooled_by_the_dead(spool, *(a_turn(text, f"v{said[0]}") for text in said))
    stores = [open_store() for _ in range(4)]
    counts = at_once(4, lambda index: stores[index].replay())
    assert sum(counts) == 36
    assert not any(store.is_out for store in stores)
    assert sorted(texts(engine)) == sorted(text for said in texts_of_files for text in said)
    assert is_without_gaps(engine)


def test_what_a_living_process_keeps_is_left_to_it(store: ConversationStore, open_store, engine) -> None:
    store.spool.append(a_turn("one"))
    assert open_store().replay() == 0
    assert store.replay() == 1
    assert texts(engine) == ["one"]


def test_a_line_that_was_cut_off_is_passed_over(store: ConversationStore, engine, spool: Path) -> None:
    path = spooled_by_the_dead(spool, a_turn("one"))
    with path.open("a") as file:
        file.write(a_turn("half").as_json()[:60])
    say(store, "w", *turn("two"))
    assert sorted(texts(engine)) == ["one", "two"]
    assert store.spool.is_empty()


@pytest.mark.parametrize("line", ["{", "[]", "{}", '{"conversation_id": "v"}', "\ufffd", '{"window": 1}'])
def test_a_line_that_nobody_can_read_is_set_aside_and_blocks_nobody(
    line: str, store: ConversationStore, engine, spool: Path
) -> None:
    path = spooled_by_the_dead(spool, a_turn("one"))
    path.write_text(line + "\n" + path.read_text())
    say(store, "w", *turn("two"))
    assert sorted(texts(engine)) == ["one", "two"]
    (refused,) = spool.iterdir()
    assert refused.read_text() == line + "\n"
    assert refused.stat().st_mode & 0o777 == 0o600


def test_a_turn_of_a_shape_that_nobody_knows_is_set_aside(store: ConversationStore, engine, spool: Path) -> None:
    spooled_by_the_dead(spool, Turn("v", [{"event": "user", "text": "?", "timestamp": "then"}], None), a_turn("one"))
    assert store.replay() == 2
    assert texts(engine) == ["one"]
    assert [path.suffix for path in spool.iterdir()] == [".refused"]


def test_a_full_disk_leaves_no_half_turn_in_the_spool(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    spool.append(a_turn("one"))
    (path,) = (tmp_path / "spool").iterdir()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 100, limits[1]))
    try:
        with pytest.raises(OSError):
            spool.append(a_turn("two"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    spool.append(a_turn("three"))
    kept: list[Turn] = []
    assert spool.replay(kept.append) == 2
    assert [one.events[0]["text"] for one in kept] == ["one", "three"]
