"""How often a visitor or an address may ask. Messages are counted in the store, by all server processes together."""

from __future__ import annotations

import time
from datetime import datetime

from sanic.request import Request
from sqlalchemy.exc import SQLAlchemyError

from assistant.channels.incoming import Refused
from assistant.channels.webchat_requests import Visitors
from assistant.channels.webchat_settings import WebchatSettings
from assistant.clock import utc_now
from assistant.conversations.rates import MINUTE, count_request, forget_counts
from assistant.limits import RateLimit
from assistant.store import ConversationStore

_SESSIONS = 0.5  # of one address, for each message that a visitor may send: a family or a library
_READINGS = 2  # of one conversation, for each message: several tabs that lose their connection
_OF_ADDRESS = 4  # times what one visitor may
_IN_DANGER = 5  # times as many messages are taken from somebody in danger
_SLOWLY = "You are writing faster than we can read. Please wait a moment."


class Limits:
    """The limits of one server process."""

    def __init__(self, settings: WebchatSettings, visitors: Visitors) -> None:
        self._messages = settings.messages_per_minute
        self._visitors = visitors
        self._sessions = RateLimit(int(self._messages * _SESSIONS) or 1)
        self._readings = RateLimit(self._messages * _READINGS)
        self._in_outage = RateLimit(self._messages)
        self._over: dict[str, int] = {}  # visitors and addresses, and the minute in which they have sent too many

    def check_session(self, request: Request) -> None:
        """Raises: Refused if the address begins conversations too often."""
        self._allow(self._sessions, self._visitors.alias(_address(request)), utc_now())

    def check_reading(self, conversation_id: str) -> None:
        """Raises: Refused if the conversation is asked for too often."""
        self._allow(self._readings, conversation_id, utc_now())

    def check_over(self, request: Request, conversation_id: str) -> None:
        """Refuse again, without the store and before it takes a place, who was refused in this minute.

        A flood would fill the places of the others else. Raises: Refused.
        """
        now = time.time()
        aliases = (self._visitors.alias(who) for who in (conversation_id, _address(request)))
        if any(self._over.get(alias) == now // MINUTE for alias in aliases):
            raise _too_fast(now)

    def check_message(self, request: Request, conversation_id: str, store: ConversationStore, in_danger: bool) -> None:
        """Count a message. Raises: Refused if its visitor or address has sent too many."""
        now = time.time()
        visitor, address = self._visitors.alias(conversation_id), self._visitors.alias(_address(request))
        try:
            with store.writing() as session:
                of_visitor, of_address = count_request(session, visitor, now), count_request(session, address, now)
        except (SQLAlchemyError, OSError):
            self._allow(self._in_outage, visitor, utc_now())
            return
        allowed = self._messages * (_IN_DANGER if in_danger else 1)
        counts = ((visitor, of_visitor, allowed), (address, of_address, allowed * _OF_ADDRESS))
        if over := [who for who, count, most in counts if count > most]:
            if not in_danger:
                self._over.update(dict.fromkeys(over, int(now // MINUTE)))
            raise _too_fast(now)

    def forget(self, store: ConversationStore) -> None:
        """Drop old counts. Raises: what the database raises."""
        self._over = {who: minute for who, minute in list(self._over.items()) if minute >= time.time() // MINUTE}
        with store.writing() as session:
            forget_counts(session, time.time())

    @staticmethod
    def _allow(limit: RateLimit, who: str, now: datetime) -> None:
        if not limit.allows(who, now):
            raise Refused(429, _SLOWLY, retry_after=MINUTE)


def _too_fast(now: float) -> Refused:
    return Refused(429, _SLOWLY, retry_after=MINUTE - int(now % MINUTE))


def _address(request: Request) -> str:
    return str(request.remote_addr or request.ip)
