"""What staff add to conversations: who looks after them, notes, tags, verdicts; and the index of a search for words."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_OF_STAFF = (
    sa.Column("assigned_to", sa.String(64)),
    sa.Column("reviewed_at", sa.Float()),
    sa.Column("reviewed_by", sa.String(64)),
    sa.Column("taken_by", sa.String(64)),
    sa.Column("taken_until", sa.Float(), nullable=False, server_default="0"),
)
_TABLES = ("verdicts", "tags", "notes", "acknowledgements")
# SQLite's index holds no second copy of the texts, and follows the table of messages by triggers.
_SQLITE_SEARCH = (
    "CREATE VIRTUAL TABLE message_search USING fts5("
    "text, content='messages', content_rowid='id', tokenize='porter unicode61')",
    "INSERT INTO message_search(message_search) VALUES ('rebuild')",
    "CREATE TRIGGER messages_search_insert AFTER INSERT ON messages BEGIN "
    "INSERT INTO message_search(rowid, text) VALUES (new.id, new.text); END",
    "CREATE TRIGGER messages_search_delete AFTER DELETE ON messages BEGIN "
    "INSERT INTO message_search(message_search, rowid, text) VALUES ('delete', old.id, old.text); END",
)


def upgrade() -> None:
    """Build the tables."""
    for column in _OF_STAFF:
        op.add_column("conversations", column.copy())
    op.create_index("ix_conversations_assigned_to", "conversations", ["assigned_to"])
    op.create_table(
        "acknowledgements",
        *_of_message(),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", "number", "kind"),
    )
    op.create_table(
        "notes",
        sa.Column("id", _COUNTER, nullable=False),
        sa.Column("conversation_id", sa.String(255), nullable=False),
        sa.Column("number", sa.Integer()),
        sa.Column("author", sa.String(64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_notes_conversation_id", "notes", ["conversation_id"])
    op.create_table(
        "tags",
        sa.Column("conversation_id", sa.String(255), nullable=False),
        sa.Column("tag", sa.String(40), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", "tag"),
    )
    op.create_index("ix_tags_tag", "tags", ["tag"])
    op.create_table(
        "verdicts",
        *_of_message(),
        sa.Column("is_right", sa.Boolean(), nullable=False),
        sa.Column("intent", sa.String(96), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("examples", sa.Text(), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("published_in", sa.String(32)),
        sa.PrimaryKeyConstraint("conversation_id", "number"),
    )
    op.create_index("ix_verdicts_published_in", "verdicts", ["published_in"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE INDEX ix_messages_words ON messages USING gin (to_tsvector('english', text))")
    else:
        for statement in _SQLITE_SEARCH:
            op.execute(statement)


def downgrade() -> None:
    """Drop them."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP INDEX ix_messages_words")
    else:
        for trigger in ("insert", "delete"):
            # nosemgrep: sql-built-from-text - names of ours
            op.execute(f"DROP TRIGGER messages_search_{trigger}")
        op.execute("DROP TABLE message_search")
    for table in _TABLES:
        op.drop_table(table)
    op.drop_index("ix_conversations_assigned_to", "conversations")
    with op.batch_alter_table("conversations") as batch:
        for column in _OF_STAFF:
            batch.drop_column(column.name)


def _of_message() -> tuple[sa.Column, sa.Column]:
    return sa.Column("conversation_id", sa.String(255), nullable=False), sa.Column(
        "number", sa.Integer(), nullable=False
    )
