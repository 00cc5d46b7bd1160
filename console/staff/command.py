"""What the command line does with accounts and the audit trail: `python -m assistant staff add`, `… audit verify`."""

from __future__ import annotations

import sys
import time

from sqlalchemy.engine import Engine

from assistant.database import STAFF, database_url, migrate, open_database
from assistant.keys import KeyProblem, load_key
from console.staff.accounts import AccountProblem, Accounts
from console.staff.audit import Audit
from console.staff.policy import Role

FIRST_ADMIN = "admin"
_ACTOR = "(command line)"  # no account can have this name


def add_person(name: str, display_name: str, role: str) -> int:
    """Make an account and print its first password, this once; 0 if it was made.

    Raises: what the database raises.
    """
    try:
        if role not in [one.value for one in Role]:
            raise AccountProblem(f"The role: one of {', '.join(one.value for one in Role)}.")
        password = _made(name, display_name or name, Role(role))
    except (AccountProblem, KeyProblem) as problem:
        print(f"assistant: {problem}", file=sys.stderr)
        return 1
    print(f"{name}: {password}")
    print("This first password is shown once, and has to be changed at the first sign-in.")
    return 0


def verify_trail() -> int:
    """Check the whole audit trail, and say what was found; 0 if it is as it was written.

    Raises: what the database raises.
    """
    try:
        engine, key = _opened()
    except KeyProblem as problem:
        print(f"assistant: {problem}", file=sys.stderr)
        return 1
    found = Audit(engine, key, time.time).verify()
    if found.broken_at is not None:
        print(f"assistant: the audit trail is broken at entry {found.broken_at}", file=sys.stderr)
        print(f"What is before it is as it was written: {_entries(found.count)}.")
        return 1
    print(f"The audit trail is unbroken: {_entries(found.count)}.")
    if found.count:
        print(f"Last seal: {found.last_seal}")
    return 0


def make_first_admin() -> tuple[str, str] | None:
    """Where nobody has an account yet, an admin: name and first password.

    Raises: KeyProblem, and what the database raises.
    """
    engine, key = _opened()
    if Accounts(engine, key, time.time).all():
        return None
    try:
        return FIRST_ADMIN, _made(FIRST_ADMIN, "Admin", Role.ADMIN)
    except AccountProblem:  # another process was first
        return None


def _made(name: str, display_name: str, role: Role) -> str:
    engine, key = _opened()
    password = Accounts(engine, key, time.time).add(name, display_name, role)
    Audit(engine, key, time.time).record(_ACTOR, "", "person.added", name, is_now=role.value)
    return password


def _entries(count: int) -> str:
    return f"{count} entr{'y' if count == 1 else 'ies'}"


def _opened() -> tuple[Engine, bytes]:
    engine = open_database(database_url(STAFF))
    migrate(engine, STAFF)
    return engine, load_key("STAFF_KEY", "staff.key")
