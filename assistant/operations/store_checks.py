"""Checks of `doctor` that ask the databases: each says what is well, or raises Problem. None makes a table."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from assistant.cipher import Unreadable
from assistant.clock import utc_now
from assistant.conversations import alerts, backlog
from assistant.conversations.spool import Spool
from assistant.database import (
    BOOKINGS,
    CONVERSATIONS,
    VERSION_TABLES,
    database_url,
    is_up_to_date,
    open_database,
    reading,
    revisions,
    touch,
)
from assistant.metrics import Backlog
from assistant.operations.backup import is_sqlite, sqlite_files
from assistant.operations.problems import Problem
from assistant.settings import var_dir
from bookings.metrics import dead, waiting
from bookings.models import ConsultationRequest
from bookings.records import CONTACT_FIELD
from bookings.secrets import ContactCipher

_INBOX_SECONDS, _OUTBOX_SECONDS, _ALERT_SECONDS, _DANGER_SECONDS = 60.0, 900.0, 120.0, 900.0
_MOST_SKEW = 2.0  # seconds: leases and time-outs compare moments of several machines
_REQUESTS = ConsultationRequest.__table__
_NONE = "no database yet; it is made at the first start"


def databases() -> str:
    """Whether all databases take writes and are up to date."""
    told = []
    for area in VERSION_TABLES:
        with _opened(area) as engine:
            if engine is None:
                continue
            revision = touch(engine, area)
        if not is_up_to_date(revision, area):
            raise Problem(f"{area}: revision {revision or 'none'}, {revisions(area)[0]} is needed: start it once")
        told.append(f"{area} {revision}")
    return ", ".join(told) or _NONE


def keys_fit() -> str:
    """Whether the key opens what was stored last."""
    with _opened(BOOKINGS) as engine:
        if engine is None:
            return _NONE
        with reading(engine) as session:
            query = sa.select(_REQUESTS.c.contact).order_by(_REQUESTS.c.id.desc()).limit(1)
            stored = session.execute(query).scalar()
    if stored is None:
        return "nothing is stored yet"
    try:
        ContactCipher.load().decrypt(stored, CONTACT_FIELD)
    except Unreadable:
        raise Problem("the last request was written with another key: bring back bookings.key") from None
    return "the last request opens"


def clock() -> str:
    """Whether this machine and the database agree what time it is."""
    if is_sqlite():
        return "that of this machine"
    with _opened(CONVERSATIONS) as engine:
        assert engine is not None  # noqa: S101 - there is always one that is no file
        with engine.connect() as connection:
            before = time.time()
            theirs = float(connection.execute(sa.text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one())
            skew = theirs - (before + time.time()) / 2
    if abs(skew) > _MOST_SKEW:
        raise Problem(f"this machine's is {abs(skew):.1f} s {'behind' if skew > 0 else 'ahead of'} the database's")
    return f"{abs(skew):.2f} s beside the database's"


def inbox() -> str:
    """Whether messages are answered."""
    with _opened(CONVERSATIONS) as engine:
        if engine is None:
            return _NONE
        with reading(engine) as session:
            return _judged(backlog.inbox(session, time.time()), _INBOX_SECONDS, "messages wait for an answer")


def outbox() -> str:
    """Whether messages about requests, and alerts, reach their receivers."""
    told = []
    with _opened(BOOKINGS) as engine:
        if engine is None:
            return _NONE
        for target, one in waiting(engine, utc_now()).items():
            told.append(_judged(one, _OUTBOX_SECONDS, f"for {target.value}"))
        count = dead(engine)
    if count:
        raise Problem(f"{count} messages were given up: look at them in the console, and send them again")
    return ", ".join(told)


def spool() -> str:
    """Whether nothing waits on the disk for a database."""
    count = Spool(var_dir() / "spool").waiting()
    refused = len(list((var_dir() / "spool").glob("*.refused")))
    if refused:
        raise Problem(f"{refused} turns were refused by the database, and are kept in spool/*.refused")
    if count:
        raise Problem(f"{count} turns wait for the database")
    return "empty"


def dangers() -> str:
    """Whether staff have looked at dangers, and have been told of them."""
    now = time.time()
    with _opened(CONVERSATIONS) as engine:
        if engine is None:
            return _NONE
        with reading(engine) as session:
            found = backlog.unacknowledged(session, now)
            unsent = backlog.unsent_alerts(session, now, _alerted())
    for kind, one in found.items():
        _judged(one, _DANGER_SECONDS, f"{kind} not acknowledged")
    _judged(unsent, _ALERT_SECONDS, "alerts wait for their receiver")
    return f"{sum(one.count for one in found.values())} not acknowledged, none for long"


def _alerted() -> tuple[str, ...]:
    """Who is told of dangers, by the environment."""
    from bookings.deliver import configured_targets
    from bookings.models import Target

    ways = {Target.STAFF_EMAIL: alerts.EMAIL, Target.WEBHOOK: alerts.WEBHOOK}
    return tuple(ways[target] for target in configured_targets() if target in ways)


def _judged(one: Backlog, most_seconds: float, what: str) -> str:
    told = f"{one.count} {what}" + (f", the oldest for {one.oldest:.0f} s" if one.count else "")
    if one.oldest > most_seconds:
        raise Problem(told)
    return told


@contextmanager
def _opened(area: str) -> Iterator[Engine | None]:
    """An area's database; None if it is a file that is not there."""
    if is_sqlite() and not sqlite_files()[area].exists():
        yield None
        return
    engine = open_database(database_url(area))
    try:
        yield engine
    finally:
        engine.dispose()
