"""The assistant's processes: started together, started again when one dies, stopped together."""

from __future__ import annotations

import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGINT, SIGTERM

from assistant.settings import PROJECT_DIR, var_dir
from assistant.training import quiet_environment, say

PATIENCE = 180  # seconds that a start may take
_GRACE = 10  # seconds that a process gets to stop by itself
_MOST_TRIES = 5  # a process that so often ends before it was ready cannot be helped by another start
# One message is too little work to share among threads: they would only wait for each other.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


class ProcessFailed(RuntimeError):
    """A process ended or did not become ready; the text says which, and where its log is."""


@dataclass
class Service:
    """One process of the assistant.

    Attributes:
        name: what it is called to the person at the terminal, and its log's name.
        command: how it is started.
        ready: the address that answers 200 when it is ready; empty if it answers nobody.
        environment: what it gets beside the common environment.
    """

    name: str
    command: Sequence[str]
    ready: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    _process: subprocess.Popen[bytes] | None = None
    _tries: int = 0  # starts since it was last ready

    def start(self) -> None:
        """Start it in a session of its own: Ctrl-C reaches only its parent, which then stops all in order."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log, _uninterrupted():
            self._process = subprocess.Popen(
                list(self.command),
                cwd=PROJECT_DIR,
                env={**quiet_environment(), **ONE_THREAD, **self.environment},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def log(self) -> Path:
        """The file that it writes to."""
        return var_dir() / "log" / f"{self.name}.log"

    @property
    def ended(self) -> bool:
        """Whether it has ended by itself."""
        return self._process is not None and self._process.poll() is not None

    @property
    def is_ready(self) -> bool:
        """Whether it answers."""
        if not self.ready:
            return True
        try:
            # An address of this machine, made by `make run`.
            with urllib.request.urlopen(self.ready, timeout=5) as reply:  # noqa: S310
                return bool(reply.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def keep_running(self) -> None:
        """Start it again if it ended. Raises: ProcessFailed if it ends again and again before it is ready."""
        if not self.ended:
            if self._tries and self.is_ready:
                self._tries = 0
            return
        self._tries += 1
        if self._tries > _MOST_TRIES:
            raise ProcessFailed(f"The {self.name} process ends again and again. {self.why}")
        say(f"The {self.name} process ended unexpectedly and is started again. Its log: {self.log}")
        self.start()

    @property
    def why(self) -> str:
        """Where its log is, and the log's last lines."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:]
        return "\n".join([f"Its log: {self.log}", *lines])

    def stop(self) -> None:
        """Ask it to stop."""
        if self._process and self._process.poll() is None:
            self._process.terminate()

    def wait(self) -> None:
        """Wait until it has stopped; end it if it does not."""
        if self._process is None:
            return
        try:
            self._process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold Ctrl-C back meanwhile: a process that was started and is not noted yet would outlive its parent."""
    held: list[int] = []
    before = {number: signal.signal(number, lambda got, _: held.append(got)) for number in (SIGINT, SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for got in held[:1]:
            signal.raise_signal(got)


def wait_until_ready(services: Sequence[Service]) -> None:
    """Wait for all processes. Raises: ProcessFailed if one ends, or takes too long."""
    deadline = time.monotonic() + PATIENCE
    waiting = list(services)
    while waiting:
        for service in services:
            if service.ended:
                raise ProcessFailed(f"The {service.name} process ended. {service.why}")
        waiting = [service for service in waiting if not service.is_ready]
        if time.monotonic() > deadline:
            names = ", ".join(service.name for service in waiting)
            raise ProcessFailed(f"Not ready after {PATIENCE} s: {names}. Logs: {var_dir() / 'log'}")
        time.sleep(0.1)


def keep_running(services: Sequence[Service]) -> None:
    """Start again what ends, for ever. Raises: ProcessFailed if that does not help."""
    while True:
        for service in services:
            service.keep_running()
        time.sleep(0.5)


def stop_all(services: Sequence[Service]) -> None:
    """Stop all processes and wait for them."""
    for service in services:
        service.stop()
    for service in services:
        service.wait()
