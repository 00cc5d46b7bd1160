"""Visitors of the website for Locust: each has a chat of their own and writes on, from the dialogues of the e2e tests.

Any message may go to any server. `LOAD_SERVERS` holds their addresses, `LOAD_PACE` a visitor's messages in a second.
"""

from __future__ import annotations

import os
import random
import uuid
from pathlib import Path
from typing import Any

import yaml
from locust import HttpUser, constant_throughput, task

from benchmarks.load.names import CRISIS, MESSAGE, REFUSED, SESSION

_TESTS = Path(__file__).resolve().parents[2] / "tests"
_SERVERS = os.environ["LOAD_SERVERS"].split(",")
_ORIGIN = os.environ["LOAD_ORIGIN"]
_CHAT = "/webhooks/webchat"
_CRISIS_EVERY = 25  # messages


def _dialogues() -> list[list[str]]:
    booked = yaml.safe_load((_TESTS / "e2e" / "booking_dialogues.yml").read_text(encoding="utf-8"))
    asked = yaml.safe_load((_TESTS / "questions" / "follow_ups.yml").read_text(encoding="utf-8"))
    return [[turn[0] for turn in dialogue["turns"]] for dialogue in booked] + [one["turns"] for one in asked]


_DIALOGUES = _dialogues()


class Visitor(HttpUser):
    """One chat."""

    wait_time = constant_throughput(float(os.environ["LOAD_PACE"]))

    def on_start(self) -> None:
        """Open a chat, as the widget does: again until there is one."""
        self._said = random.randrange(_CRISIS_EVERY)
        self._lines: list[str] = []
        self._headers = {"Origin": _ORIGIN, "X-Forwarded-For": f"10.{random.randrange(256)}.{random.randrange(256)}.9"}
        reply = self.client.post(f"{random.choice(_SERVERS)}{_CHAT}/session", headers=self._headers, name=SESSION)
        self._headers["Authorization"] = f"Bearer {reply.json()['token']}"

    @task
    def write(self) -> None:
        """Write the next line of a dialogue; now and then, that somebody is in danger."""
        self._said += 1
        if self._said % _CRISIS_EVERY == 0:
            self._send("I want to kill myself", CRISIS)
            return
        if not self._lines:
            self._lines = list(random.choice(_DIALOGUES))
        self._send(self._lines.pop(0), MESSAGE)

    def _send(self, text: str, name: str) -> None:
        body = {"id": uuid.uuid4().hex, "text": text}
        address = f"{random.choice(_SERVERS)}{_CHAT}/messages"
        with self.client.post(
            address, json=body, headers=self._headers, name=name, catch_response=True, timeout=30
        ) as reply:
            _judge(reply, name)


def _judge(reply: Any, name: str) -> None:
    if reply.status_code in (200, 202):
        if name == CRISIS and reply.status_code == 200 and "988" not in reply.text:
            reply.failure("no help was named")
        else:
            reply.success()
    elif reply.status_code == 429 and name == MESSAGE and reply.headers.get("Retry-After"):
        reply.request_meta["name"] = REFUSED
        reply.success()
    else:
        reply.failure(f"status {reply.status_code}")
