"""Visitors who write while something fails, and the account of what became of their messages.

They behave as the chat widget does: a message has an id of its own, and is sent again under it until it is taken.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from tests.cluster import ORIGIN, Cluster
from tests.deploy.proxy import NAME

QUESTIONS = (
    "what are the side effects?",
    "what is a session like?",
    "is it safe?",
    "how long does a session take?",
    "does it help with ptsd?",
    "how soon does it work?",
    "hello",
    "what about chronic pain?",
)
_AGAIN = 0.5  # seconds before a message is sent again
_GIVE_UP = 120.0  # seconds
_CHAT = "/webhooks/webchat"


@dataclass
class Account:
    """What became of messages.

    Attributes:
        sent: messages that visitors wrote.
        acknowledged: messages that a server said it has.
        lost: acknowledged messages that are not in the conversation, or have no reply.
        doubled: messages that are in the conversation more than once.
        refused: times that a server was full and told a visitor when to come back (429).
        failed: times that a message had to be sent again for any other reason, by reason.
        seconds: from first sending a message to its acknowledgement, of each.
    """

    sent: int = 0
    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    refused: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)

    def add(self, other: Account) -> None:
        """Take another account into this one."""
        for name in ("sent", "acknowledged", "lost", "doubled", "refused", "failed"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.seconds += other.seconds


class Visitor:
    """One chat of the website."""

    def __init__(self, client: httpx.AsyncClient, token: str) -> None:
        self._client = client
        self._headers = {"Authorization": f"Bearer {token}", "Origin": ORIGIN, "Host": NAME}
        self.account = Account()
        self._acknowledged: set[str] = set()

    @classmethod
    async def arrive(cls, client: httpx.AsyncClient) -> Visitor:
        """Open a chat; tried again until there is one."""
        headers = {"Origin": ORIGIN, "Host": NAME}
        until = time.monotonic() + _GIVE_UP
        while time.monotonic() < until:
            try:
                reply = await client.post(f"{_CHAT}/session", headers=headers, extensions=_SNI)
                if reply.status_code == 201:
                    return cls(client, reply.json()["token"])
            except httpx.TransportError:
                pass
            await asyncio.sleep(_AGAIN)
        raise TimeoutError("no chat could be opened")

    def new_body(self, text: str) -> dict[str, str]:
        """A message as the widget sends it."""
        self.account.sent += 1
        return {"id": uuid4().hex, "text": text}

    async def say(self, text: str) -> str:
        """Write a text; what the assistant said to it, if that came at once."""
        return await self.deliver(self.new_body(text))

    async def ask(self, text: str) -> str:
        """Write a text and read what the assistant says to it before going on, also if that comes late."""
        body = self.new_body(text)
        reply = await self.deliver(body)
        until = time.monotonic() + _GIVE_UP
        while not reply and time.monotonic() < until:
            await asyncio.sleep(_AGAIN)
            said = [m["text"] for m in await self.history() if m["key"].startswith(body["id"] + ".")]
            reply = "\n".join(said)
        return reply

    async def deliver(self, body: dict[str, str]) -> str:
        """Send a message, again and again until it is taken; what the assistant said to it, if that came at once."""
        began = time.monotonic()
        while time.monotonic() < began + _GIVE_UP:
            try:
                reply = await self._client.post(f"{_CHAT}/messages", json=body, headers=self._headers, extensions=_SNI)
            except httpx.TransportError as error:
                self.account.failed[type(error).__name__] += 1
                await asyncio.sleep(_AGAIN)
                continue
            if reply.status_code in (200, 202):
                if body["id"] not in self._acknowledged:
                    self.account.acknowledged += 1
                    self.account.seconds.append(time.monotonic() - began)
                self._acknowledged.add(body["id"])
                return "\n".join(m["text"] for m in reply.json()["messages"] if m["from"] != "visitor")
            if reply.status_code == 429:
                self.account.refused += 1
            else:
                self.account.failed[str(reply.status_code)] += 1
            await asyncio.sleep(_AGAIN)
        return ""

    async def settle(self) -> Account:
        """The account, once every acknowledged message has had time for its reply."""
        until = time.monotonic() + _GIVE_UP
        while True:
            missing, doubled = self._compare(await self.history())
            if not missing or time.monotonic() > until:
                self.account.lost, self.account.doubled = len(missing), doubled
                return self.account
            await asyncio.sleep(_AGAIN)

    def _compare(self, history: list[dict[str, Any]]) -> tuple[set[str], int]:
        """The acknowledged messages without an answer, and how many are there twice."""
        answered = {
            own["key"]
            for own, next_one in zip(history, history[1:])
            if own["from"] == "visitor" and next_one["from"] != "visitor"
        }
        # A message that two servers answered in an outage stands there twice, the second time under an id like "id~…".
        said = [message["key"].partition("~")[0] for message in history if message["from"] == "visitor"]
        return self._acknowledged - answered, len(said) - len(set(said))

    async def history(self) -> list[dict[str, Any]]:
        """What stands in the conversation."""
        messages: list[dict[str, Any]] = []
        while True:
            after = messages[-1]["id"] if messages else 0
            try:
                reply = await self._client.get(
                    f"{_CHAT}/history?after={after}&limit=200", headers=self._headers, extensions=_SNI
                )
            except httpx.TransportError:
                reply = None
            if reply is None or reply.status_code != 200:
                return messages
            messages += reply.json()["messages"]
            if not reply.json()["more"]:
                return messages


_SNI = {"sni_hostname": NAME}


def new_client(url: str, tls: ssl.SSLContext | bool = True) -> httpx.AsyncClient:
    """What a crowd of visitors uses."""
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=50)
    return httpx.AsyncClient(base_url=url, verify=tls, timeout=30, limits=limits, trust_env=False)


class Crowd:
    """Visitors who go on writing while a block runs: `async with Crowd(cluster, 20) as crowd`."""

    def __init__(self, cluster: Cluster, size: int, pause: float = 0.5) -> None:
        self._client = new_client(cluster.url, cluster.tls)
        self._size, self._pause = size, pause
        self._is_over = False
        self._tasks: list[asyncio.Task[None]] = []
        self.visitors: list[Visitor] = []
        self.account = Account()
        self.answered_at: list[float] = []

    async def __aenter__(self) -> Crowd:
        self.visitors = [await Visitor.arrive(self._client) for _ in range(self._size)]
        self._tasks = [asyncio.create_task(self._write(place)) for place in range(self._size)]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._is_over = True
        await asyncio.gather(*self._tasks)
        for account in await asyncio.gather(*(visitor.settle() for visitor in self.visitors)):
            self.account.add(account)
        await self._client.aclose()

    async def _write(self, place: int) -> None:
        visitor, number = self.visitors[place], place
        await asyncio.sleep(self._pause * place / self._size)
        while not self._is_over:
            await visitor.say(QUESTIONS[number % len(QUESTIONS)])
            self.answered_at.append(time.monotonic())
            number += 1
            await asyncio.sleep(self._pause)

    def longest_silence(self, since: float) -> float:
        """The longest time after a moment in which nobody was answered, in seconds."""
        moments = [since, *sorted(at for at in self.answered_at if at > since)]
        return max((later - earlier for earlier, later in zip(moments, moments[1:])), default=0.0)
