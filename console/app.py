"""The web app: its routes, the headers that every answer has, and honest pages where something goes wrong."""

from __future__ import annotations

import secrets
import traceback
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import structlog
from sanic import Sanic
from sanic.exceptions import SanicException
from sanic.request import Request
from sanic.response import HTTPResponse, json, text
from sqlalchemy.exc import DBAPIError

from assistant.clinic import Clinic
from assistant.database import BOOKINGS
from assistant.readiness import Readiness, problem_of
from bookings.requests import BookingStore
from bookings.settings import BookingSettings
from console.book import BookPage
from console.chat import WIDGET, ChatPages, ChatSettings
from console.metrics import count_requests
from console.pages import FOLDER, Pages, Problem
from console.staff.access import ROOT
from console.staff.console import StaffConsole
from console.visitor import VisitorPages

logger = structlog.get_logger()

_STATIC = {
    "visitor.css": "text/css; charset=utf-8",
    "site.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
_MOST_BYTES = 64 * 1024  # of a request's body
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}
_REFUSALS = {
    404: ("There is no such page", "Please check that the whole link was copied."),
    405: ("There is no such page", "Please open your link again."),
    413: ("That is too long", "Please write less. Nothing was changed."),
}
_OTHER_REFUSAL = ("That did not work", "Please open your link again.")


def create_app(
    store: BookingStore,
    clinic: Clinic,
    settings: BookingSettings,
    clock: Callable[[], datetime],
    chat: ChatSettings | None = None,
    widget: Path = WIDGET,
    staff: StaffConsole | None = None,
) -> Sanic:
    """A web app of its own, ready to be served.

    Args:
        widget: the folder with the chat widget's files.
        clock: the present moment, with a time zone.
        staff: the staff's console; None: there is none.
    """
    app = Sanic(f"console-{secrets.token_hex(8)}", configure_logging=False, env_prefix="")
    app.config.REQUEST_MAX_SIZE = _MOST_BYTES
    app.config.AUTO_EXTEND = False
    pages = Pages(clinic, settings)
    VisitorPages(store, clinic, settings, clock, pages).add_to(app)
    BookPage(store, clinic, settings.allow_fictional_phones, clock, pages).add_to(app)
    ChatPages(pages, chat or ChatSettings(), widget).add_to(app)
    for name, kind in _STATIC.items():
        _add_static(app, name, kind)
    _add_readiness(app, store, staff)
    count_requests(app)
    if staff:
        staff.add_to(app, pages)
    _add_problems(app, pages, staff)
    app.register_middleware(_add_headers, "response")
    return app


def _add_static(app: Sanic, name: str, kind: str) -> None:
    content = (FOLDER / "static" / name).read_text(encoding="utf-8")

    async def static(request: Request) -> HTTPResponse:
        return text(content, content_type=kind, headers={"Cache-Control": "max-age=3600"})

    app.add_route(static, f"/static/{name}", methods=["GET"], name=name.partition(".")[0])


def _add_readiness(app: Sanic, store: BookingStore, staff: StaffConsole | None) -> None:
    databases = {BOOKINGS: store.engine, **(staff.databases if staff else {})}
    readiness = Readiness(lambda: problem_of(databases))

    async def alive(request: Request) -> HTTPResponse:
        return json({"alive": True})

    async def ready(request: Request) -> HTTPResponse:
        problem = await readiness.problem()
        if problem:
            return json({"ready": False, "problem": problem}, status=503)
        return json({"ready": True})

    app.add_route(alive, "/healthz", methods=["GET"])
    app.add_route(ready, "/readyz", methods=["GET"])


def _add_problems(app: Sanic, pages: Pages, staff: StaffConsole | None) -> None:
    def show(request: Request, error: Exception) -> HTTPResponse:
        problem = _problem(error)
        is_staffs = staff is not None and f"{request.path}/".startswith(f"{ROOT}/")
        return staff.problem(request, problem) if staff and is_staffs else pages.problem(problem)

    app.error_handler.add(Exception, show)


def _problem(error: Exception) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, SanicException) and error.status_code < 500:
        return Problem(error.status_code, *_REFUSALS.get(error.status_code, _OTHER_REFUSAL))
    # Only the places in the code: the error's own message may quote the visitor or the link.
    frames = traceback.format_tb(error.__traceback__)
    logger.error("console.request.failed", reason=type(error).__name__, frames=frames)
    status = 503 if isinstance(error, DBAPIError) else 500
    return Problem(status, "Something is wrong on our side", "Please open your link again in a few minutes.")


async def _add_headers(request: Request, response: HTTPResponse) -> None:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
