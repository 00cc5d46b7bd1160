"""Asks the platforms' HTTP APIs, and tells what may succeed later from what never will."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import httpx

from assistant.channels.courier import SendFailed, SendRefused

_SECONDS = httpx.Timeout(30.0, connect=10.0)
_LATER = frozenset({408, 409, 425, 429})


async def post(platform: str, url: str, **request: Any) -> dict[str, Any]:
    """Ask a platform's API; its answer, as an object.

    Args:
        platform: its name, under which tests stand in for it.
        url: its address; the server is another one where MESSAGING_API_URL says so.
        request: what else `httpx` takes: `json`, `data`, `headers`, `auth`.

    Raises:
        SendFailed: there was no answer, or one that says "later".
        ApiError: the platform refused.
    """
    try:
        reply = await _client().post(_address(platform, url), **request)
    except httpx.HTTPError as error:
        raise SendFailed(type(error).__name__) from None
    told = _object(reply)
    if reply.is_success:
        return told
    if reply.status_code in _LATER or reply.status_code >= 500:
        raise SendFailed(f"HTTP {reply.status_code}", _retry_after(reply, told))
    raise ApiError(reply.status_code, told)


class ApiError(SendRefused):
    """A platform's answer that says no; `told` is its body, which may quote the visitor and is never logged."""

    def __init__(self, status: int, told: Mapping[str, Any]) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.told = told


def _object(reply: httpx.Response) -> dict[str, Any]:
    try:
        told = reply.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _retry_after(reply: httpx.Response, told: Mapping[str, Any]) -> float | None:
    """Seconds, from the header or, as Telegram has it, from the body."""
    parameters = told.get("parameters")
    given = reply.headers.get("retry-after") or (parameters or {}).get("retry_after")
    try:
        return max(0.0, float(given)) if given is not None else None
    except (TypeError, ValueError):
        return None


def _address(platform: str, url: str) -> str:
    stand_in = os.environ.get("MESSAGING_API_URL")
    if not stand_in:
        return url
    return f"{stand_in.rstrip('/')}/{platform}{httpx.URL(url).raw_path.decode()}"


@lru_cache(maxsize=1)
def _client() -> httpx.AsyncClient:
    """One for the process: it keeps connections open."""
    return httpx.AsyncClient(timeout=_SECONDS)
