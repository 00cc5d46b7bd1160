"""`make bench-alerts`: how soon staff have the alert of a danger while others write, and after their system was away.

The whole assistant runs, on PostgreSQL and behind nginx; the clinic's system is a local server that verifies each POST.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa

from assistant.conversations.models import Alert
from assistant.database import open_database, reading
from benchmarks.faults.visitors import Crowd, Visitor, new_client
from tests.bookings.delivery import SECRET, Receiver
from tests.cluster import Cluster

BOUND_S = 60.0  # within which 99 of 100 alerts must be with staff
_DANGERS = (
    "i want to kill myself",
    "no quiero seguir viviendo",
    "i cant go on, everyone is better off without me",
    "my brother says he will end it tonight",
    "gonna unalive myself",
)
_EVERY = 0.25  # seconds between two messages of danger
_PATIENCE = 120.0


class Staff(Receiver):
    """The clinic's system; it notes when each alert came."""

    def __init__(self) -> None:
        super().__init__()
        self.came_at: dict[str, float] = {}

    def take(self, body: bytes, headers: dict[str, str]) -> None:
        """Keep one POST."""
        super().take(body, headers)
        for delivery_id in self.kept:
            self.came_at.setdefault(delivery_id, time.time())


def main() -> int:
    """Measure, print, and say with 1 that an alert was lost or late."""
    parser = argparse.ArgumentParser(prog="bench-alerts", description=__doc__)
    parser.add_argument("--count", type=int, default=200, help="messages of danger (%(default)s)")
    parser.add_argument("--down", type=float, default=600.0, help="seconds without the clinic's system (%(default)s)")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started is stopped
    staff = Staff()
    staff.start()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        (Path(folder) / "cluster").mkdir()
        settings = {"BOOKING_WEBHOOK_URL": staff.url, "BOOKING_WEBHOOK_SECRET": SECRET}
        cluster = Cluster(Path(folder) / "cluster", size=1, **settings)
        try:
            cluster.start()
            return asyncio.run(_measure(cluster, staff, arguments.count, arguments.down))
        finally:
            cluster.stop()
            staff.stop()


async def _measure(cluster: Cluster, staff: Staff, count: int, down: float) -> int:
    async with Crowd(cluster, 5, pause=1.0):
        await _write(cluster, count)
        is_in_time = await _report("while others write", cluster, staff, time.time(), count)
        staff.stop()
        await _write(cluster, count // 10)
        await asyncio.sleep(down)
        back = time.time()
        staff.start()
        is_whole = await _report(f"back after {down:.0f} s", cluster, staff, back, count + count // 10, back)
    return 0 if is_in_time and is_whole else 1


async def _write(cluster: Cluster, count: int) -> None:
    async with new_client(cluster.url, cluster.tls) as client:
        for number in range(count):
            visitor = await Visitor.arrive(client)
            await visitor.say(_DANGERS[number % len(_DANGERS)])
            await asyncio.sleep(_EVERY)


async def _report(title: str, cluster: Cluster, staff: Staff, now: float, count: int, since: float = 0.0) -> bool:
    """Wait for the alerts and print how late they were; whether all came, once and in time."""
    while len(staff.kept) < count and time.time() < now + _PATIENCE:
        await asyncio.sleep(0.1)
    engine = open_database(cluster.postgres.url)
    with reading(engine) as session:
        raised = dict(session.execute(sa.select(Alert.delivery_id, Alert.created_at)).fetchall())
    engine.dispose()
    fresh = [one for one in raised if staff.came_at.get(one, 0.0) >= since]
    late = sorted(staff.came_at[one] - max(raised[one], since) for one in fresh)
    if not late:
        print(f"{title:24} no alert came")
        return False
    p50, p99 = late[len(late) // 2], late[min(len(late) - 1, int(len(late) * 0.99))]
    lost, doubled = max(count, len(raised)) - len(staff.kept), len(staff.posts) - len(set(staff.posts))
    print(
        f"{title:24} {len(late):4} alerts  p50 {p50:5.1f} s  p99 {p99:5.1f} s  lost {lost}  sent again {doubled}",
        flush=True,
    )
    return not lost and p99 <= BOUND_S


if __name__ == "__main__":
    sys.exit(main())
