"""Who is signed in at which browser. The browser holds a random token; the database its hash only."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from assistant.database import reading, writing
from console.staff.models import Account, Reveal, StaffSession

IDLE = 30 * 60  # seconds without a request after which one has to sign in again
LONGEST = 12 * 3600  # seconds after which one has to, whatever happened
REVEALED = 10 * 60  # seconds that personal data stays readable once a reason was given
_SEEN_EVERY = 60  # seconds; not every request has to write
_SESSIONS, _REVEALS, _ACCOUNTS = StaffSession.__table__, Reveal.__table__, Account.__table__


@dataclass(frozen=True)
class SignedIn:
    """A session that holds; `csrf` is what forms of this session carry."""

    account: str
    token_hash: str
    csrf: str


class Sessions:
    """All sessions of one installation.

    Args:
        key: of the staff's console.
        clock: the present moment in unix seconds.
    """

    def __init__(self, engine: Engine, key: bytes, clock: Callable[[], float]) -> None:
        self._engine = engine
        self._key = key
        self._clock = clock

    def begin(self, account: str) -> str:
        """Sign somebody in; the token for their browser, never one that it brought along."""
        token, now = secrets.token_urlsafe(32), self._clock()
        with writing(self._engine) as session:
            session.execute(_SESSIONS.delete().where(sa.or_(*_over(now))))
            session.execute(_REVEALS.delete().where(_REVEALS.c.until < now))
            values = {"token_hash": _hash(token), "account": account, "created_at": now, "seen_at": now}
            session.execute(_SESSIONS.insert().values(values))
        return token

    def read(self, token: str, looks_only: bool = False) -> SignedIn | None:
        """The session of a token; None if there is none, or it is over.

        Args:
            looks_only: the request was made by the page itself, and does not show that somebody is there.
        """
        token_hash, now = _hash(token), self._clock()
        query = (
            sa.select(_SESSIONS)
            .join(_ACCOUNTS, _ACCOUNTS.c.name == _SESSIONS.c.account)
            .where(_SESSIONS.c.token_hash == token_hash, ~sa.or_(*_over(now)), _ACCOUNTS.c.disabled_at.is_(None))
        )
        with reading(self._engine) as session:
            row = session.execute(query).first()
        if row is None:
            return None
        if not looks_only and now - row.seen_at > _SEEN_EVERY:
            with writing(self._engine) as session:
                session.execute(_SESSIONS.update().where(_SESSIONS.c.token_hash == token_hash).values(seen_at=now))
        return SignedIn(row.account, token_hash, self._csrf(token_hash))

    def end(self, token_hash: str) -> None:
        """Sign out."""
        with writing(self._engine) as session:
            for table in (_SESSIONS, _REVEALS):
                session.execute(table.delete().where(table.c.token_hash == token_hash))

    def reveal(self, token_hash: str, object: str) -> None:
        """Let a session read the personal data of an object for ten minutes."""
        values: dict[str, Any] = {"token_hash": token_hash, "object": object}
        with writing(self._engine) as session:
            mine = sa.and_(_REVEALS.c.token_hash == token_hash, _REVEALS.c.object == object)
            session.execute(_REVEALS.delete().where(mine))
            session.execute(_REVEALS.insert().values(**values, until=self._clock() + REVEALED))

    def is_revealed(self, token_hash: str, object: str) -> bool:
        """Whether a session may read the personal data of an object now."""
        query = sa.select(_REVEALS.c.until).where(
            _REVEALS.c.token_hash == token_hash, _REVEALS.c.object == object, _REVEALS.c.until > self._clock()
        )
        with reading(self._engine) as session:
            return session.execute(query).first() is not None

    def is_csrf(self, signed_in: SignedIn, given: str) -> bool:
        """Whether a form came from a page of this very session."""
        return hmac.compare_digest(given.encode("utf-8", "replace"), signed_in.csrf.encode())

    def _csrf(self, token_hash: str) -> str:
        return hmac.new(self._key, b"csrf\0" + token_hash.encode(), hashlib.sha256).hexdigest()


def _over(now: float) -> tuple[Any, Any]:
    return _SESSIONS.c.seen_at < now - IDLE, _SESSIONS.c.created_at < now - LONGEST


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
