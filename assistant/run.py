"""`make run`: trains if needed, starts all processes, says when they are ready, keeps them running, stops them."""

from __future__ import annotations

import secrets
import signal
import sys
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from assistant import logs, metrics, roles
from assistant.live_pointer import model_to_start
from assistant.nlu.encoder_model import ensure_built
from assistant.processes import ProcessFailed, Service, keep_running, stop_all, wait_until_ready
from assistant.settings import port, var_dir
from assistant.training import TrainingFailed, say, train

_HERE = "http://127.0.0.1"
_EXAMPLE = '{"sender": "me", "message": "What are the side effects?"}'


def main() -> int:
    """Run until Ctrl-C; 0 when stopped by a person, 1 when something failed."""
    for stop in (signal.SIGINT, signal.SIGTERM):  # a shell that starts us in the background has SIGINT ignored
        signal.signal(stop, _interrupt)
    services: list[Service] = []
    try:
        logs.log_format()
        ensure_built()
        services = _services(model_to_start(train()))
        say("Starting the assistant…")
        for service in services:
            service.start()
        wait_until_ready(services)
        _greet(port("RASA_PORT", 5005), port("WEB_PORT", 8080))
        keep_running(services)
        return 1
    except KeyboardInterrupt:
        say("\nStopping…")
        return 0
    except (ProcessFailed, TrainingFailed, ValueError) as failed:
        say(f"\n{failed}")
        return 1
    finally:
        stop_all(services)


def _services(model: Path) -> list[Service]:
    server, actions, web = port("RASA_PORT", 5005), port("ACTIONS_PORT", 5055), port("WEB_PORT", 8080)
    token = {"ACTIONS_TOKEN": secrets.token_urlsafe(32)}
    python, measured = sys.executable, _metrics_ports("server", "web", "delivery")
    endpoints = roles.write_endpoints(var_dir() / "run" / "endpoints.yml", f"{_HERE}:{actions}")
    rasa = roles.server_command(model, endpoints)
    return [
        Service("actions", [python, "-m", "actions", "--port", str(actions)], f"{_HERE}:{actions}/readyz", token),
        Service("server", rasa, f"{_HERE}:{server}/readyz", token | measured["server"]),
        Service("web", [python, "-m", "console"], f"{_HERE}:{web}/readyz", measured["web"]),
        Service("delivery", [python, "-m", "bookings.deliver"], environment=measured["delivery"]),
    ]


def _metrics_ports(*names: str) -> dict[str, dict[str, str]]:
    """What processes get for METRICS_PORT: that port, and those behind it."""
    first = metrics.port()
    return {name: {"METRICS_PORT": str(first + i)} if first else {} for i, name in enumerate(names)}


def _greet(port: int, web_port: int) -> None:
    address = f"http://localhost:{port}/webhooks/rest/webhook"
    say(f"Chat:  http://localhost:{web_port}/")
    say(f"Staff: http://localhost:{web_port}/staff{_first_sign_in()}")
    say(f"Ready: {address}   (Ctrl-C stops it)   Try: curl {address} -d '{_EXAMPLE}'")


def _first_sign_in() -> str:
    """How to sign in to the staff's console where nobody can yet; empty where somebody can."""
    from console.staff.command import make_first_admin

    try:
        made = make_first_admin()
    except (SQLAlchemyError, ValueError):  # the console's own lines say what is wrong
        made = None
    return f"   first sign-in: {' / '.join(made)} (shown once)" if made else ""


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
