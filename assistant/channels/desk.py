"""Answers visitors: each message once and in order, whichever server process took it in.

A message is stored first, then worked on by the one process that has the conversation's lease, and marked as answered
in the transaction that stores the answer. While the database is out, this process answers by itself; the turns wait in
the store's spool.

While a member of staff has the chat, messages are only kept for them; one of danger is answered all the same.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import structlog
from rasa.shared.core.events import BotUttered
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from assistant import metrics, safety
from assistant.channels import house_rules
from assistant.channels.answering import Handler, answer, apology
from assistant.channels.buttons import button_title
from assistant.channels.desk_messages import pressed, unstored, user_message, uttered
from assistant.channels.house_rules import Prepared
from assistant.channels.table import channel_of
from assistant.channels.watching import Understand, danger_in, weighed
from assistant.conversations import erasure, inbox, queries, takeover
from assistant.conversations.inbox import MOST_ATTEMPTS, Arrival
from assistant.conversations.messages import VISITOR, Message
from assistant.conversations.turns import ConversationDeleted
from assistant.policies.aftercare import STICKY_SECONDS, noticed
from assistant.store import ConversationStore

logger = structlog.get_logger()

OUTAGES = (SQLAlchemyError, OSError)
_PATIENCE = 10.0  # seconds that a visitor's request waits for its answer; later ones come as events
_LOOK_AGAIN = 0.2  # seconds between looks whether another process has answered
_LEFT_ALONE = 5.0  # seconds after which a message that nobody answers is answered by whoever sees it
_AT_ONCE = 2  # messages that are answered at the same time: more would only make each wait longer, and new ones as well
_REMEMBERED = 2000  # exchanges of this process

_Key = tuple[str, str]  # the conversation, and the id that the visitor's browser gave the message


class Desk:
    """Takes messages in and has them answered, by the assistant or by staff.

    Args:
        on_new_message: lets Rasa handle a message.
        understand: what Rasa makes of a text, without answering it.
        changed: told the conversation whenever something about it has changed, from any thread.
        said: told the conversation whenever something was said in it, from any thread.
    """

    def __init__(
        self,
        store: ConversationStore,
        on_new_message: Handler,
        understand: Understand,
        changed: Callable[[str], None],
        said: Callable[[str], None] | None = None,
    ) -> None:
        self._store = store
        self._on_new_message = on_new_message
        self._understand = understand
        self._changed = changed
        self._said = said or (lambda _: None)
        self._worker = secrets.token_hex(8)
        self._exchanges: OrderedDict[_Key, list[Message]] = OrderedDict()
        self._answering: dict[_Key, asyncio.Task[None]] = {}
        self._working: dict[str, asyncio.Task[None]] = {}
        self._at_once = asyncio.Semaphore(_AT_ONCE)
        store.on_turn(self._note)

    async def take_in(self, conversation_id: str, arrival: Arrival) -> list[Message]:
        """Answer a message: the message itself and the replies, or nothing yet if that takes long.

        The same message again is not answered again.

        Raises: ConversationDeleted.
        """
        known = self._exchanges.get((conversation_id, arrival.client_id))
        if known:
            if await self._forget_erased({conversation_id}):
                raise ConversationDeleted
            return known
        try:
            arrival = await asyncio.to_thread(self._receive, conversation_id, arrival)
        except OUTAGES:
            return await self.answer_alone(conversation_id, arrival)
        return await self._wait_for(conversation_id, arrival.client_id)

    async def clean_up(self) -> None:
        """Look after messages that a process took in and did not answer. Call it every few seconds."""
        left = await asyncio.to_thread(self._left_alone)
        for conversation_id in left:
            logger.info("channels.message.left_alone")
            self.work_on(conversation_id)
        for conversation_id in await asyncio.to_thread(self._bring_back):
            self._changed(conversation_id)
        await self._forget_erased({key[0] for key in list(self._exchanges)})

    def forget(self, conversation_id: str) -> None:
        """Forget what was said in a conversation."""
        for key in [key for key in list(self._exchanges) if key[0] == conversation_id]:
            self._exchanges.pop(key, None)
        self._store.forget(conversation_id)

    async def stop(self) -> None:
        """Finish what is being answered."""
        await asyncio.gather(*self._working.values(), *self._answering.values(), return_exceptions=True)

    def _receive(self, conversation_id: str, arrival: Arrival) -> Arrival:
        with self._store.writing() as session:
            return receive(session, conversation_id, arrival, time.time())

    async def _forget_erased(self, conversation_ids: set[str]) -> set[str]:
        """Forget the conversations that were erased, by staff or another process; those of some and of the store's."""
        try:
            erased = await asyncio.to_thread(self._store.erased, conversation_ids)
        except OUTAGES:
            return set()
        for conversation_id in erased:
            self.forget(conversation_id)
        return erased & conversation_ids

    def _left_alone(self) -> list[str]:
        # What waits in a spool was answered, and the inbox does not know it yet.
        if not self._store.spool.is_empty():
            return []
        now = time.time()
        try:
            with self._store.reading() as session:
                return inbox.left_alone(session, now - _LEFT_ALONE, now)
        except OUTAGES:
            return []

    async def answer_alone(self, conversation_id: str, arrival: Arrival) -> list[Message]:
        """Answer without the database, from what this process remembers: the message itself and the replies."""
        if arrival.payload is not None:
            tracker = self._store.remembered(conversation_id)
            arrival = pressed(arrival, button_title(tracker, arrival.payload) if tracker else None)
        key = (conversation_id, arrival.client_id)
        if key not in self._exchanges and key not in self._answering:
            metrics.received(channel_of(conversation_id))
        await self._answer(conversation_id, arrival)
        return self._exchanges.get((conversation_id, arrival.client_id), [])

    async def _wait_for(self, conversation_id: str, client_id: str) -> list[Message]:
        """The answer to a message that was taken in, once there is one; nothing if that takes too long."""
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            task = self.work_on(conversation_id)
            await asyncio.wait({task}, timeout=until - time.monotonic())
            found = self._exchanges.get((conversation_id, client_id)) or []
            if len(found) < 2:
                found = await self._stored(conversation_id, client_id)
            if found:
                return found
            await asyncio.sleep(_LOOK_AGAIN)
        return []

    async def _stored(self, conversation_id: str, client_id: str) -> list[Message]:
        try:
            return await asyncio.to_thread(self._read_exchange, conversation_id, client_id)
        except OUTAGES:
            return []

    def _read_exchange(self, conversation_id: str, client_id: str) -> list[Message]:
        with self._store.reading() as session:
            if erasure.is_erased(session, conversation_id):
                raise ConversationDeleted
            found = queries.exchange(session, conversation_id, client_id)
            awaits_reply = len(found) == 1 and queries.is_for_assistant(session, conversation_id, found[0].number or 0)
            return [] if awaits_reply else found

    def work_on(self, conversation_id: str) -> asyncio.Task[None]:
        """Answer what waits; one task of this process is at it."""
        task = self._working.get(conversation_id)
        if task is None:
            task = asyncio.ensure_future(self._work(conversation_id))
            self._working[conversation_id] = task
            task.add_done_callback(lambda _: self._working.pop(conversation_id, None))
        return task

    async def _work(self, conversation_id: str) -> None:
        try:
            while claimed := await asyncio.to_thread(self._claim_next, conversation_id):
                prepared, is_taken = claimed
                self._changed(conversation_id)
                if prepared.kept is not None:
                    self._note(conversation_id, prepared.kept)
                    continue
                # Danger waits behind nobody.
                async with contextlib.nullcontext() if prepared.arrival.danger else self._at_once:
                    await self._deal_with(conversation_id, prepared, is_taken)
        except OUTAGES as error:  # what was taken in stays, and is looked after by `clean_up`
            logger.error("channels.work.failed", reason=type(error).__name__)
        self._changed(conversation_id)

    async def _deal_with(self, conversation_id: str, prepared: Prepared, is_taken: bool) -> None:
        """Answer a message; of what staff hear, or nobody, only what tells of danger."""
        arrival = prepared.arrival
        if not is_taken and not prepared.is_muted:
            was_lately = partial(asyncio.to_thread, self._was_in_crisis, conversation_id)
            arrival = await weighed(arrival, self._understand, was_lately)
            await self._answer(conversation_id, arrival)
            if afterword := house_rules.afterword(conversation_id, arrival):
                await self._store.record(conversation_id, [afterword])
            return
        arrival = replace(arrival, danger=await danger_in(arrival, self._understand))
        if arrival.danger:
            await self._answer(conversation_id, arrival, is_taken)
        elif prepared.is_muted:
            await asyncio.to_thread(self._keep_muted, conversation_id, arrival)
            metrics.answered(channel_of(conversation_id), metrics.KEPT_FOR_STAFF)
        elif await asyncio.to_thread(self._hear, conversation_id, arrival):
            metrics.answered(channel_of(conversation_id), metrics.KEPT_FOR_STAFF)
        else:
            await self._answer(conversation_id, arrival)

    def _was_in_crisis(self, conversation_id: str) -> bool:
        """Whether somebody told of a crisis within a day; where nobody knows, yes."""
        try:
            with self._store.reading() as session:
                return queries.had_crisis(session, conversation_id, time.time() - STICKY_SECONDS)
        except OUTAGES:
            return True

    def _claim_next(self, conversation_id: str) -> tuple[Prepared, bool] | None:
        """The next message, if there is one and no other process is at the conversation; and whether staff have it."""
        now = time.time()
        with self._store.writing() as session:
            if not inbox.claim(session, conversation_id, self._worker, now):
                return None
            arrival = inbox.next_waiting(session, conversation_id)
            if arrival is None:
                inbox.release(session, conversation_id, self._worker)
                return None
            takeover.end_if_quiet(session, conversation_id, now)
            prepared = house_rules.prepare(session, conversation_id, arrival, now)
            return prepared, takeover.prolong(session, conversation_id, now)

    def _hear(self, conversation_id: str, arrival: Arrival) -> bool:
        """Keep a message for staff; False if they have just left."""
        self._store.replay()  # what was said before it
        with self._store.writing() as session:
            return takeover.hear(session, conversation_id, arrival, time.time()) is not None

    def _keep_muted(self, conversation_id: str, arrival: Arrival) -> None:
        self._store.replay()  # what was said before it
        with self._store.writing() as session:
            house_rules.keep_muted(session, conversation_id, arrival, time.time())

    def _bring_back(self) -> list[str]:
        """Bring the assistant back to chats in which nobody writes any more; which ones."""
        now = time.time()
        try:
            with self._store.reading() as session:
                over = takeover.quiet(session, now)
            for conversation_id in over:
                with self._store.writing() as session:
                    takeover.end_if_quiet(session, conversation_id, now)
        except OUTAGES:
            return []
        return over

    async def _answer(self, conversation_id: str, arrival: Arrival, is_watched: bool = False) -> None:
        """Answer a message, once even if it is asked for again meanwhile."""
        key = (conversation_id, arrival.client_id)
        task = self._answering.get(key)
        if task is None:
            task = asyncio.ensure_future(self._let_rasa_answer(conversation_id, arrival, is_watched))
            self._answering[key] = task
            task.add_done_callback(lambda _: self._answering.pop(key, None))
        await asyncio.shield(task)

    async def _let_rasa_answer(self, conversation_id: str, arrival: Arrival, is_watched: bool) -> None:
        key = (conversation_id, arrival.client_id)
        if key in self._exchanges:
            return
        since = arrival.received_at or time.time()
        outcome = await self._have_answered(conversation_id, arrival, is_watched)
        metrics.answered(channel_of(conversation_id), outcome, time.time() - since)

    async def _have_answered(self, conversation_id: str, arrival: Arrival, is_watched: bool) -> str:
        """Answer a message, or say that it went wrong; which of both."""
        key = (conversation_id, arrival.client_id)
        message = user_message(conversation_id, arrival, is_watched)
        is_poison = arrival.attempts >= MOST_ATTEMPTS
        if not is_poison and await answer(self._on_new_message, message):
            if key not in self._exchanges and not await self._forget_erased({conversation_id}):
                # Neither the database nor the disk took the turn.
                self._keep(key, unstored(arrival, message))
            return metrics.ANSWERED
        danger = arrival.danger or safety.detect(arrival.text)
        text, error_id = apology(arrival.text, danger)
        sorry = BotUttered(text, metadata={"error_id": error_id} if error_id else None)
        said = [] if key in self._exchanges else [uttered(replace(arrival, danger=danger), message)]
        remembered = noticed(time.time()) if danger in safety.CRISES else []
        await self._store.record(conversation_id, [*said, sorry, *remembered])
        return metrics.APOLOGISED if error_id else metrics.SAFETY

    def _note(self, conversation_id: str, messages: Sequence[Message]) -> None:
        """Remember what was said in a turn, and tell whoever listens."""
        if messages and messages[0].author == VISITOR:
            self._keep((conversation_id, messages[0].key), list(messages))
        if messages:
            self._changed(conversation_id)
            self._said(conversation_id)

    def _keep(self, key: _Key, messages: list[Message]) -> None:
        self._exchanges[key] = messages
        while len(self._exchanges) > _REMEMBERED:
            self._exchanges.popitem(last=False)


def receive(session: Session, conversation_id: str, arrival: Arrival, now: float) -> Arrival:
    """Store a message; it comes back with its button's title. What stands on no button is text.

    Raises: ConversationDeleted.
    """
    if arrival.payload is not None:
        arrival = pressed(arrival, queries.button_title(session, conversation_id, arrival.payload))
    if inbox.receive(session, conversation_id, channel_of(conversation_id), arrival, now):
        metrics.received(channel_of(conversation_id))
    return arrival
