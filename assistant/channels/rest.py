"""Rasa's REST address and JSON, hardened: `POST /webhooks/rest/webhook` with `{"sender", "message"}`."""

from __future__ import annotations

import asyncio
import json
import time
from functools import partial
from typing import Any

from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from assistant import metrics, safety
from assistant.channels.admission import ADMISSION
from assistant.channels.answering import Handler, answer, apology
from assistant.channels.base import refusal
from assistant.channels.buttons import button_title
from assistant.channels.incoming import MAX_BODY, Incoming, Refused, check_text, read_sender, read_text
from assistant.channels.watching import weighed
from assistant.conversations.inbox import Arrival
from assistant.policies.aftercare import was_in_crisis
from assistant.safety_replies import parse_data, safety_text

_END = object()  # closes a stream


class RestChannel(InputChannel):
    """Answers one message with the list of replies, or with a clear error; never with silence."""

    @classmethod
    def name(cls) -> str:
        return "rest"

    def blueprint(self, on_new_message: Handler) -> Blueprint:
        """The channel's routes."""
        routes = Blueprint("rest_channel")

        @routes.listener("before_server_start")
        async def limit_body(app: Sanic, _: Any) -> None:
            app.config.REQUEST_MAX_SIZE = MAX_BODY

        @routes.get("/")
        async def health(_: Request) -> HTTPResponse:
            return response.json({"status": "ok"})

        @routes.post("/webhook")
        async def receive(request: Request) -> HTTPResponse | None:
            try:
                message = await _read(request)
            except Refused as refused:
                return _refused(refused)
            metrics.received(self.name())
            if isinstance(message, list):
                metrics.answered(self.name(), metrics.SAFETY)
                return response.json(message)
            try:
                with ADMISSION.place(message.sender_id, in_danger=safety.detect(message.text) is not None):
                    if request.args.get("stream", "").lower() == "true":
                        await _stream(request, on_new_message, message)
                        return None
                    return await _answer(on_new_message, message)
            except Refused as refused:
                return _refused(refused)

        return routes


async def _read(request: Request) -> UserMessage | list[dict[str, Any]]:
    """Check a request and look through it for danger.

    Returns: the message for Rasa; or the safety reply itself where the message cannot be passed on.
    """
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        raise Refused(400, "The body is not JSON.") from None
    sender = read_sender(body)
    text = read_text(body)
    danger = safety.detect(text)
    try:
        incoming = check_text(sender, text)
        agent = getattr(request.app.ctx, "agent", None)
        if agent is None or not agent.is_ready():
            raise Refused(503, "The assistant is starting. Please try again in a few seconds.")
    except Refused:
        if danger:
            return _safety_reply(safety_text(danger, text), sender)
        raise
    if danger:
        arrival = Arrival("", incoming.plain_text, danger=danger)
        danger = (await weighed(arrival, agent.parse_message, partial(_was_in_crisis, agent, incoming.sender))).danger
    if danger:
        return _user_message(incoming.plain_text, sender, parse_data(incoming.plain_text, danger))
    title = await _title(agent, incoming) if incoming.claims_button else None
    if title is not None:
        return _user_message(incoming.text, sender, metadata={"title": title})
    return _user_message(incoming.plain_text, sender)


def _user_message(text: str, sender: str, parse_data: dict[str, Any] | None = None, **more: Any) -> UserMessage:
    return UserMessage(text, CollectingOutputChannel(), sender, input_channel="rest", parse_data=parse_data, **more)


async def _was_in_crisis(agent: Any, sender: str) -> bool:
    tracker = await agent.tracker_store.retrieve(sender)
    return tracker is not None and was_in_crisis(tracker, time.time())


async def _title(agent: Any, incoming: Incoming) -> str | None:
    tracker = await agent.tracker_store.retrieve(incoming.sender)
    return button_title(tracker, incoming.text) if tracker else None


async def _answer(on_new_message: Handler, message: UserMessage) -> HTTPResponse:
    replies = await _replies(on_new_message, message)
    status = 500 if any("error" in reply for reply in replies) else 200
    return response.json(replies[0] if status == 500 else replies, status=status)


async def _replies(on_new_message: Handler, message: UserMessage) -> list[dict[str, Any]]:
    """Let Rasa answer; without an answer, the apology in this channel's form."""
    began = time.time()
    if await answer(on_new_message, message):
        metrics.answered(RestChannel.name(), metrics.ANSWERED, time.time() - began)
        return list(message.output_channel.messages)
    text, error_id = apology(message.text, safety.detect(message.text))
    metrics.answered(RestChannel.name(), metrics.APOLOGISED if error_id else metrics.SAFETY, time.time() - began)
    return [{"error": text, "error_id": error_id}] if error_id else _safety_reply(text, message.sender_id)


def _safety_reply(text: str, recipient: str) -> list[dict[str, Any]]:
    return [{"recipient_id": recipient, "text": text}]


async def _stream(request: Request, on_new_message: Handler, message: UserMessage) -> None:
    """Write each reply as one line of JSON as soon as it is there, and end whatever happens."""
    output = _PassingOn()
    message.output_channel = output
    answering = asyncio.ensure_future(_replies(on_new_message, message))
    answering.add_done_callback(lambda _: output.passed_on.put_nowait(_END))
    stream = await request.respond(content_type="application/x-ndjson")
    while (reply := await output.passed_on.get()) is not _END:
        await stream.send(json.dumps(reply) + "\n")
    for reply in (await answering)[len(output.messages) :]:  # said in place of a reply that failed
        await stream.send(json.dumps(reply) + "\n")
    await stream.eof()


class _PassingOn(CollectingOutputChannel):
    """Collects the replies, and hands each on at once."""

    def __init__(self) -> None:
        super().__init__()
        self.passed_on: asyncio.Queue[Any] = asyncio.Queue()

    async def _persist_message(self, message: dict[str, Any]) -> None:
        await super()._persist_message(message)
        self.passed_on.put_nowait(message)


def _refused(refused: Refused) -> HTTPResponse:
    metrics.refused(RestChannel.name(), refused.status)
    return refusal(refused)
