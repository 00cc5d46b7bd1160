"""`make run`: trains if needed, starts all processes, says when they are ready, stops them cleanly."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import yaml

from assistant.nlu.encoder_model import ensure_built
from assistant.settings import PROJECT_DIR, var_dir
from assistant.training import TrainingFailed, quiet_environment, say, train

_PATIENCE = 180  # seconds that a start may take
_GRACE = 10  # seconds that a process gets to stop by itself
_NOTHING: Mapping[str, str] = {}


class StartFailed(RuntimeError):
    """A process ended or did not become ready; the text says which, and where its log is."""


def main() -> int:
    """Run until Ctrl-C; 0 when stopped by a person, 1 when something failed."""
    for stop in (signal.SIGINT, signal.SIGTERM):  # a shell that starts us in the background has SIGINT ignored
        signal.signal(stop, _interrupt)
    processes: dict[str, subprocess.Popen[bytes]] = {}
    try:
        ensure_built()
        model = train()
        ports = {
            "server": _port("RASA_PORT", 5005),
            "actions": _port("ACTIONS_PORT", 5055),
            "web": _port("WEB_PORT", 8080),
        }
        say("Starting the assistant…")
        token = {"ACTIONS_TOKEN": secrets.token_urlsafe(32)}
        processes["actions"] = _start("actions", _actions_command(ports["actions"]), token)
        processes["server"] = _start("server", _server_command(ports, model), token)
        processes["web"] = _start("web", [sys.executable, "-m", "console"])
        processes["delivery"] = _start("delivery", [sys.executable, "-m", "bookings.deliver"])
        _wait_until_ready(ports, processes)
        _greet(ports["server"])
        _watch(processes)
        return 1
    except KeyboardInterrupt:
        say("\nStopping…")
        return 0
    except (StartFailed, TrainingFailed, ValueError) as failed:
        say(f"\n{failed}")
        return 1
    finally:
        _stop(processes)


def _port(name: str, default: int) -> int:
    value = os.environ.get(name) or str(default)
    if not value.isdigit() or not 0 < int(value) < 65536:
        raise ValueError(f"{name} must be a port number, not '{value}'.")
    return int(value)


def _server_command(ports: dict[str, int], model: Path) -> list[str]:
    return [
        *(sys.executable, "-m", "rasa", "run", "--quiet", "--interface", "127.0.0.1", "--port", str(ports["server"])),
        *("--model", str(model), "--endpoints", str(_endpoints(ports["actions"])), "--credentials", "credentials.yml"),
    ]


def _actions_command(port: int) -> list[str]:
    return [sys.executable, "-m", "actions", "--port", str(port)]


def _endpoints(actions_port: int) -> Path:
    """`endpoints.yml` with the action server's port of this run, and the token that it asks for."""
    endpoints = yaml.safe_load((PROJECT_DIR / "endpoints.yml").read_text(encoding="utf-8"))
    endpoints["action_endpoint"] |= {
        "url": f"http://127.0.0.1:{actions_port}/webhook",
        "headers": {"X-Actions-Token": "${ACTIONS_TOKEN}"},
    }
    path = var_dir() / "run" / "endpoints.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(endpoints), encoding="utf-8")
    return path


def _log(name: str) -> Path:
    folder = var_dir() / "log"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}.log"


def _start(name: str, command: list[str], environment: Mapping[str, str] = _NOTHING) -> subprocess.Popen[bytes]:
    with _log(name).open("ab") as log:
        # A session of its own: Ctrl-C reaches only this process, which then stops the others in order.
        return subprocess.Popen(
            command,
            cwd=PROJECT_DIR,
            env={**quiet_environment(), **ONE_THREAD, **environment},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _wait_until_ready(ports: dict[str, int], processes: dict[str, subprocess.Popen[bytes]]) -> None:
    waiting = {
        "server": f"http://127.0.0.1:{ports['server']}/readyz",
        "actions": f"http://127.0.0.1:{ports['actions']}/health",
        "web": f"http://127.0.0.1:{ports['web']}/readyz",
    }
    deadline = time.monotonic() + _PATIENCE
    while waiting:
        for name, process in processes.items():
            if process.poll() is not None:
                raise StartFailed(f"The {name} process ended. Its log: {_log(name)}\n{_tail(_log(name))}")
        waiting = {name: url for name, url in waiting.items() if not _answers(url)}
        if time.monotonic() > deadline:
            raise StartFailed(f"Not ready after {_PATIENCE} s: {', '.join(waiting)}. Logs: {var_dir() / 'log'}")
        time.sleep(0.1)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _greet(port: int) -> None:
    address = f"http://localhost:{port}/webhooks/rest/webhook"
    say(f"Ready: {address}   (Ctrl-C stops it)   Try: curl {address} -d '{_EXAMPLE}'")


# One message is too little work to share among threads: they would only wait for each other.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
_EXAMPLE = '{"sender": "me", "message": "What are the side effects?"}'


def _watch(processes: dict[str, subprocess.Popen[bytes]]) -> None:
    """Return as soon as one of the processes ends."""
    while True:
        for name, process in processes.items():
            if process.poll() is not None:
                say(f"The {name} process ended unexpectedly. Its log: {_log(name)}\n{_tail(_log(name))}")
                return
        time.sleep(0.5)


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])


def _stop(processes: dict[str, subprocess.Popen[bytes]]) -> None:
    for process in processes.values():
        if process.poll() is None:
            process.terminate()
    for process in processes.values():
        try:
            process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            process.kill()


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
