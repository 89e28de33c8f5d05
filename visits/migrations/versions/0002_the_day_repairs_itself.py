"""The day repairs itself: proposals, changes that can be taken back, held slots, histories of visits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "proposal",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("id", AutoString(), nullable=False),
        sa.Column("state", AutoString(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("territory_ids", sa.JSON(), nullable=False),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("base", sa.JSON(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("draft", sa.Text(), nullable=False),
        sa.Column("problem_hash", AutoString(), nullable=True),
        sa.Column("actor", AutoString(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.Column("decided_by", AutoString(), nullable=True),
        sa.Column("decided_at", UTCDateTime(), nullable=True),
        sa.Column("change_id", AutoString(), nullable=True),
        sa.Column("replaced_by", AutoString(), nullable=True),
        sa.ForeignKeyConstraint(
            ["problem_hash"], ["stored_problem.hash"], name=op.f("fk_proposal_problem_hash_stored_problem")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
    )
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_proposal_day"), ["day"], unique=False)
        batch_op.create_index(batch_op.f("ix_proposal_state"), ["state"], unique=False)

    op.create_table(
        "plan_change",
        sa.Column("id", AutoString(), nullable=False),
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("actor", AutoString(), nullable=False),
        sa.Column("proposal_id", AutoString(), nullable=True),
        sa.Column("touched", sa.JSON(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("undone_at", UTCDateTime(), nullable=True),
        sa.Column("undone_by", AutoString(), nullable=True),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposal.id"], name=op.f("fk_plan_change_proposal_id_proposal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_change")),
    )
    op.create_table(
        "slot_hold",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("id", AutoString(), nullable=False),
        sa.Column("state", AutoString(), nullable=False),
        sa.Column("rep_id", AutoString(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("start_s", sa.Integer(), nullable=False),
        sa.Column("end_s", sa.Integer(), nullable=False),
        sa.Column("service_s", sa.Integer(), nullable=False),
        sa.Column("customer_id", AutoString(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("actor", AutoString(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.Column("visit_id", AutoString(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_slot_hold_customer_id_customer")),
        sa.ForeignKeyConstraint(["rep_id"], ["rep.id"], name=op.f("fk_slot_hold_rep_id_rep")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slot_hold")),
    )
    with op.batch_alter_table("slot_hold", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_slot_hold_day"), ["day"], unique=False)
        batch_op.create_index(batch_op.f("ix_slot_hold_rep_id"), ["rep_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_slot_hold_state"), ["state"], unique=False)

    op.create_table(
        "visit_transition",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("visit_id", AutoString(), nullable=False),
        sa.Column("action", AutoString(), nullable=False),
        sa.Column("from_state", AutoString(), nullable=False),
        sa.Column("to_state", AutoString(), nullable=False),
        sa.Column("settled", AutoString(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("recorded_at", UTCDateTime(), nullable=False),
        sa.Column("actor", AutoString(), nullable=False),
        sa.Column("cause", AutoString(), nullable=False),
        sa.Column("rep_id", AutoString(), nullable=True),
        sa.Column("outcome", AutoString(), nullable=False),
        sa.Column("note", AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_transition")),
    )
    with op.batch_alter_table("visit_transition", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_visit_transition_rep_id"), ["rep_id"], unique=False)
        batch_op.create_index("ix_visit_transition_visit_id_id", ["visit_id", "id"], unique=False)

    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.add_column(sa.Column("locked", sa.Boolean(), server_default=sa.false(), nullable=False))

    with op.batch_alter_table("plan_version", schema=None) as batch_op:
        batch_op.add_column(sa.Column("change_id", AutoString(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_plan_version_change_id_plan_change"), "plan_change", ["change_id"], ["id"]
        )
        batch_op.create_index(batch_op.f("ix_plan_version_change_id"), ["change_id"], unique=False)


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("plan_version", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_plan_version_change_id"))
        batch_op.drop_constraint(batch_op.f("fk_plan_version_change_id_plan_change"), type_="foreignkey")
        batch_op.drop_column("change_id")

    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.drop_column("locked")

    op.drop_table("visit_transition")
    op.drop_table("slot_hold")
    op.drop_table("plan_change")
    op.drop_table("proposal")
