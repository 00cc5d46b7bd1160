"""The action server answers nobody without the token, and its errors say nothing of the conversation."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from ..conftest import PROJECT_DIR, free_port

TOKEN = "a-token-of-the-tests-only"
SECRET = "my number is 415 555 0134"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    environment = {**os.environ, "VAR_DIR": str(tmp_path_factory.mktemp("var")), "ACTIONS_TOKEN": TOKEN}
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "actions", "--port", str(port)], cwd=PROJECT_DIR, env=environment
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                httpx.get(f"{url}/health")
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def call(server: str, body: object, token: str | None = TOKEN) -> httpx.Response:
    headers = {} if token is None else {"X-Actions-Token": token}
    return httpx.post(f"{server}/webhook", json=body, headers=headers, timeout=20)


@pytest.mark.parametrize("token", [None, "", "wrong", TOKEN + "x"])
def test_without_the_token_nothing_runs(server: str, token: str | None) -> None:
    assert call(server, {"next_action": "action_submit_consultation"}, token).status_code == 401
    assert httpx.get(f"{server}/actions", headers={"X-Actions-Token": token or ""}).status_code == 401


@pytest.mark.parametrize("tracker", [{}, {"sender_id": SECRET, "slots": {}, "latest_message": {"text": SECRET}}])
def test_an_error_says_nothing_of_the_conversation(server: str, tracker: dict[str, object]) -> None:
    body = {"next_action": "action_submit_consultation", "tracker": tracker, "domain": {}, "sender_id": SECRET}
    reply = call(server, body)
    assert reply.status_code == 500
    assert "415" not in reply.text and set(reply.json()) == {"error"}


def test_an_unknown_action_is_refused(server: str) -> None:
    assert call(server, {"next_action": "action_unknown", "tracker": {}, "domain": {}}).status_code == 404


def test_it_listens_on_this_machine_only_and_does_not_start_without_a_token(tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "ACTIONS_TOKEN"}
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "actions", "--port", str(free_port())],
        cwd=PROJECT_DIR,
        env={**environment, "VAR_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 1 and "ACTIONS_TOKEN must be set" in result.stderr
