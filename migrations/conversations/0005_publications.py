"""Publications: what staff had the assistant taught, how far that is, and what came of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Build the table."""
    op.create_table(
        "publications",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(96), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("base", sa.String(32)),
        sa.Column("model", sa.String(255)),
        sa.Column("model_before", sa.String(255)),
        sa.Column("seen_at", sa.Float(), nullable=False),
        sa.Column("finished_at", sa.Float()),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_publications_at", "publications", ["at"])
    op.create_index("ix_publications_state", "publications", ["state"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("publications")
