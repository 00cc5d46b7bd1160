"""A keyed hash of each contact, by which a person's requests are found, and the requests that were erased."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Build them."""
    op.add_column("consultation_requests", sa.Column("contact_hash", sa.String(64)))
    op.create_index("ix_consultation_requests_contact_hash", "consultation_requests", ["contact_hash"])
    op.create_table(
        "deleted_requests",
        sa.Column("reference_hash", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("reference_hash"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("deleted_requests")
    op.drop_index("ix_consultation_requests_contact_hash", "consultation_requests")
    op.execute("ALTER TABLE consultation_requests DROP COLUMN contact_hash")
