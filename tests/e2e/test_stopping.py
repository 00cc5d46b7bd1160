"""A server that is told to stop answers what it has taken and is gone soon, however busy its connections are."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path
from uuid import uuid4

import httpx

from ..conftest import Assistant, start_assistant

WRITERS = 8


def write_until_refused(assistant: Assistant, broken: list[str]) -> None:
    """Write on one connection, as a proxy does, until the server takes no more."""
    body = {"sender": uuid4().hex, "message": "is it safe?"}
    with httpx.Client(timeout=60) as client:
        while True:
            try:
                reply = client.post(f"{assistant.url}/webhooks/rest/webhook", json=body)
            except httpx.ConnectError:
                return
            except httpx.HTTPError as error:
                broken.append(repr(error))
                return
            if reply.status_code == 429:  # more writers than a server has places for
                time.sleep(int(reply.headers["retry-after"]))
            elif reply.status_code != 200:
                broken.append(f"{reply.status_code} {reply.text}")


def test_connections_that_are_never_idle_do_not_hold_it_up(tmp_path: Path) -> None:
    assistant = start_assistant(tmp_path)
    try:
        (server,) = assistant.processes("rasa")
        broken: list[str] = []
        writers = [threading.Thread(target=write_until_refused, args=(assistant, broken)) for _ in range(WRITERS)]
        for writer in writers:
            writer.start()
        time.sleep(4)
        began = time.monotonic()
        server.terminate()
        server.wait(60)
        took = time.monotonic() - began
        for writer in writers:
            writer.join(60)
        assert broken == []
        assert took < 12  # of the 15 that a roll may take; it was 36 when connections were kept
    finally:
        assistant.process.send_signal(signal.SIGINT)
        assistant.process.wait(60)
