"""The first tables: events and what is read from them, the inbox, feedback, deleted conversations, counts of requests.

Where Rasa's own store has made its table of events, they are taken over; `assistant reindex` makes them readable to
staff.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_RASAS = "events_of_rasa"


def upgrade() -> None:
    """Build the tables."""
    had_events = sa.inspect(op.get_bind()).has_table("events")
    if had_events:
        op.drop_index("ix_events_sender_id", "events")
        op.rename_table("events", _RASAS)
    _create_events()
    _create_read_model()
    _create_bookkeeping()
    if had_events:
        _take_over_events()
        op.drop_table(_RASAS)


def downgrade() -> None:
    """Drop the tables."""
    for table in (
        "request_counts",
        "replayed_turns",
        "deleted_conversations",
        "inbox",
        "feedback",
        "flags",
        "predictions",
        "messages",
        "conversations",
        "events",
    ):
        op.drop_table(table)


def _create_events() -> None:
    op.create_table(
        "events",
        sa.Column("id", _COUNTER, nullable=False),
        sa.Column("sender_id", sa.String(255), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("type_name", sa.String(255), nullable=False),
        sa.Column("timestamp", sa.Float()),
        sa.Column("intent_name", sa.String(255)),
        sa.Column("action_name", sa.String(255)),
        sa.Column("data", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="conversation_events_pkey"),
        sa.UniqueConstraint("sender_id", "seq"),
    )


def _create_read_model() -> None:
    op.create_table(
        "conversations",
        sa.Column("id", sa.String(255), nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("started_at", sa.Float(), nullable=False),
        sa.Column("last_at", sa.Float(), nullable=False),
        sa.Column("event_count", sa.BigInteger(), nullable=False),
        sa.Column("message_count", sa.Integer(), nullable=False),
        sa.Column("window_seq", sa.BigInteger(), nullable=False),
        sa.Column("snapshot", sa.Text()),
        sa.Column("lowest_confidence", sa.Float()),
        sa.Column("booking_reference", sa.String(16)),
        sa.Column("busy_by", sa.String(32)),
        sa.Column("busy_until", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_conversations_last_at", "conversations", ["last_at"])
    op.create_index("ix_conversations_booking_reference", "conversations", ["booking_reference"])
    op.create_table(
        "messages",
        sa.Column("id", _COUNTER, nullable=False),
        *_of_message(),
        sa.Column("key", sa.String(96), nullable=False),
        sa.Column("author", sa.String(12), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("buttons", sa.Text()),
        sa.Column("action", sa.String(96)),
        sa.Column("source", sa.String(120)),
        sa.Column("danger", sa.String(32)),
        sa.Column("booking", sa.String(16)),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("conversation_id", "number"),
        sa.UniqueConstraint("conversation_id", "key"),
    )
    op.create_table(
        "predictions",
        *_of_message(),
        sa.Column("intent", sa.String(96), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("runners_up", sa.Text(), nullable=False),
        sa.Column("actions", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", "number"),
    )
    op.create_index("ix_predictions_intent", "predictions", ["intent"])
    op.create_table(
        "flags",
        *_of_message(),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", "number", "kind"),
    )
    op.create_index("ix_flags_at", "flags", ["at"])
    op.create_table(
        "feedback",
        *_of_message(),
        sa.Column("rating", sa.String(4), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", "number"),
    )


def _of_message() -> tuple[sa.Column, sa.Column]:
    return sa.Column("conversation_id", sa.String(255), nullable=False), sa.Column(
        "number", sa.Integer(), nullable=False
    )


def _create_bookkeeping() -> None:
    op.create_table(
        "inbox",
        sa.Column("id", _COUNTER, nullable=False),
        sa.Column("conversation_id", sa.String(255), nullable=False),
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text()),
        sa.Column("danger", sa.String(32)),
        sa.Column("received_at", sa.Float(), nullable=False),
        sa.Column("answered_at", sa.Float()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("conversation_id", "client_id"),
    )
    unanswered = sa.text("answered_at IS NULL")
    op.create_index(
        "ix_inbox_unanswered", "inbox", ["received_at"], postgresql_where=unanswered, sqlite_where=unanswered
    )
    op.create_table(
        "deleted_conversations",
        sa.Column("conversation_id", sa.String(255), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id"),
    )
    op.create_table(
        "replayed_turns",
        sa.Column("turn_id", sa.String(32), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("turn_id"),
    )
    op.create_table(
        "request_counts",
        sa.Column("who", sa.String(64), nullable=False),
        sa.Column("minute", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("who", "minute"),
    )


def _take_over_events() -> None:
    """Number the events that are there, and note where each conversation's last session began."""
    op.execute(
        "INSERT INTO events (sender_id, seq, type_name, timestamp, intent_name, action_name, data) "
        "SELECT sender_id, row_number() OVER (PARTITION BY sender_id ORDER BY id) - 1, "
        "type_name, timestamp, intent_name, action_name, data FROM events_of_rasa ORDER BY id"
    )
    op.execute(
        "INSERT INTO conversations "
        "(id, channel, started_at, last_at, event_count, message_count, window_seq, busy_until) "
        "SELECT sender_id, '', coalesce(min(timestamp), 0), coalesce(max(timestamp), 0), max(seq) + 1, 0, "
        "coalesce(max(CASE WHEN type_name = 'session_started' THEN seq END), 0), 0 "
        "FROM events GROUP BY sender_id"
    )
