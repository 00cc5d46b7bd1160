"""Counts the requests to the web pages: by part of the site and status, never by address: a link's is a secret."""

from __future__ import annotations

import time

from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse

from assistant import metrics
from console.staff.access import ROOT

_PROBES = ("/healthz", "/readyz")


def count_requests(app: Sanic) -> None:
    """Have all requests of an app counted."""
    app.register_middleware(_begin, "request")
    app.register_middleware(_count, "response")


async def _begin(request: Request) -> None:
    request.ctx.began = time.monotonic()


async def _count(request: Request, response: HTTPResponse) -> None:
    area = _area(request.path)
    metrics.REQUESTS.labels(area, str(response.status)).inc()
    if response.status >= 500:
        metrics.ERRORS.inc()
    if hasattr(request.ctx, "began"):
        metrics.REQUEST_SECONDS.labels(area).observe(time.monotonic() - request.ctx.began)


def _area(path: str) -> str:
    if path in _PROBES:
        return "health"
    return "staff" if f"{path}/".startswith(f"{ROOT}/") else "visitor"
