"""The tables of the staff's console. `migrations/staff` builds the same ones; a test compares the two.

Moments are unix seconds. What staff add to conversations stands with the conversations (`assistant.conversations`).
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import declarative_base

Base: Any = declarative_base()

_COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


class Account(Base):
    """A member of staff. The name never changes: notes, requests and the audit trail refer to it."""

    __tablename__ = "staff_accounts"

    name = sa.Column(sa.String(40), primary_key=True)
    display_name = sa.Column(sa.String(80), nullable=False)
    role = sa.Column(sa.String(16), nullable=False)
    password_hash = sa.Column(sa.String(200), nullable=False)
    must_change = sa.Column(sa.Boolean, nullable=False)  # the password was given by somebody else
    totp_secret = sa.Column(sa.LargeBinary)  # encrypted; None: signs in by password alone
    totp_step = sa.Column(sa.BigInteger, nullable=False)  # of the last code that was used: none is taken twice
    created_at = sa.Column(sa.Float, nullable=False)
    disabled_at = sa.Column(sa.Float)


class StaffSession(Base):
    """Somebody is signed in at a browser, which holds the token; here stands its hash only."""

    __tablename__ = "staff_sessions"

    token_hash = sa.Column(sa.String(64), primary_key=True)
    account = sa.Column(sa.String(40), nullable=False, index=True)
    created_at = sa.Column(sa.Float, nullable=False)
    seen_at = sa.Column(sa.Float, nullable=False)


class Reveal(Base):
    """Somebody has said why they need to see the personal data of one conversation or request, for some minutes."""

    __tablename__ = "reveals"

    token_hash = sa.Column(sa.String(64), primary_key=True)
    object = sa.Column(sa.String(255), primary_key=True)
    until = sa.Column(sa.Float, nullable=False)


class SignInFailure(Base):
    """A wrong password or code; `who` is a keyed hash of account, address, or both."""

    __tablename__ = "sign_in_failures"

    id = sa.Column(_COUNTER, primary_key=True)
    who = sa.Column(sa.String(64), nullable=False, index=True)
    at = sa.Column(sa.Float, nullable=False, index=True)


class SavedFilter(Base):
    """A way to look at conversations that somebody wants to come back to."""

    __tablename__ = "saved_filters"

    id = sa.Column(_COUNTER, primary_key=True)
    account = sa.Column(sa.String(40), nullable=False, index=True)
    name = sa.Column(sa.String(60), nullable=False)
    query = sa.Column(sa.String(1000), nullable=False)
    __table_args__ = (sa.UniqueConstraint("account", "name"),)


class AuditEntry(Base):
    """One thing that somebody saw or did. Each entry's seal covers the one before it; none is ever changed."""

    __tablename__ = "audit"

    number = sa.Column(sa.BigInteger, primary_key=True, autoincrement=False)  # from 1, without gaps
    at = sa.Column(sa.Float, nullable=False, index=True)
    actor = sa.Column(sa.String(40), nullable=False, index=True)
    role = sa.Column(sa.String(16), nullable=False)
    action = sa.Column(sa.String(40), nullable=False)
    object = sa.Column(sa.String(255), nullable=False, index=True)
    detail = sa.Column(sa.Text, nullable=False)  # JSON: what was asked for or changed, a reason; no patient's data
    seal = sa.Column(sa.String(64), nullable=False)


class Setting(Base):
    """Something that staff have set, or that the console has to remember."""

    __tablename__ = "settings"

    name = sa.Column(sa.String(64), primary_key=True)
    value = sa.Column(sa.Float, nullable=False)
    at = sa.Column(sa.Float, nullable=False)
    by = sa.Column(sa.String(40), nullable=False)
