"""`python -m actions`: the action server, on loopback, for callers that know the shared token.

Stock `rasa run actions` listens on all addresses, runs actions for anybody and echoes the conversation in its errors.
"""

from __future__ import annotations

import argparse
import hmac
import os
import sys

from rasa_sdk.endpoint import create_app
from sanic import Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from actions.office import office

TOKEN_HEADER = "X-Actions-Token"  # noqa: S105 - its name, not the token
_SHORTEST_TOKEN = 16


def protected_app(token: str) -> Sanic:
    """The SDK's application behind a token, with errors that say nothing of the conversation."""
    app = create_app("actions")
    app.error_handler.add(Exception, _failed)

    @app.on_request
    async def check(request: Request) -> HTTPResponse | None:
        given = request.headers.get(TOKEN_HEADER, "")
        if request.path == "/health" or hmac.compare_digest(given.encode("utf-8", "replace"), token.encode()):
            return None
        return response.json({"error": "The token is missing or wrong."}, status=401)

    return app


def _failed(request: Request, error: Exception) -> HTTPResponse:
    status = getattr(error, "status_code", 500)
    return response.json({"error": type(error).__name__}, status=status)


def main() -> int:
    """Serve until stopped; 1 if what it needs is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=5055)
    port = parser.parse_args().port
    token = os.environ.get("ACTIONS_TOKEN", "")
    if len(token) < _SHORTEST_TOKEN:
        print(f"ACTIONS_TOKEN must be set, to at least {_SHORTEST_TOKEN} characters.")
        return 1
    try:
        office()
    except ValueError as problem:
        print(problem)
        return 1
    protected_app(token).run("127.0.0.1", port, access_log=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
