"""The dialogues of danger and of bookings through two servers behind nginx, while servers are killed and rolled.

`make cluster` runs this file. A visitor is answered by whichever server is there, as the chat widget would see it.
"""

from __future__ import annotations

import base64
import itertools
import threading
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from assistant.clock import utc_now
from assistant.database import open_database
from bookings.requests import BookingStore
from bookings.secrets import ContactCipher
from tests.cluster import ORIGIN, Cluster
from tests.conftest import load_yaml

BOOKINGS = load_yaml("tests/e2e/booking_dialogues.yml")
CRISES = load_yaml("tests/e2e/crisis_dialogues.yml")
_CHAT = "/webhooks/webchat"
_PATIENCE = 60.0
_LONG = 240.0


class Trouble(threading.Thread):
    """Kills one server after the other, or stops it in good order; each is started again before the next."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(daemon=True)
        self._cluster, self._is_over = cluster, threading.Event()
        self.killed = self.rolled = 0

    def run(self) -> None:
        for number, server in enumerate(itertools.cycle(self._cluster.servers)):
            if self._is_over.wait(2):
                return
            if number % 4 in (0, 3):  # each server both ways, and both ways early
                server.kill()
                self.killed += 1
            else:
                server.stop()
                self.rolled += 1
            server.start()
            server.wait_ready()

    def end(self) -> None:
        self._is_over.set()
        self.join(120)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    for path in (
        folder,
        *folder.parents,
    ):  # pytest makes them for their owner only, and nginx' workers are another user
        if path.name.startswith("pytest-"):
            path.chmod(0o755)
    running = Cluster(folder)
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module", autouse=True)
def trouble(cluster: Cluster) -> Iterator[Trouble]:
    running = Trouble(cluster)
    running.start()
    yield running
    running.end()


class Visitor:
    """One chat through nginx."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        client.headers["Origin"] = ORIGIN
        client.headers["Authorization"] = f"Bearer {self._again('POST', '/session').json()['token']}"

    def say(self, said: str) -> str:
        """Write, or press the button with that payload; what the assistant says to it."""
        body = {"id": uuid4().hex, ("payload" if said.startswith("/") else "text"): said}
        messages = self._again("POST", "/messages", json=body).json()["messages"]
        until = time.monotonic() + _PATIENCE
        while len(messages) < 2 and time.monotonic() < until:  # taken in, and answered later
            time.sleep(0.2)
            history = self.history()
            keys = [message["key"] for message in history]
            messages = history[keys.index(body["id"]) :] if body["id"] in keys else []
        return "\n".join(message["text"] for message in messages[1:])

    def history(self) -> list[dict[str, Any]]:
        return self._again("GET", "/history?limit=200").json()["messages"]

    def _again(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Ask as the widget does: again after a moment, until it is answered."""
        until = time.monotonic() + _PATIENCE
        while True:
            try:
                reply = self._client.request(method, _CHAT + path, **more)
                if reply.status_code < 400:
                    return reply
                assert reply.status_code in (429, 502, 503, 504), reply.text
            except httpx.TransportError:
                pass
            assert time.monotonic() < until, "nobody answers"
            time.sleep(0.3)


@pytest.fixture
def visitor(cluster: Cluster) -> Iterator[Visitor]:
    with cluster.nginx.client() as client:
        yield Visitor(client)


def play(visitor: Visitor, dialogue: dict[str, Any]) -> None:
    for said, expected, *not_expected in dialogue["turns"]:
        reply = visitor.say(said)
        assert expected in reply, (said, reply)
        assert not any(words in reply for words in not_expected), (said, reply)
    numbers = [message["id"] for message in visitor.history()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert sum(message["from"] == "visitor" for message in visitor.history()) == len(dialogue["turns"])


@pytest.mark.parametrize("dialogue", CRISES, ids=[dialogue["it"] for dialogue in CRISES])
def test_danger(visitor: Visitor, dialogue: dict[str, Any]) -> None:
    play(visitor, dialogue)


@pytest.mark.parametrize("dialogue", BOOKINGS, ids=[dialogue["it"] for dialogue in BOOKINGS])
def test_a_booking(cluster: Cluster, visitor: Visitor, dialogue: dict[str, Any]) -> None:
    before = {request.reference for request in stored(cluster)}

    play(visitor, dialogue)

    new = [request for request in stored(cluster) if request.reference not in before]
    assert len(new) == (0 if dialogue["stored"] is None else 1)


def test_a_visitor_is_answered_until_servers_were_killed_and_rolled(trouble: Trouble, visitor: Visitor) -> None:
    until = time.monotonic() + _LONG
    assert "988" in visitor.say("i want to die")
    while not (trouble.killed and trouble.rolled):  # a restart may take longer than all dialogues do
        assert trouble.is_alive() and time.monotonic() < until, (trouble.killed, trouble.rolled)
        assert "988" in visitor.say("i want to die")
    numbers = [message["id"] for message in visitor.history()]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def stored(cluster: Cluster) -> list[Any]:
    cipher = ContactCipher(base64.b64decode(cluster.environment["BOOKINGS_KEY"]))
    engine = open_database(cluster.postgres.url)
    try:
        return BookingStore(engine, cipher, frozenset(), utc_now).list_open()
    finally:
        engine.dispose()
