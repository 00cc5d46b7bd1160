"""Faults of the database: it stops, restarts, takes no writes or no connections, is slow, or its disk is full."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import httpx
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from assistant.database import open_database
from benchmarks.faults.table import Row
from benchmarks.faults.visitors import Crowd
from tests.cluster import Cluster

_VISITORS = 10
_BEFORE, _AFTER = 3.0, 12.0  # seconds of ordinary traffic around a fault
_READY_WITHIN = 5.0  # seconds until /readyz says that a database is out
_RECOVER_WITHIN = 10.0
_SLOW = """
CREATE OR REPLACE FUNCTION slow() RETURNS trigger
AS $$ BEGIN PERFORM pg_sleep(2); RETURN NEW; END $$ LANGUAGE plpgsql;
CREATE TRIGGER slow BEFORE INSERT ON inbox FOR EACH ROW EXECUTE FUNCTION slow();
"""

Fault = Callable[[Cluster, float, Row], Awaitable[None]]


async def rows(cluster: Cluster, scale: float, disk: Path | None, show: Callable[[Row], None]) -> None:
    """Each fault in turn, `scale` times as long; `disk` is that of the database, if it can be filled."""
    for name, title, fault, seconds in (
        ("F1", "PostgreSQL stops for {} s, then starts", _stop, 30.0),
        ("F2", "PostgreSQL restarts under traffic, three times", _restart, 3.0),
        ("F3a", "the database takes no writes for {} s", _read_only, 10.0),
        ("F3b", "no connection is left for {} s", _no_connections, 10.0),
        ("F3c", "each write takes 2 s, for {} s", _slow, 20.0),
        ("F3d", "the disk of the database is full for {} s", _full_disk(disk), 10.0),
    ):
        seconds = max(seconds * scale, 3.0)
        row = Row(name, title.format(round(seconds)))
        await _under_traffic(cluster, row, fault, seconds)
        show(row)


async def _under_traffic(cluster: Cluster, row: Row, fault: Fault, seconds: float) -> None:
    async with Crowd(cluster, _VISITORS, pause=0.4) as crowd:
        await asyncio.sleep(_BEFORE)
        await fault(cluster, seconds, row)
        ended = time.monotonic()
        row.recovery_s = await _until_ready(cluster, ended)
        await asyncio.sleep(_AFTER)
    row.account = crowd.account
    row.expect(row.recovery_s <= _RECOVER_WITHIN, f"ready only {row.recovery_s:.0f} s after the end")
    row.expect(all(part.process and part.process.poll() is None for part in cluster.parts), "a process ended")


async def _stop(cluster: Cluster, seconds: float, row: Row) -> None:
    await asyncio.to_thread(cluster.postgres.stop)
    began = time.monotonic()
    while await asyncio.to_thread(lambda: any(server.is_ready for server in cluster.servers)):
        if time.monotonic() > began + 30:
            break
        await asyncio.sleep(0.2)
    took = time.monotonic() - began
    row.notes.append(f"/readyz said so after {took:.1f} s")
    row.expect(took <= _READY_WITHIN, "/readyz was late")
    await asyncio.sleep(max(0.0, seconds - took))
    await asyncio.to_thread(cluster.postgres.start)


async def _restart(cluster: Cluster, seconds: float, row: Row) -> None:
    for _ in range(3):
        await asyncio.to_thread(cluster.postgres.stop)
        await asyncio.to_thread(cluster.postgres.start)
        await asyncio.sleep(seconds)


async def _read_only(cluster: Cluster, seconds: float, row: Row) -> None:
    _tell(cluster, "ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")
    await asyncio.sleep(seconds)
    allowed = "SET default_transaction_read_only = off"
    _tell(cluster, allowed, "ALTER SYSTEM RESET default_transaction_read_only", "SELECT pg_reload_conf()")


async def _no_connections(cluster: Cluster, seconds: float, row: Row) -> None:
    with _admin(cluster, "template1") as connection:  # nobody may shut out their own
        connection.exec_driver_sql("ALTER DATABASE postgres WITH ALLOW_CONNECTIONS false")
        others = "pid <> pg_backend_pid() AND datname IS NOT NULL"
        cut = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"  # noqa: S608
        connection.exec_driver_sql(cut)
        await asyncio.sleep(seconds)
        connection.exec_driver_sql("ALTER DATABASE postgres WITH ALLOW_CONNECTIONS true")


async def _slow(cluster: Cluster, seconds: float, row: Row) -> None:
    _tell(cluster, _SLOW)
    began = time.monotonic()
    async with httpx.AsyncClient(timeout=30) as client:
        waits = []
        while time.monotonic() < began + seconds:
            asked = time.monotonic()
            await client.get(f"{cluster.servers[0].url}/healthz")
            waits.append(time.monotonic() - asked)
            await asyncio.sleep(0.2)
    _tell(cluster, "DROP TRIGGER slow ON inbox; DROP FUNCTION slow()")
    row.notes.append(f"the event loop stood still for at most {max(waits):.2f} s")
    row.expect(max(waits) < 2, "the event loop waited for the database")


def _full_disk(disk: Path | None) -> Fault:
    async def fill(cluster: Cluster, seconds: float, row: Row) -> None:
        if disk is None:
            row.notes.append("not tried: only root may mount a disk to fill")
            return
        filler = disk / "filler"
        subprocess.run(["dd", "if=/dev/zero", f"of={filler}", "bs=1M"], capture_output=True)  # until nothing is left
        await asyncio.sleep(seconds)
        filler.unlink()
        await asyncio.to_thread(_ensure_started, cluster)

    return fill


def _ensure_started(cluster: Cluster) -> None:
    logging.getLogger("pgserver").setLevel(logging.CRITICAL)  # many lines, if there is nothing to stop
    with contextlib.suppress(Exception):  # it may have given up, or not
        cluster.postgres.stop()
    cluster.postgres.start()


async def _until_ready(cluster: Cluster, since: float) -> float:
    while not await asyncio.to_thread(lambda: all(server.is_ready for server in cluster.servers)):
        if time.monotonic() > since + 60:
            break
        await asyncio.sleep(0.1)
    return time.monotonic() - since


@contextlib.contextmanager
def _admin(cluster: Cluster, name: str = "postgres") -> Iterator[sa.engine.Connection]:
    url = make_url(cluster.postgres.url).set(database=name).render_as_string(hide_password=False)
    engine = open_database(url).execution_options(isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _tell(cluster: Cluster, *statements: str) -> None:
    with _admin(cluster) as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
