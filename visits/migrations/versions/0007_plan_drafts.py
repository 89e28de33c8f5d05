"""Planning runs whose plans wait as drafts until somebody publishes them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("plan_run", sa.Column("publish", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.create_table(
        "plan_draft",
        sa.Column("id", AutoString(), nullable=False),
        sa.Column("run_id", AutoString(), nullable=False),
        sa.Column("rep_id", AutoString(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("seen", sa.JSON(), nullable=False),
        sa.Column("executed", sa.JSON(), nullable=False),
        sa.Column("problem_hash", AutoString(), nullable=True),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("iterations", sa.Integer(), nullable=False),
        sa.Column("engine", AutoString(), nullable=False),
        sa.Column("read_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["plan_run.id"], name=op.f("fk_plan_draft_run_id_plan_run")),
        sa.ForeignKeyConstraint(["rep_id"], ["rep.id"], name=op.f("fk_plan_draft_rep_id_rep")),
        sa.ForeignKeyConstraint(
            ["problem_hash"], ["stored_problem.hash"], name=op.f("fk_plan_draft_problem_hash_stored_problem")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_draft")),
        sa.UniqueConstraint("run_id", "rep_id", "day", name=op.f("uq_plan_draft_run_id_rep_id_day")),
    )
    for column in ("run_id", "rep_id", "day"):
        op.create_index(op.f(f"ix_plan_draft_{column}"), "plan_draft", [column])


def downgrade() -> None:
    """Take back; drafts that nobody published are lost."""
    op.drop_table("plan_draft")
    op.drop_column("plan_run", "publish")
