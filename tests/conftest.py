"""What tests share: the trained model, the held-out questions, and the running assistant."""

from __future__ import annotations

import base64
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import yaml

from assistant.clock import utc_now
from assistant.database import open_database
from bookings.requests import BookingStore
from bookings.secrets import ContactCipher
from tests.browser import browser, new_context, skip_without_browser
from tests.databases import Postgres

__all__ = ["browser", "new_context"]  # fixtures
PROJECT_DIR = Path(__file__).resolve().parent.parent
os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    skip_without_browser(items)


def needs(is_there: bool, what: str) -> pytest.MarkDecorator:
    """Skips where this machine lacks something, and says what; in CI that is an error, as CI must not skip."""
    if not is_there and os.environ.get("CI"):
        raise pytest.UsageError(f"needs {what}, and CI must not skip it")
    return pytest.mark.skipif(not is_there, reason=f"needs {what}")


def load_yaml(name: str) -> Any:
    return yaml.safe_load((PROJECT_DIR / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def domain() -> dict[str, Any]:
    return load_yaml("domain.yml")


@pytest.fixture(scope="session")
def examples() -> dict[str, list[str]]:
    """Training examples by intent."""
    return {
        entry["intent"]: [line[2:] for line in entry["examples"].splitlines()]
        for entry in load_yaml("data/nlu.yml")["nlu"]
    }


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    server = Postgres()
    yield server
    server.remove()


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """An empty database."""
    with postgres.database() as url:
        yield url


_STARTED: list[Path] = []  # data folders of assistants
# What visitors of the tests write of themselves: fictional numbers, which are 555-01.., and the mail of example.
_PERSONAL = re.compile(
    r"[\w.+-]+@example\.(?:com|org|net)|555[ .-]?01\d\d|\b(?:Maria|Delgado|José|Quillfeather)\b", re.I
)


@dataclass(frozen=True)
class Assistant:
    """A running assistant."""

    port: int
    process: subprocess.Popen[str]
    printed: list[str]
    var_dir: Path
    web_port: int

    @property
    def page(self) -> str:
        """The page that shows the chat."""
        return f"http://localhost:{self.web_port}/"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def post(self, body: Any = None, *, content: bytes | None = None, params: Any = None) -> httpx.Response:
        address = f"{self.url}/webhooks/rest/webhook"
        if content is not None:
            return httpx.post(address, content=content, params=params, timeout=30)
        return httpx.post(address, json=body, params=params, timeout=30)

    def say(self, sender: str, message: str) -> list[dict[str, Any]]:
        reply = self.post({"sender": sender, "message": message})
        assert reply.status_code == 200, reply.text
        return reply.json()

    def texts(self, sender: str, message: str) -> str:
        return "\n".join(reply["text"] for reply in self.say(sender, message))

    def bookings(self) -> BookingStore:
        """The store that the assistant writes to."""
        key = (self.var_dir / "bookings.key").read_bytes()
        engine = open_database(f"sqlite:///{self.var_dir / 'bookings.db'}")
        return BookingStore(engine, ContactCipher(base64.b64decode(key)), frozenset(), utc_now)

    def processes(self, name: str) -> list[psutil.Process]:
        """The running processes whose command line holds a name: "rasa", "actions", "console", "bookings.deliver"."""
        children = psutil.Process(self.process.pid).children()
        running = [child for child in children if child.status() != psutil.STATUS_ZOMBIE]
        return [child for child in running if name in child.cmdline()]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def start_assistant(var_dir: Path, **more: str) -> Assistant:
    """Start the assistant as `make run` does, with its own data folder, and wait for its ready line.

    Args:
        more: variables of its environment.
    """
    _STARTED.append(var_dir)
    encoder = var_dir / "encoder"
    if not encoder.exists():
        var_dir.mkdir(parents=True, exist_ok=True)
        encoder.symlink_to(Path(os.environ.get("VAR_DIR") or PROJECT_DIR / "var") / "encoder")
    environment = {
        **os.environ,
        "VAR_DIR": str(var_dir),
        "RASA_PORT": str(free_port()),
        "ACTIONS_PORT": str(free_port()),
        "WEB_PORT": str(free_port()),
        "ALLOW_FICTIONAL_PHONES": "1",
        "WEBCHAT_MESSAGES_PER_MINUTE": "600",
        **more,
    }
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "assistant.run"],
        cwd=PROJECT_DIR,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    printed = []
    assert process.stdout is not None
    for line in process.stdout:
        printed.append(line.rstrip("\n"))
        if line.startswith("Ready:"):
            ports = int(environment["RASA_PORT"]), int(environment["WEB_PORT"])
            return Assistant(ports[0], process, printed, var_dir, ports[1])
    raise AssertionError("the assistant did not start:\n" + "\n".join(printed))


@pytest.fixture(scope="session", autouse=True)
def no_words_in_logs() -> Iterator[None]:
    """No log of any assistant that a test started holds what visitors wrote of themselves."""
    yield
    found = [
        f"{path}: {match[0]}"
        for folder in _STARTED
        for path in folder.rglob("*.log*")
        for match in _PERSONAL.finditer(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert found == []


@pytest.fixture(scope="session")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    running = start_assistant(tmp_path_factory.mktemp("var"))
    yield running
    running.process.send_signal(signal.SIGINT)
    running.process.wait(30)
