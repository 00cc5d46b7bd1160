"""The chat on the clinic's website: `/webhooks/webchat`. Its description: `openapi.json`, from `webchat.openapi.yml`.

The page proves by a signed token which conversation is its own; there are no cookies, so no other page can speak for a
visitor. Pages of other origins are refused. All state is in the conversation store: any server process can answer.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from functools import lru_cache, wraps
from pathlib import Path
from typing import Any

import yaml
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from assistant import metrics
from assistant.channels.admission import ADMISSION
from assistant.channels.answering import Handler
from assistant.channels.base import BaseChannel, refusal
from assistant.channels.desk import OUTAGES
from assistant.channels.incoming import Refused
from assistant.channels.live import presence
from assistant.channels.webchat_limits import Limits
from assistant.channels.webchat_requests import Visitors, read_after, read_arrival, read_body, read_limit, read_rating
from assistant.channels.webchat_settings import WebchatSettings
from assistant.clock import utc_now
from assistant.conversations import erasure, queries
from assistant.conversations.messages import ASSISTANT, VISITOR, Message
from assistant.conversations.turns import ConversationDeleted
from assistant.database import empty_log
from assistant.keys import load_key
from assistant.safety_replies import safety_text
from assistant.store import ConversationStore

_STREAMS = 8  # of one conversation: tabs and windows
_OUT = "We cannot reach our records at the moment. Please try again in a minute."
_DELETED = "This conversation was deleted. Please begin a new one."
_CORS = {
    "Access-Control-Allow-Methods": "GET, POST, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Last-Event-ID",
    "Access-Control-Expose-Headers": "Retry-After",
    "Access-Control-Max-Age": "7200",
}
_Route = Callable[[Request], Awaitable[HTTPResponse]]


class WebchatChannel(BaseChannel):
    """Serves `<clinic-chat>`."""

    def __init__(self) -> None:
        self._settings = WebchatSettings.from_env(os.environ)
        self._visitors = Visitors(load_key("WEBCHAT_KEY", "webchat.key"), utc_now)
        self._limits = Limits(self._settings, self._visitors)

    @classmethod
    def name(cls) -> str:
        return "webchat"

    def blueprint(self, on_new_message: Handler) -> Blueprint:
        """The channel's routes."""
        routes = Blueprint("webchat")

        async def preflight(request: Request) -> HTTPResponse:  # Sanic marks handlers, which it cannot do to methods
            return response.empty(headers=self._cors(request))

        async def start(app: Sanic, _: Any) -> None:
            app.config.PROXIES_COUNT = self._settings.proxies or None
            _leave_cors_to_channels(app)
            self.begin(app, on_new_message).every_minute(self._limits.forget)

        served: list[tuple[str, str, _Route]] = [
            ("POST", "/session", self._begin),
            ("POST", "/messages", self._receive),
            ("GET", "/history", self._history),
            ("GET", "/events", self._events),
            ("POST", "/feedback", self._rate),
            ("DELETE", "/conversation", self._delete),
            ("GET", "/openapi.json", self._describe),
        ]
        for method, path, route in served:
            name = path.strip("/").replace(".", "_")
            routes.add_route(self._guarded(route), path, methods=[method], name=name)
            routes.add_route(preflight, path, methods=["OPTIONS"], name=f"{name}_preflight")
        routes.listener("before_server_start")(start)
        routes.listener("before_server_stop")(self.end)
        return routes

    async def _begin(self, request: Request) -> HTTPResponse:
        self._limits.check_session(request)
        token, expires_at = self._visitors.new_token()
        return response.json({"token": token, "expires_at": expires_at}, status=201)

    async def _receive(self, request: Request) -> HTTPResponse:
        conversation_id = self._visitors.conversation(request)
        arrival = read_arrival(read_body(request))
        in_danger = bool(arrival.danger)
        if not in_danger:
            self._limits.check_over(request, conversation_id)
        with ADMISSION.place(conversation_id, in_danger):
            try:
                ready = self.ready(request)
                await asyncio.to_thread(self._limits.check_message, request, conversation_id, ready.store, in_danger)
            except Refused:
                if arrival.danger:
                    metrics.answered(self.name(), metrics.SAFETY)
                    return _messages(_safety_reply(arrival.client_id, arrival.text, arrival.danger))
                raise
            messages = await ready.desk.take_in(conversation_id, arrival)
        return _messages(messages) if messages else response.json({"messages": []}, status=202)

    async def _history(self, request: Request) -> HTTPResponse:
        conversation_id = self._visitors.conversation(request)
        after, limit = read_after(request), read_limit(request)
        self._limits.check_reading(conversation_id)
        store = self.ready(request).store
        return response.json(await asyncio.to_thread(_read_history, store, conversation_id, after, limit))

    async def _events(self, request: Request) -> HTTPResponse | None:
        conversation_id = self._visitors.conversation(request)
        after = read_after(request)
        self._limits.check_reading(conversation_id)
        live = self.ready(request).live
        if live.count(conversation_id) >= _STREAMS:
            raise Refused(429, "This chat is open in too many windows.")
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", **self._cors(request)}
        stream = await request.respond(content_type="text/event-stream", headers=headers)
        async for event in live.events(conversation_id, after):
            await stream.send(event)
        await stream.eof()
        return None

    async def _rate(self, request: Request) -> HTTPResponse:
        conversation_id = self._visitors.conversation(request)
        rated = read_rating(read_body(request))
        self._limits.check_reading(conversation_id)
        store = self.ready(request).store

        def note() -> Message | None:
            with store.writing() as session:
                return queries.rate(session, conversation_id, rated.number, rated.rating, rated.reason, time.time())

        message = await asyncio.to_thread(note)
        if message is None:
            raise Refused(404, "There is no such answer.")
        return response.json({"message": message.for_visitor()})

    async def _delete(self, request: Request) -> HTTPResponse:
        conversation_id = self._visitors.conversation(request)
        self._limits.check_reading(conversation_id)
        ready = self.ready(request)

        def erase() -> None:
            ready.store.replay()
            with ready.store.writing() as session:
                erasure.erase(session, conversation_id, time.time())
            empty_log(ready.store.engine)

        await asyncio.to_thread(erase)
        ready.desk.forget(conversation_id)
        ready.live.changed(conversation_id)
        return response.json({"deleted": True})

    async def _describe(self, request: Request) -> HTTPResponse:
        return response.json(_description())

    def _guarded(self, route: _Route) -> _Route:
        """The route for allowed pages only, with every refusal in words."""

        @wraps(route)
        async def guarded(request: Request) -> HTTPResponse:
            try:
                self._check_origin(request)
                reply = await route(request)
            except Refused as refused:
                reply = self._refusal(refused)
            except ConversationDeleted:
                reply = self._refusal(Refused(410, _DELETED))
            except OUTAGES:
                reply = self._refusal(Refused(503, _OUT, retry_after=5))
            if reply is not None:
                reply.headers.update(self._cors(request) | {"Cache-Control": "no-store"})
            return reply

        return guarded

    def _refusal(self, refused: Refused) -> HTTPResponse:
        metrics.refused(self.name(), refused.status)
        return refusal(refused)

    def _check_origin(self, request: Request) -> None:
        """Refuse pages that may not embed the chat. Browsers name the page's origin in all that change something."""
        origin = request.headers.get("origin")
        if origin is None and request.method == "GET":
            return
        if origin not in self._settings.origins:
            raise Refused(403, "This page may not use the clinic's chat.")

    def _cors(self, request: Request) -> dict[str, str]:
        origin = request.headers.get("origin")
        if origin not in self._settings.origins:
            return {"Vary": "Origin"}
        return {"Access-Control-Allow-Origin": origin, "Vary": "Origin", **_CORS}


def _leave_cors_to_channels(app: Sanic) -> None:
    """Take out what Rasa adds for `--cors`: it answers every preflight itself, for all channels alike."""
    for middlewares in (app.request_middleware, app.response_middleware):
        for middleware in list(middlewares):
            if getattr(getattr(middleware, "func", None), "__module__", "").startswith("sanic_cors"):
                middlewares.remove(middleware)


def _read_history(store: ConversationStore, conversation_id: str, after: int, limit: int) -> dict[str, Any]:
    with store.reading() as session:
        messages = queries.history(session, conversation_id, after, limit)
        standing = queries.standings(session, [conversation_id], time.time()).get(conversation_id)
        if standing is None and erasure.is_erased(session, conversation_id):
            raise ConversationDeleted
    last = messages[-1].number or 0 if messages else after
    return {
        "messages": [message.for_visitor() for message in messages],
        "typing": standing is not None and standing.is_answered_now,
        "more": standing is not None and standing.message_count > last,
        **presence(standing.staff if standing else None),
    }


def _safety_reply(client_id: str, text: str, danger: str) -> list[Message]:
    """The reply to a person in danger whose message cannot be taken in now."""
    now = time.time()
    kind = "medical_emergency" if danger == "medical_emergency" else "crisis"
    own = Message(None, client_id, VISITOR, text, now)
    return [own, Message(None, f"{client_id}.0", ASSISTANT, safety_text(danger, text), now, danger=kind)]


def _messages(messages: list[Message]) -> HTTPResponse:
    return response.json({"messages": [message.for_visitor() for message in messages]})


@lru_cache(maxsize=1)
def _description() -> dict[str, Any]:
    path = Path(__file__).with_name("webchat.openapi.yml")
    described: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return described
