"""Whether a message costs more in a long conversation, for somebody who often came, and in a full log.

Part of `make bench`: the same turns are asked of this assistant and of the project that `rasa init` writes.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import sqlalchemy as sa

from assistant.database import open_database

TURNS = 200
_TALKS, _LAST = 3, 20  # conversations that grow so long; turns at the end of each that are measured
_OLD_EVENTS = 60_000
FEW_EVENTS = 10_000  # in a log that has just begun
_A_CONVERSATION = 20  # events of each of the others in a full log
_STEP = 200_000  # events that are written at once: in one piece, ten million are a write-ahead log of 14 GB
_ASKED = 60  # messages of a measurement
_A_TALK = 3  # messages of one visitor
_OTHERS = """
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :missing)
INSERT INTO events (sender_id, seq, type_name, timestamp, intent_name, action_name, data)
SELECT 'other-' || :before || '-' || (i / :length), i % :length, type_name, timestamp, intent_name, action_name, data
FROM n, (SELECT * FROM events WHERE type_name = 'user' ORDER BY id LIMIT 1)
"""


@dataclass(frozen=True)
class Growth:
    """What a message took at the start of a conversation and late in it."""

    first_p95_ms: float
    late_p95_ms: float
    first_cpu_ms: float
    late_cpu_ms: float
    bytes_a_turn: float


class Asker:
    """Asks one server, one message at a time, and reads what that cost it.

    Args:
        may_be_silent: whether its bot says nothing to some of the questions.
    """

    def __init__(self, url: str, process: psutil.Process, questions: Sequence[str], may_be_silent: bool) -> None:
        self._url, self._process, self._questions = url, process, questions
        self._may_be_silent = may_be_silent
        self._asked = 0

    def ask(self, senders: Sequence[str]) -> tuple[list[float], float]:
        """Let each sender ask something: milliseconds of each, and CPU milliseconds of the server for one."""
        before = cpu_s(self._process)
        took = asyncio.run(self._ask(senders))
        return took, 1000 * (cpu_s(self._process) - before) / len(senders)

    async def _ask(self, senders: Sequence[str]) -> list[float]:
        took = []
        async with httpx.AsyncClient(timeout=60) as http:
            for sender in senders:
                self._asked += 1
                body = {"sender": sender, "message": self._questions[self._asked % len(self._questions)]}
                began = time.perf_counter()
                reply = await http.post(self._url, json=body)
                took.append(1000 * (time.perf_counter() - began))
                if reply.status_code != 200 or not (reply.json() or self._may_be_silent):
                    raise RuntimeError(f"no answer to a message of the benchmark: {reply.status_code}")
        return took


def cpu_s(process: psutil.Process) -> float:
    """Seconds of CPU that a process has had."""
    times = process.cpu_times()
    return float(times.user + times.system)


def measure_growth(asker: Asker, database: Path) -> Growth:
    """Let conversations grow to `TURNS` turns."""
    run = os.getpid()
    first, first_cpu = asker.ask([f"first-{run}-{number}" for number in range(_ASKED)])
    size = _size(database)
    late: list[float] = []
    late_cpu: list[float] = []
    for talk in range(_TALKS):
        sender = f"long-{run}-{talk}"
        asker.ask([sender] * (TURNS - _LAST))
        took, cpu = asker.ask([sender] * _LAST)
        late += took
        late_cpu.append(cpu)
    bytes_a_turn = (_size(database) - size) / (_TALKS * TURNS)
    return Growth(p95(first), p95(late), first_cpu, statistics.mean(late_cpu), bytes_a_turn)


def measure_history(asker: Asker, database: Path) -> float:
    """How many times as much CPU a message takes of somebody with 60,000 old events as of one without."""
    old, new = f"old-{os.getpid()}", f"new-{os.getpid()}"
    asker.ask([old, new])
    _age(database, old)
    asker.ask([old] * 5 + [new] * 5)
    _, aged = asker.ask([old] * _ASKED)
    _, fresh = asker.ask([new] * _ASKED)
    return aged / fresh


def _age(database: Path, sender: str) -> None:
    """Give a person of ours a long past: their first turn again and again, before what they say next."""
    engine = open_database(f"sqlite:///{database}")
    with engine.begin() as connection:
        rows = connection.execute(
            sa.text("SELECT * FROM events WHERE sender_id = :sender ORDER BY seq"), {"sender": sender}
        ).all()
        count = len(rows)
        copies = [
            {**row._mapping, "id": None, "seq": number * count + place}
            for number in range(1, _OLD_EVENTS // count)
            for place, row in enumerate(rows)
        ]
        columns = ", ".join(copies[0])
        values = ", ".join(f":{name}" for name in copies[0])
        # nosemgrep: sql-built-from-text - names of columns of ours
        connection.execute(sa.text(f"INSERT INTO events ({columns}) VALUES ({values})"), copies)  # noqa: S608
        ends = {"end": count + len(copies), "sender": sender}
        connection.execute(
            sa.text("UPDATE conversations SET event_count = :end, window_seq = :end WHERE id = :sender"), ends
        )
    engine.dispose()


def measure_log(asker: Asker, database: Path, rows: int) -> float:
    """Milliseconds within which 95 of 100 messages of new visitors are answered, with so many events in our log."""
    _fill(database, rows)
    run = f"log-{os.getpid()}-{rows}"
    asker.ask([f"{run}-warm"] * 20)
    took, _ = asker.ask([f"{run}-{number // _A_TALK}" for number in range(_ASKED * _A_TALK)])
    return p95(took)


def _fill(database: Path, rows: int) -> None:
    """Let other people's events stand in a log of ours, until it holds so many."""
    engine = open_database(f"sqlite:///{database}")
    with engine.connect() as connection:
        held = connection.execute(sa.text("SELECT count(*) FROM events")).scalar_one()
    for before in range(held, rows, _STEP):
        others = {"missing": min(_STEP, rows - before), "before": before, "length": _A_CONVERSATION}
        with engine.begin() as connection:
            connection.execute(sa.text(_OTHERS), others)
    engine.dispose()


def p95(values: Sequence[float]) -> float:
    """The time within which 95 of 100 are done."""
    return statistics.quantiles(values, n=20)[-1]


def _size(database: Path) -> int:
    return sum(path.stat().st_size for path in database.parent.glob(f"{database.name}*") if path.suffix != ".lock")
