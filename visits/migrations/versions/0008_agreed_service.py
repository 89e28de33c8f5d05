"""Visits that were agreed to take longer or shorter than the customer's usual ones."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("visit", sa.Column("service_s", sa.Integer(), nullable=True))


def downgrade() -> None:
    """Take back; all visits take as long as the customer's usual ones."""
    op.drop_column("visit", "service_s")
