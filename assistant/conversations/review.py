"""What staff write about conversations, with who did it and when. A function is a part of its caller's transaction.

`acknowledge`: the first one wins, and the others are told who that was. `set_reviewed`, `assign` and `give_verdict` are
told what their writer saw; if that is no longer so they raise `Changed`, which holds what is there now. The others,
`set_unreviewed`, `add_note`, `add_tag` and `remove_tag`, collide with nobody. All raise `NotThere` for a conversation
that was deleted.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from assistant.conversations.filters import clean
from assistant.conversations.lines import Judged, StaffNote
from assistant.conversations.models import Acknowledgement, Conversation, Flag, Message, Note, Prediction, Tag, Verdict

LONGEST_NOTE = 4000
LONGEST_TAG = 40
MOST_TAGS = 20  # of a conversation
LONGEST_QUESTION = 500
MOST_EXAMPLES = 20

_CONVERSATIONS, _MESSAGES, _PREDICTIONS = Conversation.__table__, Message.__table__, Prediction.__table__
_FLAGS, _ACKNOWLEDGEMENTS = Flag.__table__, Acknowledgement.__table__
_NOTES, _TAGS, _VERDICTS = Note.__table__, Tag.__table__, Verdict.__table__
_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class NotThere(LookupError):
    """The conversation was deleted, or it has no such message or flag."""


class Changed(Exception):
    """Another was faster.

    Attributes:
        present: what is there now: a `Judged` or None, who is assigned, or how many messages there are.
    """

    def __init__(self, present: Any) -> None:
        super().__init__("somebody else has changed it")
        self.present = present


@dataclass(frozen=True)
class Seen:
    """Who has acknowledged a flag, and whether it was this call that did."""

    by: str
    at: float
    is_new: bool


@dataclass(frozen=True)
class Judgement:
    """What a reviewer says of a visitor's message.

    Attributes:
        intent: the right one.
        question: for the evaluation, without personal data; empty: none.
        examples: other ways to say it, for the training.
    """

    is_right: bool
    intent: str
    question: str = ""
    examples: Sequence[str] = ()


def acknowledge(session: Session, conversation_id: str, number: int, kind: str, by: str, now: float) -> Seen:
    """Note that somebody takes care of a flag; the first one stays noted.

    Raises: NotThere.
    """
    _hold(session, conversation_id)
    flag = {"conversation_id": conversation_id, "number": number, "kind": kind}
    if not _exists(session, _FLAGS, **flag):
        raise NotThere("no such flag")
    is_new = bool(_insert(session, _ACKNOWLEDGEMENTS, **flag, at=now, by=by))
    row = session.execute(_select(_ACKNOWLEDGEMENTS, **flag)).one()
    return Seen(row.by, row.at, is_new)


def set_reviewed(session: Session, conversation_id: str, seen: int, by: str, now: float) -> None:
    """Note that somebody has reviewed all that was said until now.

    Args:
        seen: the number of the last message that they saw.

    Raises:
        Changed: more has been said since; `present` is the number of messages.
        NotThere: the conversation was deleted.
    """
    row = _locked(session, conversation_id)
    if row.message_count > seen:
        raise Changed(row.message_count)
    _set(session, conversation_id, reviewed_at=max(now, row.last_at), reviewed_by=by)  # clocks differ


def set_unreviewed(session: Session, conversation_id: str) -> None:
    """Have a conversation reviewed again. Raises: NotThere."""
    _set(session, conversation_id, reviewed_at=None, reviewed_by=None)


def assign(session: Session, conversation_id: str, to: str | None, seen: str | None, by: str, now: float) -> None:
    """Say who of the staff looks after a conversation; None: nobody.

    Args:
        seen: who did when the caller looked.

    Raises:
        Changed: somebody else does by now; `present` says who.
        NotThere: the conversation was deleted.
    """
    present = _locked(session, conversation_id).assigned_to
    if present == to:
        return
    if present != seen:
        raise Changed(present)
    _set(session, conversation_id, assigned_to=to, assigned_by=by, assigned_at=now)


def add_note(
    session: Session, conversation_id: str, author: str, text: str, now: float, number: int | None = None
) -> StaffNote:
    """Write something about a conversation, or about one message of it, that only staff read.

    Raises:
        ValueError: an empty text, or one longer than `LONGEST_NOTE`.
        NotThere: there is no such conversation or message.
    """
    text = clean(text).strip()
    if not 0 < len(text) <= LONGEST_NOTE:
        raise ValueError(f"a note has 1 to {LONGEST_NOTE} letters")
    _hold(session, conversation_id)
    if number is not None and not _exists(session, _MESSAGES, conversation_id=conversation_id, number=number):
        raise NotThere("no such message")
    values = {"conversation_id": conversation_id, "number": number, "author": author, "text": text, "at": now}
    row_id = session.execute(_NOTES.insert().values(values)).inserted_primary_key[0]
    return StaffNote(row_id, number, author, text, now)


def add_tag(session: Session, conversation_id: str, tag: str, by: str, now: float) -> str:
    """Put a tag on a conversation, as `tag_of` writes it; twice is once.

    Raises:
        ValueError: it is no tag, or the conversation has `MOST_TAGS` already.
        NotThere: the conversation was deleted.
    """
    tag = tag_of(tag)
    _hold(session, conversation_id)
    if not _insert(session, _TAGS, conversation_id=conversation_id, tag=tag, by=by, at=now):
        return tag
    of_it = sa.select(sa.func.count()).where(_TAGS.c.conversation_id == conversation_id)
    if session.execute(of_it).scalar_one() > MOST_TAGS:
        session.execute(_TAGS.delete().where(_TAGS.c.conversation_id == conversation_id, _TAGS.c.tag == tag))
        raise ValueError(f"a conversation has at most {MOST_TAGS} tags")
    return tag


def remove_tag(session: Session, conversation_id: str, tag: str) -> bool:
    """Take a tag off; whether it was there. Raises: NotThere, ValueError."""
    _hold(session, conversation_id)
    of_it = sa.and_(_TAGS.c.conversation_id == conversation_id, _TAGS.c.tag == tag_of(tag))
    return bool(session.execute(_TAGS.delete().where(of_it)).rowcount)


def tag_of(text: str) -> str:
    """A tag as it is stored: `#Call  Back` is `call-back`. Raises: ValueError."""
    plain = unicodedata.normalize("NFKC", clean(text)).casefold().strip().removeprefix("#")
    tag = "-".join(plain.split())
    if not 0 < len(tag) <= LONGEST_TAG or not re.fullmatch(r"\w[\w.+&'-]*", tag):
        raise ValueError(f"a tag has 1 to {LONGEST_TAG} letters, digits and dashes")
    return tag


def give_verdict(
    session: Session, conversation_id: str, number: int, judgement: Judgement, version: int, by: str, now: float
) -> Judged:
    """Say whether a visitor's message was understood; a verdict that was published before waits to be so again.

    Args:
        version: of the verdict that the reviewer saw; 0: there was none.

    Raises:
        Changed: another reviewer was faster; `present` is their verdict.
        ValueError: a question or an example that is too long.
        NotThere: there is no such message of the visitor.
    """
    values = _values_of(judgement) | {"by": by, "at": now, "version": version + 1, "published_in": None}
    _hold(session, conversation_id)
    of_it = {"conversation_id": conversation_id, "number": number}
    if not _exists(session, _PREDICTIONS, **of_it):
        raise NotThere("no such message of the visitor")
    if version == 0:
        is_written = _insert(session, _VERDICTS, **of_it, **values)
    else:
        update = _VERDICTS.update().where(*_are(_VERDICTS, **of_it, version=version)).values(values)
        is_written = session.execute(update).rowcount
    row = session.execute(_select(_VERDICTS, **of_it)).mappings().first()
    present = Judged(**{name: row[name] for name in Judged.__dataclass_fields__} | _examples(row)) if row else None
    if not is_written or present is None:
        raise Changed(present)
    return present


def _values_of(judgement: Judgement) -> dict[str, Any]:
    question = " ".join(clean(judgement.question).split())
    examples = [" ".join(clean(example).split()) for example in judgement.examples]
    if any(len(text) > LONGEST_QUESTION for text in (question, *examples)):
        raise ValueError(f"a question has at most {LONGEST_QUESTION} letters")
    if len(examples) > MOST_EXAMPLES:
        raise ValueError(f"at most {MOST_EXAMPLES} examples")
    return {
        "is_right": judgement.is_right,
        "intent": judgement.intent,
        "question": question,
        "examples": json.dumps([example for example in dict.fromkeys(examples) if example], ensure_ascii=False),
    }


def _examples(row: Any) -> dict[str, Any]:
    return {"examples": tuple(json.loads(row["examples"]))}


def _hold(session: Session, conversation_id: str) -> None:
    """Keep a conversation from being deleted until the transaction ends; visitor and assistant go on meanwhile."""
    query = sa.select(_CONVERSATIONS.c.id).where(_CONVERSATIONS.c.id == conversation_id)
    if session.execute(query.with_for_update(read=True, key_share=True)).first() is None:
        raise NotThere("no such conversation")


def _locked(session: Session, conversation_id: str) -> Any:
    """Where the conversation stands, until the transaction ends."""
    columns = (_CONVERSATIONS.c.assigned_to, _CONVERSATIONS.c.message_count, _CONVERSATIONS.c.last_at)
    row = session.execute(sa.select(*columns).where(_CONVERSATIONS.c.id == conversation_id).with_for_update()).first()
    if row is None:
        raise NotThere("no such conversation")
    return row


def _set(session: Session, conversation_id: str, **values: Any) -> None:
    update = _CONVERSATIONS.update().where(_CONVERSATIONS.c.id == conversation_id).values(values)
    if not session.execute(update).rowcount:
        raise NotThere("no such conversation")


def _insert(session: Session, table: sa.Table, **values: Any) -> int:
    """Insert a row unless there is one with its key; how many were inserted."""
    insert = _INSERT[session.get_bind().dialect.name](table).values(values)
    return int(session.execute(insert.on_conflict_do_nothing()).rowcount)


def _exists(session: Session, table: sa.Table, **values: Any) -> bool:
    return session.execute(_select(table, **values)).first() is not None


def _select(table: sa.Table, **values: Any) -> Any:
    return sa.select(table).where(*_are(table, **values))


def _are(table: sa.Table, **values: Any) -> list[Any]:
    return [table.c[name] == value for name, value in values.items()]
