"""The action server, on loopback, for callers that know the shared token.

Stock `rasa run actions` listens on all addresses, runs actions for anybody and echoes the conversation in its errors.
"""

from __future__ import annotations

import argparse
import hmac
import os

from rasa_sdk.endpoint import create_app
from sanic import Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from actions.office import office
from assistant.database import BOOKINGS
from assistant.logs import report
from assistant.readiness import Readiness, problem_of
from assistant.settings import listen_address
from assistant.startup import InUse, begin

TOKEN_HEADER = "X-Actions-Token"  # noqa: S105 - its name, not the token
_SHORTEST_TOKEN = 16
_OPEN = ("/health", "/healthz", "/readyz")  # they say nothing but yes or no


def protected_app(token: str) -> Sanic:
    """The SDK's application behind a token, with errors that say nothing of the conversation."""
    app = create_app("actions")
    app.error_handler.add(Exception, _failed)

    @app.on_request
    async def check(request: Request) -> HTTPResponse | None:
        given = request.headers.get(TOKEN_HEADER, "")
        if request.path in _OPEN or hmac.compare_digest(given.encode("utf-8", "replace"), token.encode()):
            return None
        return response.json({"error": "The token is missing or wrong."}, status=401)

    _add_health(app)
    return app


def _add_health(app: Sanic) -> None:
    readiness = Readiness(lambda: problem_of({BOOKINGS: office().store.engine}))

    async def alive(request: Request) -> HTTPResponse:
        return response.json({"alive": True})

    async def ready(request: Request) -> HTTPResponse:
        problem = await readiness.problem()
        body = {"ready": False, "problem": problem} if problem else {"ready": True}
        return response.json(body, status=503 if problem else 200)

    app.add_route(alive, "/healthz", methods=["GET"], name="alive")
    app.add_route(ready, "/readyz", methods=["GET"], name="ready")


def _failed(request: Request, error: Exception) -> HTTPResponse:
    status = getattr(error, "status_code", 500)
    return response.json({"error": type(error).__name__}, status=status)


def serve() -> int:
    """Serve until stopped; 1 if what it needs is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=5055)
    port = parser.parse_args().port
    token = os.environ.get("ACTIONS_TOKEN", "")
    if len(token) < _SHORTEST_TOKEN:
        return _refuse(f"ACTIONS_TOKEN must be set, to at least {_SHORTEST_TOKEN} characters.")
    app = protected_app(token)
    try:
        begin("actions")  # once Sanic has set up its own logging
        office()
    except (ValueError, InUse) as problem:
        return _refuse(str(problem))
    app.run(listen_address(), port, access_log=False)
    return 0


def _refuse(problem: str) -> int:
    report("actions", problem)
    return 1
