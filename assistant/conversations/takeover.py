"""A member of staff talks with a visitor of the website instead of the assistant.

They have the chat until they give it back, or until nobody has written for ten minutes. Each function locks the
conversation's row, so that of several processes one acts, and the visitor reads each notice once.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from assistant.channels.incoming import MAX_TEXT, Refused, read_text
from assistant.conversations import asides, inbox, models
from assistant.conversations.inbox import Arrival
from assistant.conversations.messages import ASSISTANT, STAFF, Message
from assistant.conversations.projection import AUTHOR
from assistant.conversations.turns import Turn, write_turn

QUIET = 600.0  # seconds without a message of staff or visitor, after which the assistant is back
LIVE = 86_400.0  # seconds since the last message, after which nobody is likely to look at the chat any more
_CHANNEL = "webchat"
_NAME = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{1,64}")
_CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_CONVERSATIONS, _MESSAGES = models.Conversation.__table__, models.Message.__table__

_JOINED = (
    "{name} from the clinic's team has joined the chat. You are talking with a person now; "
    "the automated assistant stays in the background."
)
_LEFT = "{name} has left the chat. You are talking with the clinic's automated assistant again."
_FELL_QUIET = (
    "Nobody has written here for 10 minutes, so {name} is no longer in the chat. You are talking with the clinic's "
    'automated assistant again. If something is still open, please write it once more, or write "talk to a person".'
)


class NotLive(Exception):
    """No visitor of the website is there to talk with: another channel, long ago, or deleted."""


class AlreadyTaken(Exception):
    """Somebody else has the chat; `name` says who."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class NotTaken(Exception):
    """The member of staff does not have the chat, or has it no longer."""


@dataclass(frozen=True)
class Holder:
    """Who has a chat; `until` is when the assistant is back if nobody writes."""

    staff_id: str
    name: str
    until: float


def is_live(conversation: Any, now: float) -> bool:
    """Whether a visitor of the website may be there to talk with.

    Args:
        conversation: something with its `channel`, `message_count` and `last_at`.
    """
    is_chat = conversation.channel == _CHANNEL and conversation.message_count > 0
    return is_chat and bool(conversation.last_at >= now - LIVE)


def holder(session: Session, conversation_id: str, now: float) -> Holder | None:
    """Who talks with the visitor instead of the assistant, if anybody does."""
    columns = (_CONVERSATIONS.c.taken_by, _CONVERSATIONS.c.taken_name, _CONVERSATIONS.c.taken_until)
    row = session.execute(sa.select(*columns).where(_CONVERSATIONS.c.id == conversation_id)).first()
    return Holder(row.taken_by, row.taken_name, row.taken_until) if row and _is_taken(row, now) else None


def take(session: Session, conversation_id: str, staff_id: str, name: str, now: float) -> Message | None:
    """Begin to talk with a visitor; the message that tells them, or nothing if this member of staff has the chat.

    Args:
        name: what the visitor knows them by.

    Raises: NotLive, AlreadyTaken; Refused if it is no name.
    """
    if not _NAME.fullmatch(name) or not name.strip():
        raise Refused(400, "`name` must be 1 to 64 characters in one line.")
    row = _locked(session, conversation_id)
    if row is None or not is_live(row, now):
        raise NotLive
    if _is_taken(row, now) and row.taken_by != staff_id:
        raise AlreadyTaken(row.taken_name)
    _set(session, conversation_id, taken_by=staff_id, taken_name=name, taken_until=now + QUIET)
    if row.taken_by == staff_id:
        return None
    return _write(session, conversation_id, _of_staff(_JOINED.format(name=name), staff_id, name, now))


def say(
    session: Session, conversation_id: str, staff_id: str, name: str, text: str, client_id: str, now: float
) -> Message:
    """Write to the visitor, once for each `client_id`, which the staff's page makes.

    Raises: NotTaken; Refused if it is no text of 1 to 2,000 characters or no id.
    """
    text = read_text({"text": text}, "text").strip()
    if not text:
        raise Refused(400, "`text` is empty.")
    if len(text) > MAX_TEXT:
        raise Refused(413, f"That is longer than {MAX_TEXT} characters. Please write less.")
    if not _CLIENT_ID.fullmatch(client_id):
        raise Refused(400, "`id` must be 8 to 64 of the characters A-Z a-z 0-9 _ -")
    row = _locked(session, conversation_id)
    event = _of_staff(text, staff_id, name, now, client_id)
    known = _known(session, conversation_id, event["metadata"]["key"])
    if known:
        return known
    if row is None or not _is_taken(row, now) or row.taken_by != staff_id:
        raise NotTaken
    _set(session, conversation_id, taken_until=now + QUIET)
    return _write(session, conversation_id, event)


def give_back(session: Session, conversation_id: str, staff_id: str, now: float) -> Message:
    """Let the assistant go on; the message that tells the visitor. Raises: NotTaken."""
    row = _locked(session, conversation_id)
    if row is None or not _is_taken(row, now) or row.taken_by != staff_id:
        raise NotTaken
    return _end(session, row, _LEFT, now)


def end_if_quiet(session: Session, conversation_id: str, now: float) -> Message | None:
    """Bring the assistant back to a chat in which nobody has written; the message that tells the visitor."""
    row = _locked(session, conversation_id)
    if row is None or row.taken_by is None or _is_taken(row, now):
        return None
    return _end(session, row, _FELL_QUIET, now)


def quiet(session: Session, now: float, limit: int = 50) -> list[str]:
    """The chats to which the assistant must be brought back."""
    is_over = sa.and_(_CONVERSATIONS.c.taken_by.is_not(None), _CONVERSATIONS.c.taken_until <= now)
    return list(session.execute(sa.select(_CONVERSATIONS.c.id).where(is_over).limit(limit)).scalars())


def hear(session: Session, conversation_id: str, arrival: Arrival, now: float) -> Sequence[Message] | None:
    """Keep a visitor's message for staff, who answer it; None if they do not have the chat."""
    row = _locked(session, conversation_id)
    if row is None or not _is_taken(row, now):
        return None
    _set(session, conversation_id, taken_until=now + QUIET)
    known = _known(session, conversation_id, arrival.client_id)
    if known:
        inbox.mark_answered(session, conversation_id, arrival.client_id, now)
        return [known]
    return asides.keep(session, conversation_id, _CHANNEL, arrival, STAFF, now)


def prolong(session: Session, conversation_id: str, now: float) -> bool:
    """Note that the visitor has written; whether staff have the chat."""
    is_taken = sa.and_(_CONVERSATIONS.c.taken_by.is_not(None), _CONVERSATIONS.c.taken_until > now)
    update = _CONVERSATIONS.update().where(_CONVERSATIONS.c.id == conversation_id, is_taken)
    return bool(session.execute(update.values(taken_until=now + QUIET)).rowcount)


def _end(session: Session, row: Row, words: str, now: float) -> Message:
    _set(session, row.id, taken_by=None, taken_name=None, taken_until=0.0)
    metadata = {AUTHOR: ASSISTANT, "key": f"staff.{secrets.token_hex(8)}"}
    text = words.format(name=row.taken_name)
    return _write(session, row.id, {"event": "bot", "timestamp": now, "text": text, "data": {}, "metadata": metadata})


def _of_staff(text: str, staff_id: str, name: str, now: float, client_id: str = "") -> dict[str, Any]:
    """A message of staff as an event. Its key is none that a visitor's message or an answer to one can have."""
    key = f"staff.{client_id or secrets.token_hex(8)}"
    metadata = {AUTHOR: STAFF, "key": key, "name": name, "staff_id": staff_id}
    return {"event": "bot", "timestamp": now, "text": text, "data": {}, "metadata": metadata}


def _is_taken(row: Row, now: float) -> bool:
    return row.taken_by is not None and row.taken_until > now


def _locked(session: Session, conversation_id: str) -> Row | None:
    query = sa.select(_CONVERSATIONS).where(_CONVERSATIONS.c.id == conversation_id).with_for_update()
    return session.execute(query).first()


def _set(session: Session, conversation_id: str, **values: Any) -> None:
    session.execute(_CONVERSATIONS.update().where(_CONVERSATIONS.c.id == conversation_id).values(values))


def _known(session: Session, conversation_id: str, key: str) -> Message | None:
    of_it = (_MESSAGES.c.conversation_id == conversation_id, _MESSAGES.c.key == key)
    row = session.execute(sa.select(_MESSAGES).where(*of_it)).mappings().first()
    return Message.of_row(row) if row else None


def _write(session: Session, conversation_id: str, event: dict[str, Any]) -> Message:
    return write_turn(session, Turn(conversation_id, [event], None)).messages[0]
