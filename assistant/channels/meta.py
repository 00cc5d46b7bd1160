"""What WhatsApp's Cloud API and Messenger have in common: Meta's signature, its question by GET, its errors."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from sanic import response
from sanic.request import Request
from sanic.response import HTTPResponse

from assistant.channels.courier import SendFailed, SendRefused
from assistant.channels.http import ApiError
from assistant.channels.incoming import Refused
from assistant.conversations import addresses

GRAPH = "https://graph.facebook.com/v21.0"
# Codes that say "later": https://developers.facebook.com/docs/graph-api/guides/error-handling, and WhatsApp's own for
# its rates and outages.
_BUSY = frozenset({1, 2, 4, 17, 32, 613, 80007, 130429, 131000, 131016, 131048, 131056, 133004})
_BLOCKED = frozenset({551, 131050})  # the visitor has blocked us, or wants none of our messages


def check_signature(request: Request, app_secret: str) -> None:
    """By X-Hub-Signature-256: HMAC-SHA256 over the raw body. Raises: Refused."""
    given = request.headers.get("x-hub-signature-256", "")
    expected = sign(request.body, app_secret)
    if not hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode()):
        raise Refused(403, "The request is not signed by Meta for this app.")


def sign(body: bytes, app_secret: str) -> str:
    """The signature of a body."""
    return f"sha256={hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()}"


def answer_challenge(request: Request, verify_token: str) -> HTTPResponse:
    """The answer to Meta's question whether the address is ours. Raises: Refused."""
    given = str(request.args.get("hub.verify_token", ""))
    challenge = str(request.args.get("hub.challenge", ""))
    is_ours = hmac.compare_digest(given.encode("utf-8", "replace"), verify_token.encode())
    if request.args.get("hub.mode") != "subscribe" or not is_ours or not challenge.isalnum():
        raise Refused(403, "The verify token is not ours.")
    return response.text(challenge)


def read_json(request: Request) -> Mapping[str, Any]:
    """The body as an object. Raises: Refused."""
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        raise Refused(400, "The body is not JSON.") from None
    if not isinstance(body, Mapping):
        raise Refused(400, "The body must be a JSON object.")
    return body


def objects(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; nothing of what is none."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def an_object(value: Any) -> Mapping[str, Any]:
    """An object; an empty one for what is none."""
    return value if isinstance(value, Mapping) else {}


def a_text(value: Any) -> str:
    """A text or number as text; empty for what is neither."""
    return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""


def read_error(error: ApiError) -> Exception:
    """What Meta's refusal means."""
    code = an_object(error.told.get("error")).get("code")
    if code in _BUSY:
        return SendFailed(f"Meta {code}")
    if code in _BLOCKED:
        return SendRefused(f"Meta {code}", opted_out=addresses.PLATFORM)
    return SendRefused(f"Meta {code}" if isinstance(code, int) else error.code)
