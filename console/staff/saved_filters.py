"""Ways to look at conversations that somebody wants to come back to; each account has its own."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from assistant.conversations.filters import clean
from assistant.database import reading, writing
from console.staff.models import SavedFilter

LONGEST_NAME = 60
MOST_FILTERS = 20  # of one account
_LONGEST_QUERY = 1000
_LARGEST = 2**63 - 1  # that a database can look for
_FILTERS = SavedFilter.__table__


class FilterProblem(ValueError):
    """It cannot be saved; the text says why, for whoever asked."""


@dataclass(frozen=True)
class Saved:
    """A saved filter; `query` is the part of the list's address that stands for it."""

    number: int
    name: str
    query: str


class SavedFilters:
    """All saved filters of one installation."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, account: str) -> list[Saved]:
        """Somebody's own, by name."""
        query = sa.select(_FILTERS).where(_FILTERS.c.account == account).order_by(_FILTERS.c.name)
        with reading(self._engine) as session:
            return [Saved(row.id, row.name, row.query) for row in session.execute(query)]

    def save(self, account: str, name: str, query: str) -> str:
        """Keep a filter under a name, instead of the one that had it; the name as it is kept. Raises: FilterProblem."""
        name = " ".join(clean(name).split())
        if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
            raise FilterProblem(f"Give the filter a name of up to {LONGEST_NAME} characters.")
        if not 0 < len(query) <= _LONGEST_QUERY:
            raise FilterProblem("Choose something to filter by first." if not query else "That filter is too long.")
        own = _FILTERS.c.account == account
        with writing(self._engine) as session:
            session.execute(_FILTERS.delete().where(own, _FILTERS.c.name == name))
            if session.execute(sa.select(sa.func.count()).where(own)).scalar_one() >= MOST_FILTERS:
                raise FilterProblem(f"You have {MOST_FILTERS} saved filters. Delete one first.")
            session.execute(_FILTERS.insert().values(account=account, name=name, query=query))
        return name

    def delete(self, account: str, number: int) -> bool:
        """Delete one of somebody's own; whether it was there."""
        if number > _LARGEST:
            return False
        of_it = sa.and_(_FILTERS.c.account == account, _FILTERS.c.id == number)
        with writing(self._engine) as session:
            return bool(session.execute(_FILTERS.delete().where(of_it)).rowcount)
