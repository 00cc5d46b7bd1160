"""The tables of conversations. `migrations/conversations` builds the same ones; a test compares the two.

Moments are unix seconds, as in Rasa's events. `number` counts the messages of one conversation from 1.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import declarative_base

Base: Any = declarative_base()

COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite numbers rows by itself only in an INTEGER key
ID = sa.String(255)


def _of_conversation() -> sa.Column:
    return sa.Column(ID, primary_key=True)


class Event(Base):
    """One event of Rasa's tracker, as it was; everything else is built from these."""

    __tablename__ = "events"
    __table_args__ = (sa.UniqueConstraint("sender_id", "seq"),)

    id = sa.Column(COUNTER, primary_key=True)
    sender_id = sa.Column(ID, nullable=False)
    seq = sa.Column(sa.BigInteger, nullable=False)  # from 0 in each conversation, without gaps
    type_name = sa.Column(sa.String(255), nullable=False)
    timestamp = sa.Column(sa.Float)
    intent_name = sa.Column(sa.String(255))
    action_name = sa.Column(sa.String(255))
    data = sa.Column(sa.Text)


class Conversation(Base):
    """One row a conversation: where its events and messages end, and what of them Rasa needs for the next turn."""

    __tablename__ = "conversations"
    __table_args__ = (
        sa.Index("ix_conversations_message_count", "message_count", "last_at"),
        sa.Index(
            "ix_conversations_unreviewed",
            "last_at",
            postgresql_where=sa.text("reviewed_at IS NULL OR reviewed_at < last_at"),
            sqlite_where=sa.text("reviewed_at IS NULL OR reviewed_at < last_at"),
        ),
        # The migrations also build `ix_conversations_unsureness`, on an expression.
        sa.Index(
            "ix_conversations_taken_until",
            "taken_until",
            postgresql_where=sa.text("taken_by IS NOT NULL"),
            sqlite_where=sa.text("taken_by IS NOT NULL"),
        ),
    )

    id = sa.Column(ID, primary_key=True)
    channel = sa.Column(sa.String(32), nullable=False)
    started_at = sa.Column(sa.Float, nullable=False, index=True)
    last_at = sa.Column(sa.Float, nullable=False, index=True)
    event_count = sa.Column(sa.BigInteger, nullable=False)
    message_count = sa.Column(sa.Integer, nullable=False)
    window_seq = sa.Column(sa.BigInteger, nullable=False)  # the first event that the next turn looks at
    snapshot = sa.Column(sa.Text)  # events that stand for all before it
    lowest_confidence = sa.Column(sa.Float)
    booking_reference = sa.Column(sa.String(16), index=True)
    busy_by = sa.Column(sa.String(32))  # the process that answers the visitor now
    busy_until = sa.Column(sa.Float, nullable=False)  # after that it is taken to have died
    assigned_to = sa.Column(sa.String(64), index=True)  # the member of staff who looks after it
    assigned_by = sa.Column(sa.String(64))
    assigned_at = sa.Column(sa.Float)
    reviewed_at = sa.Column(sa.Float)
    reviewed_by = sa.Column(sa.String(64))
    taken_by = sa.Column(sa.String(64))  # the member of staff who talks with the visitor instead of the assistant
    taken_name = sa.Column(sa.String(64))  # what the visitor knows them by
    taken_until = sa.Column(sa.Float, nullable=False, server_default="0")  # after that the assistant is back


class Message(Base):
    """What was said, as visitor and staff read it. On PostgreSQL the migrations add the words that it is found by."""

    __tablename__ = "messages"
    __table_args__ = (
        sa.UniqueConstraint("conversation_id", "number"),
        sa.UniqueConstraint("conversation_id", "key"),
        sa.Index("ix_messages_at", "at"),
    )

    id = sa.Column(COUNTER, primary_key=True)  # rises with time; what the search index points to
    conversation_id = sa.Column(ID, nullable=False)
    number = sa.Column(sa.Integer, nullable=False)
    key = sa.Column(sa.String(96), nullable=False)
    author = sa.Column(sa.String(12), nullable=False)
    text = sa.Column(sa.Text, nullable=False)
    at = sa.Column(sa.Float, nullable=False)
    buttons = sa.Column(sa.Text)
    action = sa.Column(sa.String(96))
    source = sa.Column(sa.String(120))
    danger = sa.Column(sa.String(32))
    booking = sa.Column(sa.String(16))
    name = sa.Column(sa.String(64))  # of the member of staff who wrote it


class Prediction(Base):
    """How a visitor's message was understood, and what was done about it."""

    __tablename__ = "predictions"
    __table_args__ = (sa.Index("ix_predictions_intent", "intent", "conversation_id"),)

    conversation_id = _of_conversation()
    number = sa.Column(sa.Integer, primary_key=True, autoincrement=False)
    intent = sa.Column(sa.String(96), nullable=False)
    confidence = sa.Column(sa.Float, nullable=False)
    runners_up = sa.Column(sa.Text, nullable=False)
    actions = sa.Column(sa.Text, nullable=False)


class Flag(Base):
    """Why staff should look at a message."""

    __tablename__ = "flags"
    __table_args__ = (sa.Index("ix_flags_kind", "kind", "at", "conversation_id", "number"),)

    conversation_id = _of_conversation()
    number = sa.Column(sa.Integer, primary_key=True, autoincrement=False)
    kind = sa.Column(sa.String(32), primary_key=True)
    at = sa.Column(sa.Float, nullable=False, index=True)


class Feedback(Base):
    """What the visitor thinks of an answer."""

    __tablename__ = "feedback"
    __table_args__ = (sa.Index("ix_feedback_rating", "rating", "at"),)

    conversation_id = _of_conversation()
    number = sa.Column(sa.Integer, primary_key=True, autoincrement=False)
    rating = sa.Column(sa.String(4), nullable=False)
    reason = sa.Column(sa.String(500), nullable=False)
    at = sa.Column(sa.Float, nullable=False)


class Acknowledgement(Base):
    """Somebody of the staff has seen a flag of danger and taken care of it."""

    __tablename__ = "acknowledgements"

    conversation_id = _of_conversation()
    number = sa.Column(sa.Integer, primary_key=True, autoincrement=False)
    kind = sa.Column(sa.String(32), primary_key=True)
    at = sa.Column(sa.Float, nullable=False, index=True)
    by = sa.Column(sa.String(64), nullable=False)


class Alert(Base):
    """Somebody of the staff is to be told of a danger; one row for each way to tell them. Holds no words."""

    __tablename__ = "alerts"
    __table_args__ = (
        sa.Index(
            "ix_alerts_waiting",
            "next_at",
            postgresql_where=sa.text("delivered_at IS NULL"),
            sqlite_where=sa.text("delivered_at IS NULL"),
        ),
    )

    id = sa.Column(COUNTER, primary_key=True)
    delivery_id = sa.Column(sa.String(32), nullable=False, unique=True)
    conversation_id = sa.Column(ID, nullable=False, index=True)
    number = sa.Column(sa.Integer, nullable=False)
    kind = sa.Column(sa.String(32), nullable=False)
    target = sa.Column(sa.String(12), nullable=False)
    created_at = sa.Column(sa.Float, nullable=False)
    next_at = sa.Column(sa.Float, nullable=False)  # not before; while it is being sent, when others may try
    attempts = sa.Column(sa.Integer, nullable=False)
    delivered_at = sa.Column(sa.Float)
    error = sa.Column(sa.String(96))


class Note(Base):
    """What staff write to each other about a conversation; the visitor never sees it."""

    __tablename__ = "notes"

    id = sa.Column(COUNTER, primary_key=True)
    conversation_id = sa.Column(ID, nullable=False, index=True)
    number = sa.Column(sa.Integer)  # the message that it is about; None: the whole conversation
    author = sa.Column(sa.String(64), nullable=False)
    text = sa.Column(sa.Text, nullable=False)
    at = sa.Column(sa.Float, nullable=False)


class Tag(Base):
    """A word that staff have put on a conversation to find it by."""

    __tablename__ = "tags"

    conversation_id = _of_conversation()
    tag = sa.Column(sa.String(40), primary_key=True, index=True)
    by = sa.Column(sa.String(64), nullable=False)
    at = sa.Column(sa.Float, nullable=False)


class Verdict(Base):
    """What a reviewer says of how a visitor's message was understood, and what the assistant should learn from it."""

    __tablename__ = "verdicts"

    conversation_id = _of_conversation()
    number = sa.Column(sa.Integer, primary_key=True, autoincrement=False)  # of the visitor's message
    is_right = sa.Column(sa.Boolean, nullable=False)
    intent = sa.Column(sa.String(96), nullable=False)  # the right one
    question = sa.Column(sa.Text, nullable=False)  # for the evaluation, without personal data; empty: none
    examples = sa.Column(sa.Text, nullable=False)  # JSON: other ways to say it, for the training
    by = sa.Column(sa.String(64), nullable=False)
    at = sa.Column(sa.Float, nullable=False)
    version = sa.Column(sa.Integer, nullable=False)  # rises with each change, so that nobody overwrites another's
    published_in = sa.Column(sa.String(32), index=True)  # the publication that taught it; None: waits


class Publication(Base):
    """One attempt to teach the assistant what verdicts say, and what came of it."""

    __tablename__ = "publications"

    id = sa.Column(sa.String(32), primary_key=True)
    state = sa.Column(sa.String(16), nullable=False, index=True)
    by = sa.Column(sa.String(64), nullable=False)
    at = sa.Column(sa.Float, nullable=False, index=True)
    progress = sa.Column(sa.Integer, nullable=False)  # percent
    step = sa.Column(sa.String(96), nullable=False)  # what is done now, for people
    result = sa.Column(sa.Text, nullable=False)  # JSON
    base = sa.Column(sa.String(32))  # the fingerprint of the training data that it was made on top of
    model = sa.Column(sa.String(255))  # its model, once live
    model_before = sa.Column(sa.String(255))  # the model that was live until then
    seen_at = sa.Column(sa.Float, nullable=False)  # the worker's last sign of life
    finished_at = sa.Column(sa.Float)


class InboxMessage(Base):
    """A message that was taken in; it stays unanswered until the turn that answers it is stored with it."""

    __tablename__ = "inbox"
    __table_args__ = (
        sa.UniqueConstraint("conversation_id", "client_id"),
        sa.Index(
            "ix_inbox_unanswered",
            "received_at",
            postgresql_where=sa.text("answered_at IS NULL"),
            sqlite_where=sa.text("answered_at IS NULL"),
        ),
    )

    id = sa.Column(COUNTER, primary_key=True)
    conversation_id = sa.Column(ID, nullable=False)
    client_id = sa.Column(sa.String(64), nullable=False)
    text = sa.Column(sa.Text, nullable=False)
    payload = sa.Column(sa.Text)
    danger = sa.Column(sa.String(32))  # found in the whole text, of which a part is kept where it is too long
    kind = sa.Column(sa.String(16))  # what else it is than a text: a picture, an edit
    received_at = sa.Column(sa.Float, nullable=False)
    answered_at = sa.Column(sa.Float)
    attempts = sa.Column(sa.Integer, nullable=False)


class Deleted(Base):
    """A conversation that its visitor deleted: nothing of it may come back, from a spool or a backup."""

    __tablename__ = "deleted_conversations"

    conversation_id = _of_conversation()
    at = sa.Column(sa.Float, nullable=False)


class Replayed(Base):
    """A turn from the spool that is in the database: it is not written again."""

    __tablename__ = "replayed_turns"

    turn_id = sa.Column(sa.String(32), primary_key=True)
    at = sa.Column(sa.Float, nullable=False)


class DailyFigures(Base):
    """The figures of one day of the clinic's calendar; as they are if it was counted after its last change."""

    __tablename__ = "daily_figures"

    day = sa.Column(sa.String(10), primary_key=True)
    zone = sa.Column(sa.String(64), nullable=False)
    starts_at = sa.Column(sa.Float, nullable=False, index=True)
    ends_at = sa.Column(sa.Float, nullable=False)
    figures = sa.Column(sa.Text, nullable=False)  # JSON by channel
    changes = sa.Column(sa.Integer, nullable=False)  # rises whenever something of the day is added late or deleted
    counted = sa.Column(sa.Integer)  # what `changes` was then; None: not counted yet
    sealed = sa.Column(sa.Boolean, nullable=False)  # some of it was deleted for its age: the figures stay


class RequestCount(Base):
    """How often somebody asked within one minute; `who` is a keyed hash."""

    __tablename__ = "request_counts"

    who = sa.Column(sa.String(64), primary_key=True)
    minute = sa.Column(sa.BigInteger, primary_key=True, autoincrement=False)
    count = sa.Column(sa.Integer, nullable=False)
