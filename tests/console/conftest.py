"""A web app that really listens, on a store of its own and with a clock that tests move."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import httpx
import pytest
from sanic import Sanic
from sqlalchemy.engine import Engine

from assistant.clinic import Clinic
from assistant.database import BOOKINGS, migrate, open_database
from bookings.links import LINK_LABEL, sign_link
from bookings.models import Target
from bookings.requests import BookingStore
from bookings.secrets import ContactCipher
from bookings.settings import BookingSettings
from console.app import create_app
from tests.bookings.conftest import NOW, Clock, a_request

CLINIC = Clinic(name="Soft Reboot Wellness", phone="(415) 555-0134", privacy_notice="https://clinic.test/privacy")
SECRET = ContactCipher(b"k" * 32).derive(LINK_LABEL)


@dataclass(frozen=True)
class Site:
    """A running web app, and what lies behind it."""

    url: str
    client: httpx.Client
    store: BookingStore
    clock: Clock
    engine: Engine

    def link(self, reference: str) -> str:
        """The path of a request's page, by a link that is signed now."""
        return f"/booking/{sign_link(reference, SECRET, self.clock.now)}"

    def request(self, **other: object) -> tuple[str, str]:
        """A new request: its reference, and the path of its page."""
        reference = self.store.submit(a_request(**other)).reference
        return reference, self.link(reference)

    def get(self, path: str) -> httpx.Response:
        return self.client.get(path)

    def post(self, path: str, form: str = "", **fields: str) -> httpx.Response:
        """Send a form of a page as a browser does: with the code that the page holds."""
        return self.client.post(f"{path}/{form}", data={"code": code_of(self.get(path)), **fields})


def code_of(page: httpx.Response) -> str:
    return re.search(r'name="code" value="([^"]*)"', page.text)[1]


def words_of(page: httpx.Response) -> str:
    """What somebody reads on a page."""
    body = page.text.partition("<body>")[2]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())


def serve(app: Sanic) -> tuple[str, Callable[[], None]]:
    """Serve an app on a free port of this machine from a thread; returns its address, and what stops it."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    loop = asyncio.new_event_loop()

    async def start() -> None:
        server = await app.create_server(sock=listener, return_asyncio_server=True, access_log=False)
        await server.startup()
        await server.start_serving()

    loop.run_until_complete(start())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def stop() -> None:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        listener.close()

    return f"http://127.0.0.1:{listener.getsockname()[1]}", stop


@pytest.fixture
def start_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Site]]:
    """Starts a web app for a clinic and settings."""
    # Sanic rewrites its own code when it starts, and cannot start twice in a process that is no test.
    monkeypatch.setattr(Sanic, "test_mode", True)
    stops: list[Callable[[], object]] = []

    def start(clinic: Clinic = CLINIC, settings: BookingSettings | None = None) -> Site:
        engine = open_database(f"sqlite:///{tmp_path / 'bookings.db'}")
        migrate(engine, BOOKINGS)
        clock = Clock(NOW)
        store = BookingStore(engine, ContactCipher(b"k" * 32), frozenset(Target), clock)
        app = create_app(store, clinic, settings or BookingSettings(allow_fictional_phones=True), clock)
        url, stop = serve(app)
        client = httpx.Client(base_url=url, timeout=10)
        stops.extend([client.close, stop, engine.dispose])
        return Site(url, client, store, clock, engine)

    yield start
    for stop in stops:
        stop()


@pytest.fixture
def site(start_site: Callable[..., Site]) -> Site:
    return start_site()
