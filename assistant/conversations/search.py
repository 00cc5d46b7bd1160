"""Full-text search in what was said: PostgreSQL's own, or SQLite's FTS5 index `message_search`.

Both read a search the same way: all words in one message, `"words in this order"`, `-without`, `this or that`. To FTS5
goes what was typed as quoted words only, so that it can be no syntax; `websearch_to_tsquery` takes anything.

PostgreSQL knows from its statistics how common a word is and chooses the way: from the index to the conversations, or
down the list of conversations; there it looks at the stored words (`messages.words`), which costs next to nothing.
SQLite does not know, and is told after a look at the first matches.
"""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from assistant.conversations.models import Conversation, Message

_MESSAGES, _CONVERSATIONS = Message.__table__, Conversation.__table__
_RARE = 2000  # messages; where more match, most of them are not on the page
_WORDS = re.compile(r'(-?)(?:"([^"]*)"?|([^\s"]+))')
_INDEX = sa.table("message_search", sa.column("rowid"))


def holds(session: Session, text: str) -> Any:
    """A condition on the table of conversations: one of the messages holds what is searched for."""
    if session.get_bind().dialect.name == "postgresql":
        return _of_it().where(in_words(text)).exists()
    words = fts5_query(text)
    if not words:
        return sa.false()
    matches = _in_index(words)
    some = matches.limit(_RARE + 1).subquery()
    if session.execute(sa.select(sa.func.count()).select_from(some)).scalar_one() <= _RARE:
        found = sa.select(_MESSAGES.c.conversation_id).where(_MESSAGES.c.id.in_(matches))
        return _CONVERSATIONS.c.id.in_(found)
    return _of_it().where(_is_in_index(words)).exists()


def first_hits(session: Session, ids: list[str], text: str) -> dict[str, tuple[int, str]]:
    """The first message of each of a few conversations that holds what is searched for: its number and its text."""
    if session.get_bind().dialect.name == "postgresql":
        is_hit = in_words(text)
    else:
        words = fts5_query(text)
        if not words:
            return {}
        is_hit = _is_in_index(words)
    columns = (_MESSAGES.c.conversation_id, _MESSAGES.c.number, _MESSAGES.c.text)
    query = sa.select(*columns).where(_MESSAGES.c.conversation_id.in_(ids), is_hit).order_by(_MESSAGES.c.number.desc())
    return {row.conversation_id: (row.number, row.text) for row in session.execute(query)}


def in_words(text: str) -> Any:
    """PostgreSQL's condition on a message; the migrations build its column, which only PostgreSQL has."""
    query = sa.func.websearch_to_tsquery(sa.literal_column("'english'"), text)
    return sa.literal_column("messages.words").op("@@")(query)


def fts5_query(text: str) -> str:
    """The search in the language of FTS5; empty if it holds no word."""
    choices = []
    wanted: list[str] = []
    unwanted: list[str] = []
    for minus, phrase, word in [*_WORDS.findall(text), ("", "", "or")]:
        if word.casefold() == "or" and not minus:
            if wanted:
                choices.append(" NOT ".join([f"({' '.join(wanted)})", *unwanted]))
            wanted, unwanted = [], []
        elif any(char.isalnum() for char in phrase or word):
            (unwanted if minus else wanted).append(f'"{phrase or word}"')
    return " OR ".join(f"({choice})" for choice in choices)


def _in_index(words: str) -> Any:
    return sa.select(_INDEX.c.rowid).where(sa.literal_column("message_search").op("MATCH")(words))


def _is_in_index(words: str) -> Any:
    return _MESSAGES.c.id.in_(_in_index(words))  # all are looked up once, which is quicker than asking for each


def _of_it() -> Any:
    of_it = _MESSAGES.c.conversation_id == _CONVERSATIONS.c.id
    return sa.select(sa.literal(1)).select_from(_MESSAGES).where(of_it).correlate(_CONVERSATIONS)
