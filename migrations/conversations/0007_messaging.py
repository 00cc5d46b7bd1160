"""The messaging channels: where replies go, who wants none, and which are on their way; what kind a message is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    """Build them."""
    op.create_table(
        "addresses",
        sa.Column("conversation_id", sa.String(255), primary_key=True),
        sa.Column("who", sa.String(64), nullable=False, index=True),
        sa.Column("address", sa.LargeBinary, nullable=False),
        sa.Column("last_inbound_at", sa.Float, nullable=False),
    )
    op.create_table(
        "opt_outs",
        sa.Column("who", sa.String(64), primary_key=True),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("by", sa.String(12), nullable=False),
        sa.Column("ended_at", sa.Float),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", _COUNTER, primary_key=True),
        sa.Column("conversation_id", sa.String(255), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("body", sa.Text),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", sa.Float, nullable=False),
        sa.Column("platform_id", sa.String(255)),
        sa.Column("error", sa.String(96)),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("changed_at", sa.Float, nullable=False),
        sa.UniqueConstraint("conversation_id", "number", "part"),
    )
    op.create_index("ix_deliveries_platform_id", "deliveries", ["channel", "platform_id"])
    op.create_index(
        "ix_deliveries_waiting", "deliveries", ["next_at"], postgresql_where=_WAITING, sqlite_where=_WAITING
    )
    op.add_column("inbox", sa.Column("kind", sa.String(16)))


def downgrade() -> None:
    """Drop them."""
    op.execute("ALTER TABLE inbox DROP COLUMN kind")
    for table in ("deliveries", "opt_outs", "addresses"):
        op.drop_table(table)
