"""Jobs that many workers share: parts of planning runs and workers' leases; webhooks and their outbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. Columns are added in place: a table that others refer to cannot be made anew on SQLite."""
    op.create_table(
        "worker",
        sa.Column("id", AutoString(), nullable=False),
        sa.Column("host", AutoString(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started_at", UTCDateTime(), nullable=False),
        sa.Column("seen_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worker")),
    )
    op.create_table(
        "plan_part",
        sa.Column("id", AutoString(), nullable=False),
        sa.Column("run_id", AutoString(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("territory_id", AutoString(), nullable=True),
        sa.Column("label", AutoString(), nullable=False),
        sa.Column("status", AutoString(), nullable=False),
        sa.Column("claim", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("worker_id", AutoString(), nullable=True),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("objective_s", sa.Integer(), nullable=True),
        sa.Column("message", AutoString(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("started_at", UTCDateTime(), nullable=True),
        sa.Column("finished_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["plan_run.id"], name=op.f("fk_plan_part_run_id_plan_run")),
        sa.ForeignKeyConstraint(["territory_id"], ["territory.id"], name=op.f("fk_plan_part_territory_id_territory")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_part")),
        sa.UniqueConstraint("run_id", "position", name=op.f("uq_plan_part_run_id_position")),
    )
    op.create_index(op.f("ix_plan_part_status"), "plan_part", ["status"])
    op.create_index(op.f("ix_plan_part_worker_id"), "plan_part", ["worker_id"])
    op.create_table(
        "webhook",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("id", AutoString(), nullable=False),
        sa.Column("url", AutoString(), nullable=False),
        sa.Column("secret", AutoString(), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=True),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("id", AutoString(), nullable=False),
        sa.Column("webhook_id", AutoString(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("state", AutoString(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=False),
        sa.Column("answer", AutoString(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_webhook_delivery_event_id_event"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhook.id"], name=op.f("fk_webhook_delivery_webhook_id_webhook")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
        sa.UniqueConstraint("webhook_id", "event_id", name=op.f("uq_webhook_delivery_webhook_id_event_id")),
    )
    op.create_index(op.f("ix_webhook_delivery_state"), "webhook_delivery", ["state"])
    op.create_index(op.f("ix_webhook_delivery_due_at"), "webhook_delivery", ["due_at"])
    op.add_column("plan_run", sa.Column("queue", AutoString(), nullable=False, server_default="interactive"))
    op.add_column("plan_run", sa.Column("priority", sa.Integer(), nullable=False, server_default="5"))
    op.add_column("plan_run", sa.Column("schedule_key", AutoString(), nullable=True))
    op.create_index(op.f("ix_plan_run_schedule_key"), "plan_run", ["schedule_key"], unique=True)


def downgrade() -> None:
    """Take back."""
    op.drop_index(op.f("ix_plan_run_schedule_key"), table_name="plan_run")
    for column in ("schedule_key", "priority", "queue"):
        op.drop_column("plan_run", column)
    op.drop_table("webhook_delivery")
    op.drop_table("webhook")
    op.drop_table("plan_part")
    op.drop_table("worker")
