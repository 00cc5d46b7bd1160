"""`make faults`: breaks the running assistant in every way that is listed, and counts what became of the messages."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.faults import database, others, processes
from benchmarks.faults.table import HEAD, Row, line, total
from tests.cluster import Cluster

_SCALE = 2.5  # over 10,000 messages, in twenty minutes
_DISK = "600m"  # of the database, small enough to be filled


def main() -> int:
    """Print the table; 1 if a row is not as it should be."""
    parser = argparse.ArgumentParser(prog="faults", description=__doc__)
    parser.add_argument("--scale", type=float, default=_SCALE, help="how often and how long (%(default)s)")
    parser.add_argument("--only", choices=("database", "processes", "others"), help="only these")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started is stopped
    rows: list[Row] = []

    def show(row: Row) -> None:
        rows.append(row)
        print(line(row), flush=True)

    print(HEAD, flush=True)
    if arguments.only != "others":
        with tempfile.TemporaryDirectory() as folder, _disk(Path(folder)) as disk:
            cluster = _on_disk(Path(folder), disk)
            try:
                cluster.start()
                if arguments.only != "processes":
                    asyncio.run(database.rows(cluster, arguments.scale, disk, show))
                if arguments.only != "database":
                    asyncio.run(processes.rows(cluster, arguments.scale, show))
            finally:
                cluster.stop()
    if arguments.only in (None, "others"):
        others.rows(show)
    print(total(rows))
    return 0 if all(row.is_good for row in rows) else 1


@contextmanager
def _disk(folder: Path) -> Iterator[Path | None]:
    """A small disk of its own for the database, where we may mount one."""
    disk = folder / "disk"
    disk.mkdir()
    mounted = (
        os.geteuid() == 0
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={_DISK},mode=1777", "tmpfs", str(disk)], capture_output=True
        ).returncode
    )
    try:
        yield disk if mounted else None
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(disk)], capture_output=True)


def _on_disk(folder: Path, disk: Path | None) -> Cluster:
    """The cluster, with its database on that disk."""
    folder.chmod(0o755)
    usual = tempfile.tempdir
    tempfile.tempdir = str(disk) if disk else usual
    try:
        (folder / "cluster").mkdir()
        return Cluster(folder / "cluster")
    finally:
        tempfile.tempdir = usual


if __name__ == "__main__":
    sys.exit(main())
