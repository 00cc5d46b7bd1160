"""What the server answers where no channel does: an error in words of ours, and nothing about what it is built on.

Sanic chooses the form of an error by the request's `Accept`, and fails over one that it cannot read. Rasa greets at `/`
with its version, which tells an attacker what to try.
"""

from __future__ import annotations

import traceback

import structlog
from sanic import Sanic, response
from sanic.exceptions import SanicException
from sanic.request import Request
from sanic.response import HTTPResponse

logger = structlog.get_logger()

_WORDS = {404: "There is nothing here.", 405: "There is nothing here.", 413: "That is too long."}
_OTHER = "This request cannot be read."
_OURS = "Something is wrong on our side. Please try again in a minute."


def answer_problems(app: Sanic) -> None:
    """Answer for whatever the channels leave unanswered; call it before the server starts."""
    app.error_handler.add(Exception, _problem)
    app.register_middleware(_leave_out_greeting, "request")


def _problem(request: Request, error: Exception) -> HTTPResponse:
    if isinstance(error, SanicException) and error.status_code < 500:
        headers = dict(getattr(error, "headers", None) or {})
        return _error(error.status_code, _WORDS.get(error.status_code, _OTHER), headers)
    # Only the places in the code: the error's own message may quote the visitor.
    frames = traceback.format_tb(error.__traceback__)
    logger.error("server.request.failed", reason=type(error).__name__, frames=frames)
    return _error(500, _OURS)


async def _leave_out_greeting(request: Request) -> HTTPResponse | None:
    return _error(404, _WORDS[404]) if request.path in ("/", "") else None


def _error(status: int, words: str, headers: dict[str, str] | None = None) -> HTTPResponse:
    return response.json({"error": words}, status=status, headers=headers)
