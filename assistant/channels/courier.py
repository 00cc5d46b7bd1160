"""Sends replies to the messaging platforms, each part until the platform has it; any number of processes beside
each other. Logs ids and outcomes only."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError

from assistant import metrics
from assistant.channels import render
from assistant.channels.table import TABLE, channel_of
from assistant.cipher import Unreadable
from assistant.conversations import addresses, deliveries
from assistant.conversations.addresses import AddressBook
from assistant.conversations.deliveries import Due
from assistant.conversations.messages import Message
from assistant.store import ConversationStore

logger = structlog.get_logger()

_OUTAGES = (SQLAlchemyError, OSError)
_BATCH = 5  # parts, of as many conversations, that are borrowed at a time
_AT_ONCE = 10  # parts of one channel that are on their way at the same time
_LOOK = 1.0  # seconds between looks at what is due
_PATIENCE = 40.0  # seconds for one part, below the time that it is borrowed for
_Write = Callable[[Any, float], Any]
_ALONE_TRIES, _ALONE_DELAY = 5, 2.0


class SendFailed(Exception):
    """The platform did not take a message, and may take it later.

    Attributes:
        code: a class name or the platform's code, never its words.
        retry_after: seconds for which it asked to be left alone.
    """

    def __init__(self, code: str, retry_after: float | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.retry_after = retry_after


class SendRefused(Exception):
    """The platform will never take the message.

    Attributes:
        opted_out: who says that the visitor wants none, as in `conversations.addresses`; None if it is not for that.
    """

    def __init__(self, code: str, opted_out: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.opted_out = opted_out


class Connector(Protocol):
    """What sends for a channel."""

    async def send(self, channel: str, address: str, body: Mapping[str, Any]) -> str | None:
        """Send one part; the platform's id of it. Raises: SendFailed, SendRefused."""


class Courier:
    """Sends what waits, from the moment that it is stored."""

    def __init__(
        self, store: ConversationStore, connectors: Mapping[str, Connector], book: Callable[[], AddressBook]
    ) -> None:
        self._store = store
        self._connectors = connectors
        self._book = book
        self._wake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._alone: set[asyncio.Task[None]] = set()
        self._sending: Counter[str] = Counter()
        self._outcomes: list[tuple[_Write, asyncio.Future[Any]]] = []
        self._noting = asyncio.Lock()
        self._next_at: dict[str, float] = {}  # when a channel may be sent the next message

    def start(self) -> None:
        """Begin; the running event loop is the one that sends."""
        self._loop = asyncio.get_running_loop()
        self._task = self._loop.create_task(self._run())

    async def stop(self) -> None:
        """Finish what is being sent; the rest is sent by whoever comes next."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, *self._tasks, *self._alone, return_exceptions=True)

    def look(self, conversation_id: str) -> None:
        """Have a look at once, as something has been stored; from any thread."""
        if self._loop is not None and channel_of(conversation_id) in self._connectors:
            self._loop.call_soon_threadsafe(self._wake.set)

    def send_alone(self, conversation_id: str, address: str, messages: Sequence[Message]) -> None:
        """Send replies that the database did not take, from memory, as long as this process lives."""
        abilities = TABLE[channel_of(conversation_id)]
        numbered = [message.numbered(number) for number, message in enumerate(messages, 1)]
        bodies = [body for _, found in render.bodies(numbered, abilities) for body in found]
        task = asyncio.ensure_future(self._send_alone(channel_of(conversation_id), address, bodies))
        self._alone.add(task)
        task.add_done_callback(self._alone.discard)

    async def _run(self) -> None:
        while True:
            try:
                await self._send_due()
            except _OUTAGES:
                pass
            except Exception as error:  # one bad look must not end all later ones
                logger.error("channels.courier.failed", reason=type(error).__name__)
            try:
                await asyncio.wait_for(self._wake.wait(), _LOOK)
            except asyncio.TimeoutError:
                continue
            finally:
                self._wake.clear()

    async def _send_due(self) -> None:
        """Begin to send what is due, of channels that are not busy enough already: one that hangs holds up no other."""
        while free := [channel for channel in self._connectors if self._sending[channel] < _AT_ONCE]:
            due = await asyncio.to_thread(self._claim, free)
            for one, address in due:
                self._sending[one.channel] += 1
                task = asyncio.ensure_future(self._send(one, address))
                self._tasks.add(task)
                task.add_done_callback(partial(self._done, one.channel))
            if not due:
                return

    def _done(self, channel: str, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._sending[channel] -= 1
        self._wake.set()
        if not task.cancelled() and (error := task.exception()):
            logger.error("channels.courier.failed", reason=type(error).__name__)  # sent again once its lease is over

    def _claim(self, channels: Sequence[str]) -> list[tuple[Due, str]]:
        now = time.time()
        with self._store.reading() as session:
            if not deliveries.are_due(session, now, channels):
                return []
        found = []
        with self._store.writing() as session:
            for due in deliveries.claim(session, now, channels, _BATCH):
                address = self._address_of(session, due, now)
                if address is not None:
                    found.append((due, address))
        return found

    def _address_of(self, session: Any, due: Due, now: float) -> str | None:
        """Where a part goes; None if it goes nowhere any more."""
        try:
            receiver = self._book().find(session, due.conversation_id)
        except Unreadable:
            receiver = None
        window = TABLE[due.channel].window if due.channel in TABLE else None
        if due.channel not in self._connectors or receiver is None:
            deliveries.give_up(session, due.id, "NoAddress", now)
        elif window is not None and now - receiver.last_inbound_at >= window:
            deliveries.give_up(session, due.id, "WindowClosed", now)
        else:
            return receiver.address
        logger.error("channels.delivery.refused", delivery=due.id, channel=due.channel)
        return None

    async def _send(self, due: Due, address: str) -> None:
        log = logger.bind(delivery=due.id, channel=due.channel, attempt=due.attempts)
        try:
            platform_id = await self._hand_over(due.channel, address, due.body)
        except SendRefused as error:
            await self._give_up(due, error)
            metrics.reply_sent(due.channel, metrics.GIVEN_UP)
            log.error("channels.delivery.refused", error=error.code)
        except SendFailed as error:
            is_kept = await self._put_off(due, error.code, error.retry_after)
            metrics.reply_sent(due.channel, metrics.FAILED if is_kept else metrics.GIVEN_UP)
            log.warning("channels.delivery.failed" if is_kept else "channels.delivery.given_up", error=error.code)
        except Exception as error:  # a mistake of ours is no reason to lose the reply or the ones behind it
            await self._put_off(due, type(error).__name__, None)
            metrics.reply_sent(due.channel, metrics.FAILED)
            log.error("channels.delivery.crashed", error=type(error).__name__)
        else:
            await self._sent(due, platform_id)
            metrics.reply_sent(due.channel, metrics.DELIVERED)

    async def _hand_over(self, channel: str, address: str, body: Mapping[str, Any]) -> str | None:
        """Send one part, not before the channel's rate allows it."""
        now = time.monotonic()
        at = max(now, self._next_at.get(channel, 0.0))
        self._next_at[channel] = at + 1 / TABLE[channel].per_second
        await asyncio.sleep(at - now)
        try:
            return await asyncio.wait_for(self._connectors[channel].send(channel, address, body), _PATIENCE)
        except asyncio.TimeoutError:
            raise SendFailed("TimeoutError") from None

    async def _send_alone(self, channel: str, address: str, bodies: Sequence[Mapping[str, Any]]) -> None:
        for body in bodies:
            for attempt in range(_ALONE_TRIES):
                try:
                    await self._hand_over(channel, address, body)
                    break
                except (SendFailed, SendRefused) as error:
                    logger.warning("channels.delivery.failed", channel=channel, error=error.code)
                    if isinstance(error, SendRefused):
                        return
                    await asyncio.sleep(max(error.retry_after or 0, _ALONE_DELAY * 2**attempt))

    async def _sent(self, due: Due, platform_id: str | None) -> None:
        await self._note(lambda session, now: deliveries.sent(session, due.id, platform_id, now))

    async def _put_off(self, due: Due, error: str, retry_after: float | None) -> bool:
        return bool(await self._note(lambda session, now: deliveries.put_off(session, due, error, retry_after, now)))

    async def _give_up(self, due: Due, error: SendRefused) -> None:
        def note(session: Any, now: float) -> None:
            deliveries.give_up(session, due.id, error.code, now)
            if error.opted_out:
                addresses.opt_out(session, due.conversation_id, error.opted_out, now)
                deliveries.drop_waiting(session, due.conversation_id, "OptedOut", now)

        await self._note(note)

    async def _note(self, write: _Write) -> Any:
        """Note what came of a part, together with what came of others meanwhile: one transaction for all of them."""
        noted: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._outcomes.append((write, noted))
        async with self._noting:
            if not noted.done():
                outcomes, self._outcomes = self._outcomes, []
                try:
                    results = await asyncio.to_thread(self._write, [one for one, _ in outcomes])
                except Exception as error:  # each is told, and is sent again once its lease is over
                    for _, other in outcomes:
                        other.set_exception(error)
                else:
                    for (_, other), result in zip(outcomes, results):
                        other.set_result(result)
        return await noted

    def _write(self, outcomes: Sequence[_Write]) -> list[Any]:
        """Write outcomes, for as long as their parts are borrowed: else they would be sent again."""
        until = time.monotonic() + deliveries.LEASE - _PATIENCE
        while True:
            try:
                with self._store.writing() as session:
                    return [write(session, time.time()) for write in outcomes]
            except _OUTAGES:
                if time.monotonic() >= until:
                    raise
                time.sleep(0.5)
