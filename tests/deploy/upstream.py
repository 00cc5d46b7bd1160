"""A server that stands behind nginx: `python -m tests.deploy.upstream NAME PORT`. It tells what reached it."""

from __future__ import annotations

import asyncio
import sys

from sanic import Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

GAP = 1.0  # seconds between events of a stream


def app_of(name: str) -> Sanic:
    app = Sanic(f"upstream-{name}", configure_logging=False)
    app.config.REQUEST_MAX_SIZE = 10 << 20
    app.config.PROXIES_COUNT = 1  # as TRUSTED_PROXIES sets it

    @app.get("/webhooks/webchat/events")
    async def events(request: Request) -> None:
        stream = await request.respond(content_type="text/event-stream")
        for i in range(3):
            await stream.send(f"data: {name} {i}\n\n")
            await asyncio.sleep(GAP)
        await stream.eof()

    @app.route("/", methods=["GET", "POST", "DELETE", "OPTIONS"], name="root")
    @app.route("/<path:path>", methods=["GET", "POST", "DELETE", "OPTIONS"], name="any")
    async def any_path(request: Request, path: str = "") -> HTTPResponse:
        if "busy" in request.args:
            headers = {"Retry-After": "42", "X-Content-Type-Options": "nosniff"}
            return response.json({"error": "own words", "name": name}, status=429, headers=headers)
        return response.json(
            {
                "name": name,
                "method": request.method,
                "path": request.path,
                "address": request.remote_addr,
                "scheme": request.scheme,
                "headers": dict(request.headers),
                "bytes": len(request.body),
            }
        )

    return app


if __name__ == "__main__":
    app_of(sys.argv[1]).run("127.0.0.1", int(sys.argv[2]), access_log=False, motd=False)
