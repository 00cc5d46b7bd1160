"""One visitor who writes a hundred times as much as others, without waiting for answers."""

from __future__ import annotations

import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

_HANDS = 10  # messages that may be on their way at once
_CHAT = "/webhooks/webchat"


@contextmanager
def flooding(server: str, origin: str, rate: float) -> Iterator[Counter[int]]:
    """Let one conversation be written to so often a second; how many messages got which status."""
    headers = {"Origin": origin, "X-Forwarded-For": "10.9.9.9"}
    reply = httpx.post(f"{server}{_CHAT}/session", headers=headers, timeout=30)
    reply.raise_for_status()
    headers["Authorization"] = f"Bearer {reply.json()['token']}"
    seen: Counter[int] = Counter()
    is_over = threading.Event()

    def write() -> None:
        with httpx.Client(headers=headers, timeout=30) as client:
            due = time.monotonic()
            while not is_over.wait(max(0.0, due - time.monotonic())):
                due += _HANDS / rate
                body = {"id": uuid.uuid4().hex, "text": "does it help with pain"}
                seen[client.post(f"{server}{_CHAT}/messages", json=body).status_code] += 1

    hands = [threading.Thread(target=write) for _ in range(_HANDS)]
    for hand in hands:
        hand.start()
    try:
        yield seen
    finally:
        is_over.set()
        for hand in hands:
            hand.join()
