"""Indexes by which staff find conversations and flags, and who assigned a conversation, and when.

PostgreSQL also keeps the words of each message: a search that looks at messages one by one would else find them out
again and again, which takes a hundred times as long.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_COLUMNS = (sa.Column("assigned_by", sa.String(64)), sa.Column("assigned_at", sa.Float()))
_INDEXES = {
    "ix_conversations_started_at": ("conversations", ["started_at"]),
    "ix_conversations_message_count": ("conversations", ["message_count", "last_at"]),
    "ix_predictions_intent": ("predictions", ["intent", "conversation_id"]),
    "ix_flags_kind": ("flags", ["kind", "at", "conversation_id", "number"]),
    "ix_feedback_rating": ("feedback", ["rating", "at"]),
    "ix_acknowledgements_at": ("acknowledgements", ["at"]),
}
_UNREVIEWED = "reviewed_at IS NULL OR reviewed_at < last_at"


def upgrade() -> None:
    """Build them."""
    for column in _COLUMNS:
        op.add_column("conversations", column.copy())
    op.drop_index("ix_predictions_intent", "predictions")
    for name, (table, columns) in _INDEXES.items():
        op.create_index(name, table, columns)
    unreviewed = sa.text(_UNREVIEWED)
    op.create_index(
        "ix_conversations_unreviewed",
        "conversations",
        ["last_at"],
        postgresql_where=unreviewed,
        sqlite_where=unreviewed,
    )
    op.execute("CREATE INDEX ix_conversations_unsureness ON conversations ((-coalesce(lowest_confidence, 2)), last_at)")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP INDEX ix_messages_words")
        op.execute(
            "ALTER TABLE messages ADD COLUMN words tsvector GENERATED ALWAYS AS (to_tsvector('english', text)) STORED"
        )
        op.execute("CREATE INDEX ix_messages_words ON messages USING gin (words)")


def downgrade() -> None:
    """Drop them."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE messages DROP COLUMN words")
        op.execute("CREATE INDEX ix_messages_words ON messages USING gin (to_tsvector('english', text))")
    op.drop_index("ix_conversations_unsureness", "conversations")
    op.drop_index("ix_conversations_unreviewed", "conversations")
    for name, (table, _) in _INDEXES.items():
        op.drop_index(name, table)
    op.create_index("ix_predictions_intent", "predictions", ["intent"])
    # Not as a batch: SQLite's would build the table anew, without its index on an expression.
    for column in _COLUMNS:
        # nosemgrep: sql-built-from-text - names of ours
        op.execute(f"ALTER TABLE conversations DROP COLUMN {column.name}")
