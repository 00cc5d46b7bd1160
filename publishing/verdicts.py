"""Reads what reviewers want to be learnt, and notes which publication taught it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from assistant.conversations.models import Verdict
from publishing.lessons import Lesson, Refusal, clean

_VERDICTS = Verdict.__table__


@dataclass(frozen=True)
class Entry:
    """A verdict that teaches something, as it was when it was read."""

    conversation_id: str
    number: int
    version: int
    published_in: str | None
    lesson: Lesson

    def is_refused(self, refusals: Iterable[Refusal]) -> bool:
        """Whether a text of it was refused."""
        refused = {(refusal.intent, refusal.text) for refusal in refusals}
        texts = [*([self.lesson.question] if self.lesson.question else []), *self.lesson.examples]
        return any((self.lesson.intent, clean(text)) in refused for text in texts)


def read_all(session: Session) -> list[Entry]:
    """All that was ever to be learnt: first what a publication taught, then what waits, each in order of time.

    A publication teaches all of it, not only what waits: an engineer may not have taken over the patches before it.
    """
    order = (_VERDICTS.c.published_in.is_(None), _VERDICTS.c.at, _VERDICTS.c.conversation_id, _VERDICTS.c.number)
    entries = map(_entry, session.execute(sa.select(_VERDICTS).order_by(*order)))
    return [entry for entry in entries if entry.lesson.question or entry.lesson.examples]


def mark(session: Session, entries: Iterable[Entry], publication: str) -> int:
    """Note that verdicts were taught, except those that changed meanwhile; how many."""
    return sum(_mark(session, entry, publication) for entry in entries)


def release(session: Session, publication: str) -> int:
    """Let the verdicts of a publication wait again; how many."""
    mine = _VERDICTS.update().where(_VERDICTS.c.published_in == publication)
    return int(session.execute(mine.values(published_in=None)).rowcount)


def _mark(session: Session, entry: Entry, publication: str) -> int:
    same = (
        (_VERDICTS.c.conversation_id == entry.conversation_id)
        & (_VERDICTS.c.number == entry.number)
        & (_VERDICTS.c.version == entry.version)
    )
    return int(session.execute(_VERDICTS.update().where(same).values(published_in=publication)).rowcount)


def _entry(row: Any) -> Entry:
    lesson = Lesson(row.intent, row.question, tuple(_examples(row.examples)))
    return Entry(row.conversation_id, row.number, row.version, row.published_in, lesson)


def _examples(text: str) -> list[str]:
    """The examples of a verdict; none where the row is damaged, which must not hold up all others."""
    try:
        found = json.loads(text)
    except ValueError:
        return []
    return [example for example in found if isinstance(example, str)] if isinstance(found, list) else []
