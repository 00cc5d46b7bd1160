"""Who a conversation of a messaging channel is with: a pseudonym everywhere, the address encrypted in one table."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

import sqlalchemy as sa
from sqlalchemy.orm import Session

from assistant.cipher import FieldCipher
from assistant.conversations import erasure
from assistant.conversations.messaging_models import ChannelAddress, OptOut
from assistant.conversations.turns import insert_or_leave
from assistant.keys import load_keys

VISITOR, PLATFORM = "visitor", "platform"  # who said that no more messages are wanted
_FIELD = "addresses.address"
_ADDRESSES, _OPT_OUTS = ChannelAddress.__table__, OptOut.__table__


@dataclass(frozen=True)
class Receiver:
    """Where a conversation's replies go; `last_inbound_at` is when its visitor last wrote, in unix seconds."""

    who: str
    last_inbound_at: float
    address: str = field(repr=False)


@dataclass(frozen=True)
class Optout:
    """Since when somebody wants no more messages, and who said so."""

    at: float
    by: str


class AddressBook:
    """Makes pseudonyms, and keeps addresses under them."""

    def __init__(self, key: bytes, earlier: Sequence[bytes] = ()) -> None:
        self._cipher = FieldCipher(key, "channels", earlier)
        self._secret = self._cipher.derive("address-pseudonym")

    @classmethod
    def load(cls) -> AddressBook:
        """The one of this installation: its key is `CHANNELS_KEY`, else `channels.key`, created when absent.

        Raises: KeyProblem.
        """
        key, *earlier = load_keys("CHANNELS_KEY", "channels.key")
        return cls(key, earlier)

    def who(self, channel: str, address: str) -> str:
        """What stands for an address for good: nobody gets from it to the address without the key."""
        return self._hash(f"who\0{channel}\0{address}")

    def conversation_id(self, channel: str, address: str, beginning: int = 0) -> str:
        """The conversation with an address.

        Args:
            beginning: how many conversations with it were erased: each makes it one with somebody unknown.
        """
        return f"{channel}:{self._hash(f'conversation{chr(0)}{channel}{chr(0)}{address}{chr(0)}{beginning}')}"

    def open(self, session: Session, channel: str, address: str, now: float) -> str:
        """The conversation that a message from an address belongs to; where its replies go is noted with it."""
        for beginning in count():
            conversation_id = self.conversation_id(channel, address, beginning)
            if not erasure.is_erased(session, conversation_id):
                break
        of_it = _ADDRESSES.c.conversation_id == conversation_id
        update = _ADDRESSES.update().where(of_it).values(last_inbound_at=now)
        if not session.execute(update).rowcount:
            row = {"conversation_id": conversation_id, "who": self.who(channel, address), "last_inbound_at": now}
            sealed = self._cipher.encrypt(address, _FIELD)
            session.execute(insert_or_leave(session.connection(), _ADDRESSES).values(address=sealed, **row))
        return conversation_id

    def find(self, session: Session, conversation_id: str) -> Receiver | None:
        """Where a conversation's replies go; None if it is of no messaging channel, or was erased.

        Raises: cipher.Unreadable.
        """
        row = session.execute(sa.select(_ADDRESSES).where(_ADDRESSES.c.conversation_id == conversation_id)).first()
        return Receiver(row.who, row.last_inbound_at, self.read(row.address)) if row else None

    def read(self, sealed: bytes) -> str:
        """An address that was stored. Raises: cipher.Unreadable."""
        return self._cipher.decrypt(sealed, _FIELD)

    def again(self, sealed: bytes) -> bytes | None:
        """A stored address with the present key; None if it is written with that. Raises: cipher.Unreadable."""
        return self._cipher.again(sealed, _FIELD)

    def _hash(self, text: str) -> str:
        return hmac.new(self._secret, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:32]


def opted_out(session: Session, conversation_id: str) -> Optout | None:
    """Whether the visitor of a conversation wants no more messages, and since when."""
    query = (
        sa.select(_OPT_OUTS.c.at, _OPT_OUTS.c.by)
        .join(_ADDRESSES, _ADDRESSES.c.who == _OPT_OUTS.c.who)
        .where(_ADDRESSES.c.conversation_id == conversation_id, _OPT_OUTS.c.ended_at.is_(None))
    )
    row = session.execute(query).first()
    return Optout(row.at, row.by) if row else None


def opt_out(session: Session, conversation_id: str, by: str, now: float) -> None:
    """Note that the visitor of a conversation wants no more messages."""
    query = sa.select(_ADDRESSES.c.who).where(_ADDRESSES.c.conversation_id == conversation_id)
    who = session.execute(query).scalar()
    if who is None:
        return
    values = {"at": now, "by": by, "ended_at": None, "channel": conversation_id.partition(":")[0]}
    if not session.execute(_OPT_OUTS.update().where(_OPT_OUTS.c.who == who).values(values)).rowcount:
        session.execute(insert_or_leave(session.connection(), _OPT_OUTS).values(who=who, **values))


def opt_in(session: Session, conversation_id: str, now: float) -> None:
    """Note that the visitor of a conversation wants messages again."""
    who = sa.select(_ADDRESSES.c.who).where(_ADDRESSES.c.conversation_id == conversation_id).scalar_subquery()
    session.execute(_OPT_OUTS.update().where(_OPT_OUTS.c.who == who).values(ended_at=now))
