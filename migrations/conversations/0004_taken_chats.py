"""Chats that a member of staff has taken over: their name for the visitor, and a quick way to those that fell quiet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TAKEN = sa.text("taken_by IS NOT NULL")


def upgrade() -> None:
    """Build them."""
    op.add_column("conversations", sa.Column("taken_name", sa.String(64)))
    op.add_column("messages", sa.Column("name", sa.String(64)))
    op.create_index(
        "ix_conversations_taken_until", "conversations", ["taken_until"], postgresql_where=_TAKEN, sqlite_where=_TAKEN
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_conversations_taken_until", "conversations")
    # Not as a batch: SQLite's would build the table anew, without the triggers of the search index.
    op.execute("ALTER TABLE messages DROP COLUMN name")
    op.execute("ALTER TABLE conversations DROP COLUMN taken_name")
