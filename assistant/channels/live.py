"""Tells the visitor's open pages what is new: a stream of server-sent events for each.

What this process stores it knows at once; what others store it sees by looking, once a second for all streams together.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import replace

from assistant.channels.desk import OUTAGES
from assistant.conversations import erasure, queries
from assistant.conversations.messages import Message
from assistant.conversations.queries import Standing
from assistant.store import ConversationStore

HEARTBEAT = 15.0  # seconds; proxies end a silent connection after 30 or more
LONGEST = 300.0  # seconds of a stream; then the page connects again, wherever its load balancer sends it
_PAGE = 100  # messages that are read at once
_UNTOLD: str | None = ""  # nobody's name: each stream says at once who talks with the visitor


class Live:
    """The open streams of this process."""

    def __init__(self, store: ConversationStore) -> None:
        self._store = store
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watched: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._standings: dict[str, Standing] = {}
        self._is_stopping = False

    def start(self) -> None:
        """Begin; the running event loop is that of the streams."""
        self._loop = asyncio.get_running_loop()

    def stop(self) -> None:
        """End all streams."""
        self._is_stopping = True
        for conversation_id in list(self._watched):
            self._wake(conversation_id)

    def changed(self, conversation_id: str) -> None:
        """Have the streams of a conversation look at it; from any thread."""
        if self._loop is not None and conversation_id in self._watched:
            self._loop.call_soon_threadsafe(self._wake, conversation_id)

    def count(self, conversation_id: str) -> int:
        """How many streams a conversation has here."""
        return len(self._watched.get(conversation_id, ()))

    async def look(self) -> None:
        """See what other processes have stored. Call it every second."""
        if not self._watched:
            return
        try:
            now = await asyncio.to_thread(self._read_standings, list(self._watched))
        except OUTAGES:
            return
        for conversation_id in list(self._watched):
            if now.get(conversation_id) != self._standings.get(conversation_id):
                self._wake(conversation_id)
        self._standings = now

    async def events(self, conversation_id: str, after: int) -> AsyncIterator[str]:
        """The events of one stream, each as it is sent, until it ends.

        Args:
            after: the last message that the page has.
        """
        changed = asyncio.Event()
        self._watched[conversation_id].add(changed)
        until, is_typing = time.monotonic() + LONGEST, False
        standing, staff = Standing(after, False), _UNTOLD
        try:
            yield "retry: 2000\n\n"
            while not self._is_stopping and time.monotonic() < until:
                changed.clear()
                messages, standing, is_deleted = await self._news(conversation_id, after, standing)
                for message in messages:
                    after = message.number or after
                    yield _event("message", message.for_visitor(), message.number)
                if is_deleted:
                    yield _event("deleted", {})
                    return
                if standing.staff != staff:
                    staff = standing.staff
                    yield _event("presence", presence(staff))
                if standing.is_answered_now != is_typing and not messages:
                    is_typing = standing.is_answered_now
                    yield _event("typing", {"typing": is_typing})
                if len(messages) < _PAGE and not await _happens(changed, HEARTBEAT):
                    yield ": \n\n"
        finally:
            self._watched[conversation_id].discard(changed)
            if not self._watched[conversation_id]:
                del self._watched[conversation_id]

    async def _news(self, conversation_id: str, after: int, known: Standing) -> tuple[list[Message], Standing, bool]:
        try:
            return await asyncio.to_thread(self._read_news, conversation_id, after)
        except OUTAGES:
            return [], replace(known, is_answered_now=False), False

    def _read_news(self, conversation_id: str, after: int) -> tuple[list[Message], Standing, bool]:
        with self._store.reading() as session:
            messages = queries.history(session, conversation_id, after, _PAGE)
            standing = queries.standings(session, [conversation_id], time.time()).get(conversation_id)
            is_deleted = standing is None and erasure.is_erased(session, conversation_id)
        return messages, standing or Standing(0, False), is_deleted

    def _read_standings(self, conversation_ids: list[str]) -> dict[str, Standing]:
        with self._store.reading() as session:
            return queries.standings(session, conversation_ids, time.time())

    def _wake(self, conversation_id: str) -> None:
        for event in self._watched.get(conversation_id, ()):
            event.set()


def presence(staff: str | None) -> dict[str, dict[str, str] | None]:
    """Who talks with the visitor instead of the assistant, as their page is told."""
    return {"staff": {"name": staff} if staff is not None else None}


async def _happens(event: asyncio.Event, within: float) -> bool:
    try:
        await asyncio.wait_for(event.wait(), within)
    except asyncio.TimeoutError:
        return False
    return True


def _event(name: str, data: object, number: int | None = None) -> str:
    head = f"id: {number}\n" if number is not None else ""
    return f"{head}event: {name}\ndata: {json.dumps(data)}\n\n"
