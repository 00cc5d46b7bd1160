"""Figures of closed days, and the messages of a day without a look at all others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Build the table and the index."""
    op.create_table(
        "daily_figures",
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("starts_at", sa.Float(), nullable=False),
        sa.Column("ends_at", sa.Float(), nullable=False),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("counted", sa.Integer()),
        sa.Column("sealed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("day"),
    )
    op.create_index("ix_daily_figures_starts_at", "daily_figures", ["starts_at"])
    op.create_index("ix_messages_at", "messages", ["at"])


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_messages_at", "messages")
    op.drop_table("daily_figures")
