"""Publications as any process can read them: who, when, how far, what came of it. One is under way at a time."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from assistant.conversations import models
from assistant.database import reading, serialise, writing

WAITING, TRAINING, EVALUATING = "waiting", "training", "evaluating"
REFUSED, LIVE, FAILED, WITHDRAWN = "refused", "live", "failed", "withdrawn"
UNDER_WAY = (WAITING, TRAINING, EVALUATING)
_LIFE = 60.0  # seconds without a sign of life after which a worker is taken to have died
_TABLE = models.Publication.__table__
_ONE_AT_A_TIME = "publications"


class AnotherUnderWay(RuntimeError):
    """A publication is under way; the text is its id."""


class NotUnderWay(RuntimeError):
    """The publication is over: somebody stopped it, or its worker was taken to have died."""


class UnknownPublication(LookupError):
    """There is no publication of that id."""


@dataclass(frozen=True)
class Publication:
    """One publication.

    Attributes:
        progress: percent.
        step: what is done now, for people.
        result: see `publishing.worker`; empty until there is something.
        base: the fingerprint of the training data that it was made on top of.
    """

    id: str
    state: str
    by: str
    at: float
    progress: int
    step: str
    result: dict[str, Any]
    base: str | None
    model: str | None
    model_before: str | None
    finished_at: float | None

    @property
    def is_under_way(self) -> bool:
        """Whether a worker is at it."""
        return self.state in UNDER_WAY


def request(engine: Engine, by: str) -> str:
    """Note that somebody wants to publish what waits; the publication's id.

    Raises: AnotherUnderWay.
    """
    now, new = time.time(), secrets.token_hex(6)
    with writing(engine) as session:
        serialise(session, _ONE_AT_A_TIME)
        _bury(session, now)
        other = session.execute(sa.select(_TABLE.c.id).where(_TABLE.c.state.in_(UNDER_WAY))).scalar()
        if other:
            raise AnotherUnderWay(other)
        row = {"id": new, "state": WAITING, "by": by, "at": now, "seen_at": now}
        session.execute(_TABLE.insert().values(progress=0, step="Waiting", result="{}", **row))
    return new


def read(engine: Engine, publication: str) -> Publication:
    """One publication. Raises: UnknownPublication."""
    _bury_all(engine)
    with reading(engine) as session:
        return find(session, publication)


def latest(engine: Engine, most: int = 20) -> list[Publication]:
    """The last publications, newest first."""
    _bury_all(engine)
    with reading(engine) as session:
        rows = session.execute(sa.select(_TABLE).order_by(_TABLE.c.at.desc()).limit(most))
        return [_publication(row) for row in rows]


def find(session: Session, publication: str) -> Publication:
    """One publication, within a transaction. Raises: UnknownPublication."""
    row = session.execute(sa.select(_TABLE).where(_TABLE.c.id == publication)).first()
    if row is None:
        raise UnknownPublication(publication)
    return _publication(row)


def newest_live(session: Session, base: str) -> Publication | None:
    """The last publication on top of some training data that is live."""
    query = sa.select(_TABLE).where(_TABLE.c.state == LIVE, _TABLE.c.base == base)
    row = session.execute(query.order_by(_TABLE.c.finished_at.desc()).limit(1)).first()
    return _publication(row) if row else None


def report(engine: Engine, publication: str, **columns: Any) -> None:
    """Note how far it is, which is also a sign of life. Raises: NotUnderWay."""
    with writing(engine) as session:
        update(session, publication, **columns)


def update(session: Session, publication: str, **columns: Any) -> None:
    """As `report`, within a transaction. Raises: NotUnderWay."""
    if "result" in columns:
        columns["result"] = json.dumps(columns["result"])
    mine = _TABLE.update().where(_TABLE.c.id == publication, _TABLE.c.state.in_(UNDER_WAY))
    if not session.execute(mine.values(seen_at=time.time(), **columns)).rowcount:
        raise NotUnderWay(publication)


def finish(session: Session, publication: str, state: str, step: str, **columns: Any) -> None:
    """Note that it is over. Raises: NotUnderWay."""
    update(session, publication, state=state, step=step, progress=100, finished_at=time.time(), **columns)


def set_withdrawn(session: Session, publication: str, step: str) -> None:
    """Note that it is no longer live, or was stopped."""
    mine = _TABLE.update().where(_TABLE.c.id == publication)
    session.execute(mine.values(state=WITHDRAWN, step=step, finished_at=time.time()))


def serialised(session: Session) -> None:
    """Let what changes the live model happen one after the other."""
    serialise(session, _ONE_AT_A_TIME)


def _bury_all(engine: Engine) -> None:
    """Mark what dead workers left; usually there is nothing, and nobody waits for a writer."""
    with reading(engine) as session:
        if session.execute(sa.select(_TABLE.c.id).where(_dead(time.time()))).first() is None:
            return
    with writing(engine) as session:
        _bury(session, time.time())


def _bury(session: Session, now: float) -> None:
    words = "The process that worked on it ended"
    session.execute(_TABLE.update().where(_dead(now)).values(state=FAILED, step=words, finished_at=now))


def _dead(now: float) -> Any:
    return _TABLE.c.state.in_(UNDER_WAY) & (_TABLE.c.seen_at < now - _LIFE)


def _publication(row: Any) -> Publication:
    values = {name: row._mapping[name] for name in Publication.__dataclass_fields__}
    return Publication(**{**values, "result": json.loads(row.result)})
