"""Proposals of territories: alternatives, approvals, hand-overs, the tasks behind them and the fitted workload."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "territory_proposal",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("id", AutoString(), nullable=False),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("state", AutoString(), nullable=False),
        sa.Column("message", AutoString(), nullable=False),
        sa.Column("territory_ids", sa.JSON(), nullable=False),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("snapshot", sa.Text(), nullable=False),
        sa.Column("arrays", sa.Text(), nullable=False),
        sa.Column("approvals_needed", sa.Integer(), nullable=False),
        sa.Column("actor", AutoString(), nullable=False),
        sa.Column("alternative", AutoString(), nullable=True),
        sa.Column("effective_from", sa.Date(), nullable=True),
        sa.Column("published_by", AutoString(), nullable=True),
        sa.Column("published_at", UTCDateTime(), nullable=True),
        sa.Column("rolled_back_by", AutoString(), nullable=True),
        sa.Column("rolled_back_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_territory_proposal")),
    )
    op.create_index(op.f("ix_territory_proposal_state"), "territory_proposal", ["state"])
    op.create_index(op.f("ix_territory_proposal_effective_from"), "territory_proposal", ["effective_from"])
    op.create_table(
        "territory_alternative",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("id", AutoString(), nullable=False),
        sa.Column("proposal_id", AutoString(), nullable=False),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("wish", sa.JSON(), nullable=False),
        sa.Column("owners", sa.JSON(), nullable=False),
        sa.Column("pins", sa.JSON(), nullable=False),
        sa.Column("edits", sa.JSON(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("validation", sa.JSON(), nullable=True),
        _of_proposal("territory_alternative"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_territory_alternative")),
        sa.UniqueConstraint("proposal_id", "name", name=op.f("uq_territory_alternative_proposal_id_name")),
    )
    op.create_index(op.f("ix_territory_alternative_proposal_id"), "territory_alternative", ["proposal_id"])
    op.create_table(
        "territory_approval",
        sa.Column("id", AutoString(), nullable=False),
        sa.Column("proposal_id", AutoString(), nullable=False),
        sa.Column("alternative", AutoString(), nullable=False),
        sa.Column("digest", AutoString(), nullable=False),
        sa.Column("person_id", AutoString(), nullable=False),
        sa.Column("comment", AutoString(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        _of_proposal("territory_approval"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_territory_approval")),
        sa.UniqueConstraint(
            "proposal_id", "person_id", "digest", name=op.f("uq_territory_approval_proposal_id_person_id_digest")
        ),
    )
    op.create_index(op.f("ix_territory_approval_proposal_id"), "territory_approval", ["proposal_id"])
    _hand_overs()
    op.create_table(
        "territory_task",
        sa.Column("id", AutoString(), nullable=False),
        sa.Column("proposal_id", AutoString(), nullable=True),
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("argument", AutoString(), nullable=False),
        sa.Column("status", AutoString(), nullable=False),
        sa.Column("claim", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("worker_id", AutoString(), nullable=True),
        sa.Column("message", AutoString(), nullable=False),
        sa.Column("schedule_key", AutoString(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("started_at", UTCDateTime(), nullable=True),
        sa.Column("finished_at", UTCDateTime(), nullable=True),
        _of_proposal("territory_task"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_territory_task")),
    )
    for column in ("proposal_id", "status", "worker_id"):
        op.create_index(op.f(f"ix_territory_task_{column}"), "territory_task", [column])
    op.create_index(op.f("ix_territory_task_schedule_key"), "territory_task", ["schedule_key"], unique=True)
    op.create_table(
        "workload_fit",
        sa.Column("id", AutoString(), nullable=False),
        sa.Column("local", sa.Float(), nullable=False),
        sa.Column("haul", sa.Float(), nullable=False),
        sa.Column("visits_per_day", sa.Float(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("error", sa.Float(), nullable=True),
        sa.Column("worst", sa.Float(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workload_fit")),
    )
    op.create_index(op.f("ix_workload_fit_created_at"), "workload_fit", ["created_at"])


def downgrade() -> None:
    """Take back."""
    for table in (
        "workload_fit",
        "territory_task",
        "hand_over",
        "territory_approval",
        "territory_alternative",
        "territory_proposal",
    ):
        op.drop_table(table)


def _hand_overs() -> None:
    op.create_table(
        "hand_over",
        sa.Column("id", AutoString(), nullable=False),
        sa.Column("proposal_id", AutoString(), nullable=False),
        sa.Column("customer_id", AutoString(), nullable=False),
        sa.Column("from_territory_id", AutoString(), nullable=True),
        sa.Column("to_territory_id", AutoString(), nullable=False),
        sa.Column("reason", AutoString(), nullable=False),
        sa.Column("joint_visit_id", AutoString(), nullable=True),
        sa.Column("done_at", UTCDateTime(), nullable=True),
        sa.Column("undone_at", UTCDateTime(), nullable=True),
        _of_proposal("hand_over"),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_hand_over_customer_id_customer")),
        sa.ForeignKeyConstraint(
            ["from_territory_id"], ["territory.id"], name=op.f("fk_hand_over_from_territory_id_territory")
        ),
        sa.ForeignKeyConstraint(
            ["to_territory_id"], ["territory.id"], name=op.f("fk_hand_over_to_territory_id_territory")
        ),
        sa.ForeignKeyConstraint(["joint_visit_id"], ["visit.id"], name=op.f("fk_hand_over_joint_visit_id_visit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_over")),
        sa.UniqueConstraint("proposal_id", "customer_id", name=op.f("uq_hand_over_proposal_id_customer_id")),
    )
    for column in ("proposal_id", "customer_id"):
        op.create_index(op.f(f"ix_hand_over_{column}"), "hand_over", [column])


def _of_proposal(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["proposal_id"], ["territory_proposal.id"], name=op.f(f"fk_{table}_proposal_id_territory_proposal")
    )
