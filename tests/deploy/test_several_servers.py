"""Two servers of two machines behind the real nginx, with one PostgreSQL: any of them answers, and either may go."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.conftest import needs

from .parts import Parts, can_contain
from .proxy import NAME, Proxy, Upstream, programs

CHAT = "/webhooks/webchat"
ORIGIN = f"https://{NAME}"

pytestmark = needs(can_contain(), "root, and mount namespaces")


def environment_of(url: str) -> dict[str, str]:
    keys = ("BOOKINGS", "CHANNELS", "CONVERSATIONS", "STAFF", "WEBCHAT")
    secret = {f"{name}_KEY": base64.b64encode(name.ljust(32).encode()).decode() for name in keys}
    addresses = {"PUBLIC_URL": ORIGIN, "ASSISTANT_URL": ORIGIN, "CONSOLE_URL": f"{ORIGIN}/staff"}
    return {**secret, **addresses, "DATABASE_URL": url, "TRUSTED_PROXIES": "1"}


@pytest.fixture
def machines(tmp_path: Path, postgres_url: str) -> Iterator[tuple[Parts, Parts]]:
    """One with a server, the action server and the web pages, one with a server alone; each has its own folder."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    one = Parts(tmp_path / "one", environment=environment_of(postgres_url))
    actions = {"ACTIONS_URL": f"http://127.0.0.1:{one.environment['ACTIONS_PORT']}"}
    two = Parts(tmp_path / "two", environment=environment_of(postgres_url) | actions)
    assert one.run("migrate").returncode == 0
    for machine, roles in ((one, ("actions", "web", "server")), (two, ("server",))):
        for role in roles:
            machine.start(role)
    for machine in (one, two):
        for role in machine.running:
            machine.wait(role)
    yield one, two
    one.remove()
    two.remove()


@pytest.fixture
def site(tmp_path: Path, machines: tuple[Parts, Parts]) -> Iterator[Proxy]:
    one, two = machines
    servers = [Upstream("server", int(machine.environment["RASA_PORT"])) for machine in (one, two)]
    (tmp_path / "nginx").mkdir()
    tmp_path.chmod(0o755)
    proxy = Proxy(programs()[0], tmp_path / "nginx", servers, Upstream("web", int(one.environment["WEB_PORT"])))
    proxy.start()
    yield proxy
    proxy.stop()


def say(client: httpx.Client, text: str) -> str:
    reply = client.post(f"{CHAT}/messages", json={"id": uuid4().hex, "text": text})
    assert reply.status_code == 200, reply.text
    return "\n".join(message["text"] for message in reply.json()["messages"] if message["from"] == "assistant")


def test_a_chat_goes_on_wherever_its_requests_come(site: Proxy, machines: tuple[Parts, Parts]) -> None:
    with site.client() as client:
        client.headers["Origin"] = ORIGIN
        assert "widget.js" in client.get("/").text
        client.headers["Authorization"] = f"Bearer {client.post(f'{CHAT}/session').json()['token']}"
        assert "name may the team call you" in say(client, "book a consultation")
        assert "Maria" not in say(client, "does it hurt?")  # a question in between
        for _ in range(4):
            say(client, "What are the side effects?")
        lines = [json.loads(line) for line in site.log.splitlines() if line.startswith("{")]
        answered = {line["server"] for line in lines if line["route"] == "webchat"}
        assert len(answered) == 2, "both servers had a part in it"

        with client.stream("GET", f"{CHAT}/events") as events:
            lines = events.iter_lines()
            assert next(lines).startswith("retry")
            began = time.monotonic()
            say(client, "how long does a session take?")
            assert any(line.startswith("event: message") for line in lines)
            assert time.monotonic() - began < 10

        one, two = machines
        two.running["server"].kill()  # as when a machine goes
        for _ in range(4):
            assert "988" in say(client, "I want to die")
        messages = client.get(f"{CHAT}/history?limit=100").json()["messages"]
    numbers = [message["id"] for message in messages]
    assert numbers == list(range(1, len(numbers) + 1))
    assert sum(message["from"] == "visitor" for message in messages) == 11
