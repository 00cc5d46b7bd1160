"""Accounts of the clinic's staff: passwords by argon2id, codes of an authenticator app, and brakes on guessing.

Wrong name, wrong password and wrong code are told apart by nobody outside: same words, same work. Guessing stops after
a few failures of one account from one address; an address that tries many accounts is stopped too, and an account that
is tried from everywhere at last, so that a stranger cannot easily lock somebody out.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyotp
import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from assistant.database import reading, writing
from bookings.secrets import ContactCipher
from console.staff.models import Account, SignInFailure, StaffSession
from console.staff.policy import PERMISSIONS, Permission, Role

SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 200
_NAME = re.compile(r"[a-z][a-z0-9._-]{1,39}")
_TOTP_SECRET = re.compile(r"[A-Z2-7]{32}")
_WINDOW = 15 * 60  # seconds in which failures count
_MOST_FAILURES = {"both": 5, "address": 20, "account": 50}
_CODE_SECONDS = 30
_TOTP_FIELD = "staff.totp"
_ACCOUNTS, _SESSIONS, _FAILURES = Account.__table__, StaffSession.__table__, SignInFailure.__table__


class AccountProblem(ValueError):
    """What was asked for cannot be done; the text says why, for whoever asked."""


class SignInRefused(Exception):
    """Name, password or code is wrong."""


class TooManyFailures(Exception):
    """Somebody guesses; `wait` seconds from now one may try again."""

    def __init__(self, wait: int) -> None:
        super().__init__("too many failures")
        self.wait = wait


@dataclass(frozen=True)
class Person:
    """A member of staff."""

    name: str
    display_name: str
    role: Role
    must_change: bool
    has_totp: bool
    created_at: float
    disabled_at: float | None

    def may(self, permission: Permission) -> bool:
        """Whether their role allows it."""
        return permission in PERMISSIONS[self.role]


class Accounts:
    """All accounts of one installation.

    Args:
        key: of the staff's console; hides who failed to sign in, and encrypts the secrets of authenticator apps.
        clock: the present moment in unix seconds.
    """

    def __init__(
        self, engine: Engine, key: bytes, clock: Callable[[], float], hasher: PasswordHasher | None = None
    ) -> None:
        self._engine = engine
        self._cipher = ContactCipher(key)
        self._key = key
        self._clock = clock
        self._hasher = hasher or PasswordHasher()  # argon2id
        self._nobody = self._hasher.hash(secrets.token_hex(16))

    def add(self, name: str, display_name: str, role: Role) -> str:
        """Make an account; its first password, which has to be changed at the first sign-in.

        Raises: AccountProblem.
        """
        if not _NAME.fullmatch(name):
            raise AccountProblem("The name: 2 to 40 of a-z 0-9 . _ - and a letter first.")
        shown = " ".join(display_name.split())
        if not 0 < len(shown) <= 80:
            raise AccountProblem("Write the person's name, up to 80 characters.")
        password = new_password()
        values = {
            "name": name,
            "display_name": shown,
            "role": role.value,
            "password_hash": self._hasher.hash(password),
            "must_change": True,
            "totp_step": 0,
            "created_at": self._clock(),
        }
        try:
            with writing(self._engine) as session:
                session.execute(_ACCOUNTS.insert().values(values))
        except IntegrityError:
            raise AccountProblem("There is an account of that name.") from None
        return password

    def all(self) -> list[Person]:
        """Everybody, by name."""
        with reading(self._engine) as session:
            return [_person(row) for row in session.execute(sa.select(_ACCOUNTS).order_by(_ACCOUNTS.c.name))]

    def get(self, name: str) -> Person | None:
        """One person."""
        row = self._row(name)
        return _person(row) if row else None

    def sign_in(self, name: str, password: str, code: str, address: str) -> Person:
        """Check name, password and, where there is an authenticator app, its code.

        Raises:
            SignInRefused: they are wrong.
            TooManyFailures: somebody guesses.
        """
        keys = self._keys(name, address)
        self._check_failures(keys)
        row = self._row(name)
        is_right = self._matches(row.password_hash if row else self._nobody, password)
        if row is None or not is_right or row.disabled_at is not None or not self._takes_code(row, code):
            self._note_failure(keys)
            raise SignInRefused
        with writing(self._engine) as session:
            session.execute(_FAILURES.delete().where(_FAILURES.c.who == keys["both"]))
            if self._hasher.check_needs_rehash(row.password_hash):
                self._update(session, name, password_hash=self._hasher.hash(password))
        return _person(row)

    def change_password(self, name: str, old: str, new: str) -> None:
        """Take another password, and end the account's sessions. Raises: AccountProblem."""
        row = self._row(name)
        if row is None or not self._matches(row.password_hash, old):
            raise AccountProblem("The present password is wrong.")
        if not SHORTEST_PASSWORD <= len(new) <= LONGEST_PASSWORD:
            raise AccountProblem(f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters.")
        if new == old or len(set(new)) < 5 or name in new.casefold():
            raise AccountProblem("That password is too easy to guess.")
        self._set_password(name, new, must_change=False)

    def reset_password(self, name: str) -> str:
        """A new first password for somebody who lost theirs; the authenticator app is taken off as well.

        Raises: AccountProblem.
        """
        self._existing(name)
        password = new_password()
        self._set_password(name, password, must_change=True, totp_secret=None, totp_step=0)
        return password

    def set_role(self, name: str, role: Role) -> None:
        """Give somebody another role. Raises: AccountProblem if nobody could manage accounts any more."""
        self._existing(name)
        with writing(self._engine) as session:
            if role is not Role.ADMIN:
                self._check_other_admin(session, name)
            self._update(session, name, role=role.value)

    def disable(self, name: str) -> None:
        """Let somebody in no more, and end their sessions. Raises: AccountProblem, as `set_role`."""
        self._existing(name)
        with writing(self._engine) as session:
            self._check_other_admin(session, name)
            self._update(session, name, disabled_at=self._clock())
            session.execute(_SESSIONS.delete().where(_SESSIONS.c.account == name))

    def enable(self, name: str) -> None:
        """Let somebody in again. Raises: AccountProblem."""
        self._existing(name)
        with writing(self._engine) as session:
            self._update(session, name, disabled_at=None)

    @staticmethod
    def new_totp_secret() -> str:
        """A secret for an authenticator app."""
        return pyotp.random_base32()

    def set_totp(self, name: str, secret: str, code: str) -> None:
        """Ask for codes of an authenticator app from now on. Raises: AccountProblem if the app's code is wrong."""
        if not _TOTP_SECRET.fullmatch(secret):
            raise AccountProblem("That is not the key of this page. Please load the page again.")
        step = self._step_of(secret, code)
        if step is None:
            raise AccountProblem("That code is not the one of this moment. Please try the next one.")
        with writing(self._engine) as session:
            self._update(session, name, totp_secret=self._cipher.encrypt(secret, _TOTP_FIELD), totp_step=step)

    def remove_totp(self, name: str, password: str) -> None:
        """Ask for the password alone. Raises: AccountProblem."""
        row = self._row(name)
        if row is None or not self._matches(row.password_hash, password):
            raise AccountProblem("The present password is wrong.")
        with writing(self._engine) as session:
            self._update(session, name, totp_secret=None, totp_step=0)

    def _existing(self, name: str) -> None:
        if self._row(name) is None:
            raise AccountProblem("There is no account of that name.")

    def _row(self, name: str) -> Any:
        with reading(self._engine) as session:
            return session.execute(sa.select(_ACCOUNTS).where(_ACCOUNTS.c.name == name)).first()

    def _set_password(self, name: str, password: str, **more: Any) -> None:
        with writing(self._engine) as session:
            self._update(session, name, password_hash=self._hasher.hash(password), **more)
            session.execute(_SESSIONS.delete().where(_SESSIONS.c.account == name))

    @staticmethod
    def _update(session: Session, name: str, **values: Any) -> None:
        session.execute(_ACCOUNTS.update().where(_ACCOUNTS.c.name == name).values(**values))

    @staticmethod
    def _check_other_admin(session: Session, name: str) -> None:
        admins = sa.and_(_ACCOUNTS.c.role == Role.ADMIN.value, _ACCOUNTS.c.disabled_at.is_(None))
        names = set(session.execute(sa.select(_ACCOUNTS.c.name).where(admins).with_for_update()).scalars())
        if names == {name}:
            raise AccountProblem("This is the last admin. Make somebody else admin first.")

    def _matches(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password[: LONGEST_PASSWORD + 1])
        except (Argon2Error, InvalidHashError):
            return False

    def _takes_code(self, row: Any, code: str) -> bool:
        if row.totp_secret is None:
            return True
        step = self._step_of(self._cipher.decrypt(row.totp_secret, _TOTP_FIELD), code)
        if step is None:
            return False
        later = sa.and_(_ACCOUNTS.c.name == row.name, _ACCOUNTS.c.totp_step < step)
        with writing(self._engine) as session:
            return bool(session.execute(_ACCOUNTS.update().where(later).values(totp_step=step)).rowcount)

    def _step_of(self, secret: str, code: str) -> int | None:
        """The moment that a code belongs to, of this one and its neighbours (a phone's clock may be off)."""
        now, typed = int(self._clock()), code.replace(" ", "").encode("utf-8", "replace")
        for step in (now // _CODE_SECONDS + off for off in (0, -1, 1)):
            if hmac.compare_digest(pyotp.TOTP(secret).at(step * _CODE_SECONDS).encode(), typed):
                return step
        return None

    def _keys(self, name: str, address: str) -> dict[str, str]:
        whose = {"both": f"{name}\0{address}", "address": address, "account": name}
        return {
            kind: hmac.new(self._key, f"{kind}\0{who}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()
            for kind, who in whose.items()
        }

    def _check_failures(self, keys: dict[str, str]) -> None:
        since = self._clock() - _WINDOW
        with reading(self._engine) as session:
            for kind, who in keys.items():
                query = sa.select(_FAILURES.c.at).where(_FAILURES.c.who == who, _FAILURES.c.at > since)
                times = sorted(session.execute(query).scalars())
                if len(times) >= _MOST_FAILURES[kind]:
                    raise TooManyFailures(int(times[-_MOST_FAILURES[kind]] + _WINDOW - self._clock()) + 1)

    def _note_failure(self, keys: dict[str, str]) -> None:
        now = self._clock()
        with writing(self._engine) as session:
            session.execute(_FAILURES.insert(), [{"who": who, "at": now} for who in keys.values()])
            session.execute(_FAILURES.delete().where(_FAILURES.c.at < now - _WINDOW))


def new_password() -> str:
    """A first password that can be read out: four groups of four letters and digits."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))


def _person(row: Any) -> Person:
    return Person(
        row.name,
        row.display_name,
        Role(row.role),
        bool(row.must_change),
        row.totp_secret is not None,
        row.created_at,
        row.disabled_at,
    )
