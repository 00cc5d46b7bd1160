"""Serves the web pages: `python -m console`, on this machine only (LISTEN_ADDRESS), behind a server that speaks TLS."""

from __future__ import annotations

import logging
import os
import socket
import sys

import structlog
from sqlalchemy.exc import SQLAlchemyError

from assistant import metrics
from assistant.clinic import Clinic
from assistant.clock import utc_now
from assistant.logs import JSON, log_format, report
from assistant.settings import listen_address
from assistant.startup import InUse, begin
from bookings.settings import BookingSettings, open_store
from console.app import create_app
from console.chat import ChatSettings
from console.staff.console import open_console

_DEFAULT_PORT = "8080"


def main() -> None:
    """Serve until SIGTERM or SIGINT; ends at once, with a line that says why, when it cannot."""
    try:
        _log_our_own_lines_only()
        begin("web", metrics.CONSOLE)
        listener = _listen(os.environ.get("WEB_PORT") or _DEFAULT_PORT)
        clinic, settings = Clinic.load(), BookingSettings.from_env(os.environ)
        chat = ChatSettings.from_env(os.environ)
        store = open_store(clinic)
        app = create_app(store, clinic, settings, utc_now, chat, staff=open_console(store, clinic, os.environ))
    except (ValueError, InUse) as problem:
        report("console", str(problem))
        sys.exit(1)
    except SQLAlchemyError as problem:  # its text names the server and may name the user
        report("console", f"the database cannot be used ({type(problem).__name__})")
        sys.exit(1)
    structlog.get_logger().info("console.started", port=listener.getsockname()[1])
    app.run(sock=listener, access_log=False, motd=False)


def _listen(port: str) -> socket.socket:
    """A socket of our own: Sanic would log that the port is taken, and end as if all were well."""
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError("WEB_PORT must be a port number")
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((listen_address(), int(port)))
    except OSError as problem:
        raise ValueError(f"WEB_PORT: nothing can listen on port {port} ({problem.strerror})") from None
    return listener


def _log_our_own_lines_only() -> None:
    """Sanic's lines quote addresses, and with them the tokens of links; what they tell, `console.app` logs itself."""
    for name in ("sanic.root", "sanic.error", "sanic.access"):
        logging.getLogger(name).disabled = True
    if log_format() == JSON:
        return
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ]
    )


if __name__ == "__main__":
    main()
