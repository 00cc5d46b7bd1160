"""`make run` as a person at the terminal sees it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import psutil
import pytest

from ..conftest import PROJECT_DIR, start_assistant


def test_it_says_when_it_is_ready_and_ctrl_c_stops_all_of_it(tmp_path: Path) -> None:
    running = start_assistant(tmp_path)
    children = psutil.Process(running.process.pid).children(recursive=True)
    assert len(children) == 4
    assert [line for line in running.printed if line.startswith("Ready:")][0].count("curl") == 1
    assert len(running.printed) <= 4  # no wall of warnings
    assert running.printed[-1].startswith("Ready:")
    (staff,) = [line for line in running.printed if line.startswith("Staff:")]
    first = re.fullmatch(r"Staff: (\S+)   first sign-in: admin / ((?:\w{4}-){3}\w{4}) \(shown once\)", staff)
    assert first and _sign_in(first[1], first[2]).headers["location"] == "/staff"
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(20) == 0
    assert [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE] == []
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{running.url}/readyz")


def _sign_in(console: str, password: str) -> httpx.Response:
    form = {"name": "admin", "password": password}
    return httpx.post(f"{console}/sign-in", data=form, headers={"Origin": console.removesuffix("/staff")})


@pytest.mark.parametrize("port", ["x", "0", "70000"])
def test_a_wrong_port_is_said_in_words(port: str) -> None:
    command = [sys.executable, "-W", "ignore", "-m", "assistant.run"]
    environment = {**os.environ, "RASA_PORT": port}
    result = subprocess.run(command, cwd=PROJECT_DIR, env=environment, capture_output=True, text=True, timeout=120)
    assert result.returncode == 1
    assert "RASA_PORT must be a port number" in result.stdout
