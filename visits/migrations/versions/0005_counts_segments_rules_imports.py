"""Counts of tries that all processes share; segments, assignment rules, and imports that can be undone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def _versioned() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
    )


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "rate_count",
        sa.Column("key", AutoString(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("ends_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_rate_count")),
    )
    op.create_index(op.f("ix_rate_count_ends_at"), "rate_count", ["ends_at"])
    op.create_table(
        "segment",
        *_versioned(),
        sa.Column("id", AutoString(), nullable=False),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("tiers", sa.JSON(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment")),
        sa.UniqueConstraint("name", name=op.f("uq_segment_name")),
    )
    op.create_table(
        "assignment_rule",
        *_versioned(),
        sa.Column("id", AutoString(), nullable=False),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("segment_id", AutoString(), nullable=True),
        sa.Column("area", sa.JSON(), nullable=True),
        sa.Column("territory_id", AutoString(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["segment_id"], ["segment.id"], name=op.f("fk_assignment_rule_segment_id_segment")),
        sa.ForeignKeyConstraint(
            ["territory_id"], ["territory.id"], name=op.f("fk_assignment_rule_territory_id_territory")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment_rule")),
    )
    op.create_index(op.f("ix_assignment_rule_position"), "assignment_rule", ["position"])
    op.create_index(op.f("ix_assignment_rule_territory_id"), "assignment_rule", ["territory_id"])
    op.create_table(
        "import_batch",
        sa.Column("id", AutoString(), nullable=False),
        sa.Column("noun", AutoString(), nullable=False),
        sa.Column("file", AutoString(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("actor", AutoString(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("undone_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_batch")),
    )
    op.create_index(op.f("ix_import_batch_created_at"), "import_batch", ["created_at"])


def downgrade() -> None:
    """Take back."""
    for table in ("import_batch", "assignment_rule", "segment", "rate_count"):
        op.drop_table(table)
