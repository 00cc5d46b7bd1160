"""What every process that stays does as it starts: its logs, its figures, a sign that the installation is in use."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from prometheus_client import CollectorRegistry

from assistant import logs, metrics
from assistant.settings import var_dir

_held: list[IO[str]] = []  # for as long as the process lives


class InUse(RuntimeError):
    """A process of the assistant runs in this data folder."""


def begin(process: str, registry: CollectorRegistry | None = None) -> None:
    """Set a process up.

    Raises: ValueError naming a setting that is wrong.
    """
    logs.configure(process)
    metrics.port()
    hold()
    if registry is not None:
        metrics.listen(registry)


def hold() -> None:
    """Show, until this process ends, that the data folder is in use; any number of processes do so.

    Raises: InUse while a backup is being restored.
    """
    if not _held:
        _held.append(_locked(fcntl.LOCK_SH))


@contextmanager
def alone() -> Iterator[None]:
    """Keep every process of the assistant from starting meanwhile. Raises: InUse if one runs."""
    with _locked(fcntl.LOCK_EX):
        yield


def _locked(how: int) -> IO[str]:
    path = var_dir() / "run" / "in-use.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a", encoding="utf-8")
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise InUse("the data folder is in use: the assistant runs, or a backup is being restored") from None
    return file
