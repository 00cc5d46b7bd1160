"""Reads the requests of the website's chat: whose they are, and what they ask; anything else is refused."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sanic.request import Request

from assistant import safety, tokens
from assistant.channels.incoming import MAX_TEXT, WEBCHAT, Refused, read_text
from assistant.conversations.inbox import Arrival
from assistant.conversations.messages import DOWN, UP

SESSION_LIFETIME = timedelta(days=7)
MAX_REASON = 500  # characters
_PURPOSE = "webchat-session"
_CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_PAYLOAD = re.compile(r"/[^\x00-\x1f\ud800-\udfff]{1,500}")
_MOST = 2**31 - 1  # of a message's number
_PAGE = 100


class Visitors:
    """Whose requests these are: a token, made here, names a conversation that nobody else can name.

    Args:
        clock: the present moment, with a time zone.
    """

    def __init__(self, secret: bytes, clock: Callable[[], datetime]) -> None:
        self._secret = secret
        self._clock = clock

    def new_token(self) -> tuple[str, int]:
        """A token for a new conversation, and when it ends, in unix seconds."""
        now = self._clock()
        token = tokens.sign(secrets.token_hex(16), self._secret, _PURPOSE, now)
        return token, int((now + SESSION_LIFETIME).timestamp())

    def conversation(self, request: Request) -> str:
        """The conversation of the request's token. Raises: Refused."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token:
            raise Refused(401, "This request names no conversation. Please begin a new one.")
        try:
            return WEBCHAT + tokens.read(token.strip(), self._secret, _PURPOSE, self._clock(), SESSION_LIFETIME)
        except tokens.Expired:
            raise Refused(401, "This conversation is over a week old. Please begin a new one.") from None
        except tokens.Forged:
            raise Refused(401, "This conversation is not known here. Please begin a new one.") from None

    def alias(self, who: str) -> str:
        """What stands for a visitor or address in a counter: nobody gets from it to them."""
        return hmac.new(self._secret, b"counter\0" + who.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:32]


@dataclass(frozen=True)
class Rated:
    """What a visitor thinks of an answer; `rating` None takes it back."""

    number: int
    rating: str | None
    reason: str


def read_body(request: Request) -> Mapping[str, Any]:
    """The body as an object. Raises: Refused."""
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        raise Refused(400, "The body is not JSON.") from None
    if not isinstance(body, Mapping):
        raise Refused(400, "The body must be a JSON object.")
    return body


def read_arrival(body: Mapping[str, Any]) -> Arrival:
    """A message or a pressed button. Raises: Refused."""
    client_id = body.get("id")
    if not isinstance(client_id, str) or not _CLIENT_ID.fullmatch(client_id):
        raise Refused(400, "`id` must be 8 to 64 of the characters A-Z a-z 0-9 _ -")
    payload = body.get("payload")
    if payload is not None:
        if not isinstance(payload, str) or not _PAYLOAD.fullmatch(payload):
            raise Refused(400, "`payload` must be that of a button.")
        return Arrival(client_id, "", payload)
    whole = read_text(body, "text")
    danger = safety.detect(whole)
    text = whole.strip().lstrip("/ \t\r\n")  # Rasa would take a slash for a command
    if not text:
        raise Refused(400, "`text` is empty.")
    if len(text) > MAX_TEXT and not danger:
        raise Refused(413, f"That is longer than {MAX_TEXT} characters. Please write less.")
    return Arrival(client_id, text[:MAX_TEXT], danger=danger)


def read_rating(body: Mapping[str, Any]) -> Rated:
    """What a visitor thinks of an answer. Raises: Refused."""
    number, rating, reason = body.get("message"), body.get("rating"), body.get("reason") or ""
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number <= _MOST:
        raise Refused(400, "`message` must be the number of a message.")
    if rating not in (UP, DOWN, None):
        raise Refused(400, "`rating` must be up, down or null.")
    reason = read_text({"reason": reason}, "reason")
    if len(reason) > MAX_REASON:
        raise Refused(413, f"That is longer than {MAX_REASON} characters. Please write less.")
    return Rated(number, rating, reason.strip() if rating else "")


def read_after(request: Request) -> int:
    """The last message that the page has: of a stream that is taken up again, else of the query. Raises: Refused."""
    return _number(request.headers.get("last-event-id") or request.args.get("after") or "0", "after", 0, _MOST)


def read_limit(request: Request) -> int:
    """How many messages are asked for. Raises: Refused."""
    return _number(request.args.get("limit") or str(_PAGE), "limit", 1, 200)


def _number(text: str, name: str, least: int, most: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and least <= int(text) <= most):
        raise Refused(400, f"`{name}` must be a number from {least} to {most}.")
    return int(text)
