"""What all channels of one server process share: the desk that answers, open streams, the sender, and a look around."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import structlog
from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse
from sanic.server.protocols.http_protocol import HttpProtocol

from assistant import safety
from assistant.channels import house_rules
from assistant.channels.answering import Handler
from assistant.channels.courier import Connector, Courier
from assistant.channels.desk import OUTAGES, Desk
from assistant.channels.incoming import MAX_BODY, Refused
from assistant.channels.live import Live
from assistant.conversations.addresses import AddressBook
from assistant.egress import refuse_leaks
from assistant.redaction import redact
from assistant.store import ConversationStore, conversation_store

logger = structlog.get_logger()

_TICK = 1.0  # seconds between looks at what other processes have done
_LAST_REQUEST = 0.5  # seconds in which a connection that is idle when the process stops may still bring one
_SOON = 0.1  # seconds between looks whether there is a model
_close_if_idle = HttpProtocol.close_if_idle
_CLEAN_UP_TICKS, _CHORE_TICKS = 3, 60
_GREETING = "hello"
_STARTING = "The assistant is starting. Please try again in a few seconds."
Chore = Callable[[ConversationStore], Any]


@dataclass(frozen=True)
class Ready:
    """What answers visitors, once the model is loaded."""

    store: ConversationStore
    desk: Desk
    live: Live
    courier: Courier


class ChatService:
    """Made once for an app, by whichever channel comes first."""

    def __init__(self, app: Sanic, on_new_message: Handler) -> None:
        refuse_leaks()
        HttpProtocol.close_if_idle = _close_soon
        self._app = app
        self._on_new_message = on_new_message
        self._ready: Ready | None = None
        self.is_warm = False
        self._is_stopping = self._hangs_up = False
        self._chores: list[Chore] = []
        self._connectors: dict[str, Connector] = {}
        self._addresses: AddressBook | None = None
        # Of its own: what comes in must not wait behind what is being answered.
        self.receiving = ThreadPoolExecutor(2, "receiving")
        app.config.REQUEST_MAX_SIZE = MAX_BODY
        app.register_middleware(self._hang_up, "response")
        app.add_task(self._look_around())

    @classmethod
    def of(cls, app: Sanic, on_new_message: Handler) -> ChatService:
        """The service of an app."""
        service: ChatService | None = getattr(app.ctx, "chat_service", None)
        if service is None:
            service = app.ctx.chat_service = cls(app, on_new_message)
        return service

    @property
    def addresses(self) -> AddressBook:
        """Who the conversations of messaging channels are with."""
        if self._addresses is None:
            self._addresses = AddressBook.load()
        return self._addresses

    def connect(self, channel: str, connector: Connector) -> None:
        """Send a messaging channel's replies by its connector."""
        self._connectors[channel] = connector

    def every_minute(self, chore: Chore) -> None:
        """Have something done every minute, beside the event loop."""
        self._chores.append(chore)

    def ready(self) -> Ready:
        """What answers visitors. Raises: Refused while there is no model."""
        agent = getattr(self._app.ctx, "agent", None)
        if agent is None or not agent.is_ready():
            raise Refused(503, _STARTING, retry_after=3)
        store = conversation_store(agent.tracker_store)
        if self._ready is None or self._ready.store is not store:
            self._ready = self._begin(store)
        return self._ready

    async def stop(self) -> None:
        """Finish what is being answered and sent; once, though each channel asks for it."""
        if self._is_stopping:
            return
        self._is_stopping = True
        if self._ready:
            self._ready.live.stop()
            await self._ready.desk.stop()
            await self._ready.courier.stop()
        self._hangs_up = True

    async def _hang_up(self, request: Request, _: HTTPResponse) -> None:
        """Close each connection behind its last answer once no new ones are taken.

        A proxy would go on using it else, and Sanic waits fifteen seconds for that. Any earlier, it would come back on
        a new one just before the port is closed, and be cut off.
        """
        if self._hangs_up and request.stream is not None:
            request.stream.keep_alive = False

    def _begin(self, store: ConversationStore) -> Ready:
        live, courier = Live(store), Courier(store, self._connectors, lambda: self.addresses)
        live.start()
        courier.start()
        store.with_turn(house_rules.enqueue)
        self._app.add_task(self._warm_up())
        understand = lambda text: self._app.ctx.agent.parse_message(text)  # noqa: E731
        return Ready(store, Desk(store, self._on_new_message, understand, live.changed, courier.look), live, courier)

    async def _warm_up(self) -> None:
        """Read word lists and understand something before anybody writes; until then the process is not ready.

        The first message takes three seconds else, and while its names are looked for, all other writers wait.
        """
        try:
            for once in (redact, safety.detect, safety.level, safety.takes_back, safety.is_of_minor):
                await asyncio.to_thread(once, _GREETING)
            await self._app.ctx.agent.parse_message(_GREETING)
        except Exception as error:  # the first visitor's message will say what is wrong
            logger.warning("channels.warm_up.failed", reason=type(error).__name__)
        self.is_warm = True

    async def _look_around(self) -> None:
        """See what other processes have done, and clean up after those that died."""
        tick = 0
        while True:
            await asyncio.sleep(_TICK if self._ready else _SOON)
            tick += 1
            try:
                ready = self.ready()
                await ready.live.look()
                if tick % _CLEAN_UP_TICKS == 0:
                    await asyncio.to_thread(ready.store.replay)
                    await ready.desk.clean_up()
                if tick % _CHORE_TICKS == 0:
                    for chore in self._chores:
                        await asyncio.to_thread(chore, ready.store)
            except (Refused, *OUTAGES):
                continue
            except Exception as error:  # one bad look must not end all later ones
                logger.error("channels.look.failed", reason=type(error).__name__)


def _close_soon(connection: HttpProtocol) -> bool:
    """Close a connection that stays idle; Sanic would do so at once, also to a request that is on its way."""
    connection.loop.call_later(_LAST_REQUEST, _close_if_idle, connection)
    return False
