"""Slack: `POST /webhooks/slack/webhook`, for the events of the app as well as for its buttons."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from sanic import response
from sanic.request import Request
from sanic.response import HTTPResponse
from slack_sdk.signature import SignatureVerifier

from assistant.channels import meta, received
from assistant.channels.base import MessagingChannel
from assistant.channels.courier import SendFailed, SendRefused
from assistant.channels.http import post
from assistant.channels.incoming import Refused
from assistant.channels.meta import a_text, an_object, objects
from assistant.channels.received import Batch, Received
from assistant.conversations import addresses

_API = "https://slack.com/api/chat.postMessage"
# https://api.slack.com/methods/chat.postMessage#errors
_BUSY = frozenset({"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable"})
_LONGEST_TIME = 12  # digits of a moment in unix seconds
_GONE = frozenset({"channel_not_found", "is_archived", "user_is_deactivated"})


class SlackChannel(MessagingChannel):
    """One app of Slack, in direct messages."""

    channels = ("slack",)

    @classmethod
    def name(cls) -> str:
        return "slack"

    def verify(self, request: Request) -> None:
        """By X-Slack-Signature, of at most five minutes ago."""
        verifier = SignatureVerifier(self._settings["SLACK_SIGNING_SECRET"])
        at, signature = (request.headers.get(f"x-slack-{name}", "") for name in ("request-timestamp", "signature"))
        if not (at.isascii() and at.isdigit() and len(at) <= _LONGEST_TIME and signature.isascii()):
            raise Refused(403, "The request is not signed by Slack for this app.")
        try:
            is_valid = verifier.is_valid(request.body, at, signature)
        except UnicodeDecodeError:  # it reads the body as text
            is_valid = False
        if not is_valid:
            raise Refused(403, "The request is not signed by Slack for this app.")

    def read(self, request: Request) -> dict[str, Batch]:
        batch, body = Batch(), _body(request)
        event = an_object(body.get("event"))
        if body.get("type") == "url_verification":
            return {}
        if a_text(body.get("api_app_id")) != self._settings["SLACK_APP_ID"]:
            batch.ignored.append("other_app")
        elif body.get("type") == "block_actions":
            batch.messages += _pressed(body)
        elif body.get("type") == "event_callback" and event.get("type") == "message":
            batch.messages += _message(event, a_text(body.get("team_id")))
        if not batch.messages and not batch.ignored:
            batch.ignored.append("other_event")
        return {"slack": batch}

    def acknowledgement(self, request: Request) -> HTTPResponse:
        body = _body(request)
        if body.get("type") == "url_verification":
            return response.text(a_text(body.get("challenge")))
        return response.empty(status=200)

    async def send(self, channel: str, address: str, body: Mapping[str, Any]) -> str | None:
        blocks: list[dict[str, Any]] = [{"type": "section", "text": {"type": "plain_text", "text": body["text"]}}]
        if buttons := body.get("buttons"):
            blocks.append({"type": "actions", "elements": [_button(i, one) for i, one in enumerate(buttons)]})
        message = {"channel": address.partition("/")[2], "text": body["text"], "blocks": blocks, "unfurl_links": False}
        headers = {"Authorization": f"Bearer {self._settings['SLACK_BOT_TOKEN']}"}
        told = await post("slack", _API, json=message, headers=headers)
        if told.get("ok") is True:
            return a_text(told.get("ts")) or None
        code = a_text(told.get("error"))[:40]
        if code in _BUSY:
            raise SendFailed(f"Slack {code}")
        raise SendRefused(f"Slack {code}", addresses.PLATFORM if code in _GONE else None)

    def signed(self, text: str, sender: str, url: str) -> tuple[dict[str, str], bytes]:
        event = {"type": "message", "channel_type": "im", "channel": f"D{sender}", "user": f"U{sender}", "text": text}
        event["ts"] = f"{time.time():.6f}"
        callback = {
            "type": "event_callback",
            "api_app_id": self._settings["SLACK_APP_ID"],
            "team_id": "T0",
            "event_id": f"Ev{secrets.token_hex(8)}",
            "event": event,
        }
        body, at = json.dumps(callback).encode(), str(int(time.time()))
        signature = SignatureVerifier(self._settings["SLACK_SIGNING_SECRET"]).generate_signature(
            timestamp=at, body=body
        )
        signed = {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": str(signature)}
        return {**signed, "Content-Type": "application/json"}, body

    @property
    def _settings(self) -> Any:
        return self.settings["slack"]


def _body(request: Request) -> Mapping[str, Any]:
    """An event is JSON; the press of a button a form with JSON in it. Raises: Refused."""
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        try:
            text = parse_qs(request.body.decode("utf-8"), max_num_fields=10)["payload"][0]
            return an_object(json.loads(text))
        except (ValueError, KeyError, RecursionError):
            raise Refused(400, "The form holds no payload.") from None
    return meta.read_json(request)


def _message(event: Mapping[str, Any], team: str) -> list[Received]:
    """A direct message of a person: what a bot says or what is changed is none, and nothing is said in public."""
    user, chat, at = (a_text(event.get(name)) for name in ("user", "channel", "ts"))
    is_media = event.get("subtype") == "file_share"
    if event.get("channel_type") != "im" or event.get("bot_id") or not (user and chat and at):
        return []
    edited = an_object(event.get("message"))
    if event.get("subtype") == "message_changed" and a_text(edited.get("user")):
        return []
    if event.get("subtype") and not is_media:
        return []
    kind = received.FILE if is_media or objects(event.get("files")) else None
    return [Received(f"{team}/{chat}", f"{chat}.{at}", a_text(event.get("text")), kind=kind)]


def _pressed(body: Mapping[str, Any]) -> list[Received]:
    chat, team = a_text(an_object(body.get("channel")).get("id")), a_text(an_object(body.get("team")).get("id"))
    pressed = next(iter(objects(body.get("actions"))), {})
    payload, at = a_text(pressed.get("value")), a_text(pressed.get("action_ts"))
    if not (chat and payload and at):
        return []
    title = a_text(an_object(pressed.get("text")).get("text"))
    return [Received(f"{team}/{chat}", f"press.{chat}.{at}", title, payload)]


def _button(place: int, button: Mapping[str, str]) -> dict[str, Any]:
    text = {"type": "plain_text", "text": button["title"]}
    return {"type": "button", "action_id": f"choice_{place}", "text": text, "value": button["payload"]}
