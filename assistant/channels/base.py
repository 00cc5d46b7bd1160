"""What every channel is built on, the website's as well as those of messaging platforms.

A message of a platform: its signature is checked over the raw body, it is stored once by the platform's id, and the
platform is told so at once. Then the desk answers, one message of a visitor after the other, and the courier sends the
replies. A new platform is a subclass of `MessagingChannel` with four methods, and a row in `table.py`.
"""

from __future__ import annotations

import abc
import asyncio
import hashlib
import os
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

import structlog
from rasa.core.channels.channel import InputChannel
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from assistant import metrics, safety
from assistant.channels import house_rules, received
from assistant.channels.answering import Handler
from assistant.channels.desk import OUTAGES, receive
from assistant.channels.incoming import MAX_TEXT, Refused
from assistant.channels.received import Batch, Membership, Received, Status
from assistant.channels.service import ChatService, Ready
from assistant.channels.table import ChannelSettings, configured
from assistant.conversations import addresses, deliveries
from assistant.conversations.inbox import Arrival
from assistant.conversations.rates import count_request
from assistant.conversations.storable import storable
from assistant.conversations.turns import ConversationDeleted

logger = structlog.get_logger()

_LONGEST_PAYLOAD = 500  # characters; no button of ours holds more
_MESSAGES_PER_MINUTE = 60  # of one visitor; nobody types so fast


class BaseChannel(InputChannel):
    """A channel that shares desk, store and sender with the others of its server process."""

    def begin(self, app: Sanic, on_new_message: Handler) -> ChatService:
        """Join the others; call it before the server starts."""
        return ChatService.of(app, on_new_message)

    async def end(self, app: Sanic, _: Any) -> None:
        """Finish what is being answered and sent."""
        await app.ctx.chat_service.stop()

    @staticmethod
    def ready(request: Request) -> Ready:
        """What answers visitors, once the model is loaded. Raises: Refused."""
        service: ChatService = request.app.ctx.chat_service
        return service.ready()


class MessagingChannel(BaseChannel):
    """A connector: takes a platform's requests, and sends by its API.

    Attributes:
        channels: its rows in the table; most platforms have one.
    """

    channels: tuple[str, ...] = ()

    def __init__(self, env: Mapping[str, str] | None = None) -> None:
        on = configured(os.environ if env is None else env)
        self.settings: dict[str, ChannelSettings] = {name: on[name] for name in self.channels if name in on}

    @abc.abstractmethod
    def verify(self, request: Request) -> None:
        """Make sure that the platform sent a request. Raises: Refused with 403 whenever it is not certain."""

    @abc.abstractmethod
    def read(self, request: Request) -> dict[str, Batch]:
        """What a request tells, by channel. Raises: Refused if it cannot be read."""

    @abc.abstractmethod
    async def send(self, channel: str, address: str, body: Mapping[str, Any]) -> str | None:
        """Send one part of a reply; the platform's id of it. Raises: SendFailed, SendRefused."""

    @abc.abstractmethod
    def signed(self, text: str, sender: str, url: str) -> tuple[dict[str, str], bytes]:
        """Headers and body of a request as the platform would send it for a text, for trying without an account."""

    def acknowledgement(self, request: Request) -> HTTPResponse:
        """What the platform wants to hear."""
        return response.json({"ok": True})

    async def after(self, request: Request) -> None:
        """What is still to be told to the platform about a request, after it was acknowledged."""

    def challenge(self, request: Request) -> HTTPResponse:
        """The answer to a platform that asks by GET whether the address is ours. Raises: Refused."""
        raise Refused(404, "There is nothing here.")

    def blueprint(self, on_new_message: Handler) -> Blueprint:
        """The channel's route, if it is configured."""
        routes = Blueprint(f"{self.name()}_channel")
        if not self.settings:
            return routes

        async def start(app: Sanic, _: Any) -> None:
            service = self.begin(app, on_new_message)
            for channel in self.settings:
                service.connect(channel, self)
            logger.info("channels.on", channels=sorted(self.settings))

        async def take(request: Request) -> HTTPResponse:  # Sanic marks handlers, which it cannot do to methods
            return await self._take(request)

        async def challenge(request: Request) -> HTTPResponse:
            try:
                return self.challenge(request)
            except Refused as refused:
                return refusal(refused)

        routes.add_route(take, "/webhook", methods=["POST"], name="take")
        routes.add_route(challenge, "/webhook", methods=["GET"], name="challenge")
        routes.listener("before_server_start")(start)
        routes.listener("before_server_stop")(self.end)
        return routes

    async def _take(self, request: Request) -> HTTPResponse:
        """Check a request, store what it tells, and acknowledge it."""
        try:
            self.verify(request)
            batches = {channel: batch.readable() for channel, batch in self.read(request).items()}
            ready = self.ready(request)
            for channel, batch in batches.items():
                await self._store(request.app.ctx.chat_service, ready, channel, batch)
        except Refused as refused:
            logger.warning("channels.request.refused", channel=self.name(), status=refused.status)
            metrics.refused(self.name(), refused.status)
            return refusal(refused)
        request.app.add_task(self._after(request))
        return self.acknowledgement(request)

    async def _after(self, request: Request) -> None:
        try:
            await self.after(request)
        except Exception as error:  # a spinner that goes on turning is no reason to fail
            logger.warning("channels.after.failed", channel=self.name(), reason=type(error).__name__)

    async def _store(self, service: ChatService, ready: Ready, channel: str, batch: Batch) -> None:
        for what in batch.ignored:
            logger.info("channels.event.ignored", channel=channel, what=what)
        try:
            write = partial(self._write, service, ready, channel, batch)
            taken = await asyncio.get_running_loop().run_in_executor(service.receiving, write)
        except OUTAGES:
            for message in batch.messages:
                asyncio.ensure_future(self._answer_alone(service, ready, channel, message))
            return
        for conversation_id in taken:
            ready.desk.work_on(conversation_id)

    def _write(self, service: ChatService, ready: Ready, channel: str, batch: Batch) -> list[str]:
        """Store what a request tells, all or nothing; the conversations that have a new message."""
        now, taken = time.time(), []
        with ready.store.writing() as session:
            for message in batch.messages:
                conversation_id = service.addresses.open(session, channel, message.address, now)
                arrival = self._arrival(channel, message)
                if not arrival.danger:
                    arrival = _limited(arrival, count_request(session, conversation_id.replace(":", "-"), now))
                try:
                    receive(session, conversation_id, arrival, now)
                except ConversationDeleted:
                    continue
                taken.append(conversation_id)
            for status in batch.statuses:
                _note_status(session, channel, status, now)
            for member in batch.memberships:
                _note_membership(session, service, channel, member, now)
        return taken

    async def _answer_alone(self, service: ChatService, ready: Ready, channel: str, message: Received) -> None:
        """Answer while the database is out: from memory, and sent from memory."""
        conversation_id = service.addresses.conversation_id(channel, message.address)
        try:
            said = await ready.desk.answer_alone(conversation_id, self._arrival(channel, message))
        except ConversationDeleted:
            return
        ready.courier.send_alone(conversation_id, message.address, said)

    @staticmethod
    def _arrival(channel: str, message: Received) -> Arrival:
        """A message as the desk takes it."""
        named = hashlib.sha256(f"{channel}\0{message.message_id}".encode("utf-8", "replace")).hexdigest()[:40]
        whole = str(storable(message.text))
        text = whole.strip().lstrip("/ \t\r\n")[:MAX_TEXT]  # Rasa would take a slash for a command
        kind = message.kind
        if not text and not message.payload:
            kind = kind or received.OTHER  # signs that nobody sees
            text = house_rules.shown(kind)
        payload = str(storable(message.payload))[:_LONGEST_PAYLOAD] if message.payload else None
        return Arrival(named, text, payload, safety.detect(whole), kind=kind)


def refusal(refused: Refused) -> HTTPResponse:
    """A refused request, in words."""
    headers = {"Retry-After": str(refused.retry_after)} if refused.retry_after else {}
    return response.json({"error": refused.reason}, status=refused.status, headers=headers)


def _limited(arrival: Arrival, count: int) -> Arrival:
    if count <= _MESSAGES_PER_MINUTE:
        return arrival
    kind = received.EXCESS_BEGINS if count == _MESSAGES_PER_MINUTE + 1 else received.EXCESS
    return Arrival(arrival.client_id, arrival.text, None, kind=kind)


def _note_status(session: Any, channel: str, status: Status, now: float) -> None:
    known = deliveries.note_status(session, channel, status.platform_id, status.state, status.error, now)
    if known is None:
        logger.info("channels.status.unknown", channel=channel, state=status.state)
    elif status.state == deliveries.FAILED:
        logger.error("channels.delivery.refused", channel=channel, error=status.error)


def _note_membership(session: Any, service: ChatService, channel: str, member: Membership, now: float) -> None:
    conversation_id = service.addresses.open(session, channel, member.address, now)
    if member.is_blocked:
        addresses.opt_out(session, conversation_id, addresses.PLATFORM, now)
        deliveries.drop_waiting(session, conversation_id, "Blocked", now)
    else:
        addresses.opt_in(session, conversation_id, now)
