"""A visitor of the website's chat, without a browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import httpx


class Visitor:
    """One conversation, as the widget has it with the server."""

    def __init__(self, server: str, origin: str) -> None:
        self.base = f"{server}/webhooks/webchat"
        self.headers = {"Origin": origin}
        reply = self.post("/session", {})
        assert reply.status_code == 201, reply.text
        self.token = reply.json()["token"]
        self.headers["Authorization"] = f"Bearer {self.token}"

    def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        content = json.dumps(body).encode()  # httpx's own way cannot write all that a client may
        return httpx.post(self.base + path, content=content, headers=self.headers | headers, timeout=30)

    def get(self, path: str, **headers: str) -> httpx.Response:
        return httpx.get(self.base + path, headers=self.headers | headers, timeout=30)

    def send(self, text: str | None = None, **body: Any) -> httpx.Response:
        said = {} if text is None else {"text": text}
        return self.post("/messages", {"id": uuid4().hex, **said, **body})

    def say(self, text: str | None = None, **body: Any) -> list[dict[str, Any]]:
        """The replies to a message."""
        reply = self.send(text, **body)
        assert reply.status_code == 200, reply.text
        return reply.json()["messages"][1:]

    def texts(self, text: str) -> str:
        return "\n".join(reply["text"] for reply in self.say(text))

    def history(self, after: int = 0) -> list[dict[str, Any]]:
        reply = self.get(f"/history?after={after}&limit=200")
        assert reply.status_code == 200, reply.text
        return reply.json()["messages"]

    def delete(self) -> httpx.Response:
        return httpx.delete(self.base + "/conversation", headers=self.headers, timeout=30)

    @contextmanager
    def events(self, after: int = 0) -> Iterator[Iterator[tuple[str, Any, str | None]]]:
        """The events of a stream: name, data and id."""
        headers = self.headers | {"Last-Event-ID": str(after)}
        with httpx.stream("GET", self.base + "/events", headers=headers, timeout=30) as stream:
            assert stream.status_code == 200
            yield _events(stream.iter_lines())


def _events(lines: Iterator[str]) -> Iterator[tuple[str, Any, str | None]]:
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        else:
            if "data" in fields:
                yield fields.get("event", "message"), json.loads(fields["data"]), fields.get("id")
            fields = {}
