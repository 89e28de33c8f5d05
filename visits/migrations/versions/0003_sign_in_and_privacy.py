"""Sign-ins, API keys and privacy; tokens move from people to their sign-ins."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_PERSON = sa.table("person", sa.column("id", sa.String), sa.column("token_hash", sa.String))
_SIGN_IN = sa.table(
    "sign_in",
    *(sa.column(name, sa.String) for name in ("id", "person_id", "kind", "token_hash", "label")),
    sa.column("created_at", UTCDateTime()),
)


def upgrade() -> None:
    """Apply."""
    held = op.get_bind().execute(sa.select(_PERSON).where(_PERSON.c.token_hash.is_not(None))).all()
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.add_column(sa.Column("password_hash", AutoString(), nullable=True))
        batch_op.add_column(sa.Column("external_subject", AutoString(), nullable=True))
        batch_op.create_unique_constraint(batch_op.f("uq_person_external_subject"), ["external_subject"])
        batch_op.drop_constraint(batch_op.f("uq_person_token_hash"), type_="unique")
        batch_op.drop_column("token_hash")
    _make_sign_ins()
    _make_privacy()
    now = datetime.now(UTC)
    if held:
        op.bulk_insert(
            _SIGN_IN,
            [
                {
                    "id": f"sin_{secrets.token_hex(8)}",
                    "person_id": person,
                    "kind": "token",
                    "token_hash": token_hash,
                    "label": "token from before",
                    "created_at": now,
                }
                for person, token_hash in held
            ],
        )


def _make_sign_ins() -> None:
    op.create_table(
        "sign_in",
        sa.Column("id", AutoString(), nullable=False),
        sa.Column("person_id", AutoString(), nullable=False),
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("token_hash", AutoString(), nullable=False),
        sa.Column("label", AutoString(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("last_used_at", UTCDateTime(), nullable=True),
        sa.Column("expires_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_sign_in_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_in_token_hash")),
    )
    op.create_index(op.f("ix_sign_in_person_id"), "sign_in", ["person_id"])
    op.create_index(op.f("ix_sign_in_expires_at"), "sign_in", ["expires_at"])
    op.create_table(
        "sign_in_link",
        sa.Column("code_hash", AutoString(), nullable=False),
        sa.Column("person_id", AutoString(), nullable=False),
        sa.Column("made_by", AutoString(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_sign_in_link_person_id_person")),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_sign_in_link")),
    )
    op.create_index(op.f("ix_sign_in_link_person_id"), "sign_in_link", ["person_id"])
    op.create_index(op.f("ix_sign_in_link_expires_at"), "sign_in_link", ["expires_at"])
    op.create_table(
        "provider_visit",
        sa.Column("state_hash", AutoString(), nullable=False),
        sa.Column("nonce", AutoString(), nullable=False),
        sa.Column("code_verifier", AutoString(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_provider_visit")),
    )
    op.create_index(op.f("ix_provider_visit_expires_at"), "provider_visit", ["expires_at"])
    op.create_table(
        "api_key",
        sa.Column("id", AutoString(), nullable=False),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("prefix", AutoString(), nullable=False),
        sa.Column("secret_hash", AutoString(), nullable=False),
        sa.Column("role", AutoString(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("territory_ids", sa.JSON(), nullable=True),
        sa.Column("made_by", AutoString(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("last_used_at", UTCDateTime(), nullable=True),
        sa.Column("expires_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_api_key_secret_hash")),
    )
    op.create_index(op.f("ix_api_key_created_at"), "api_key", ["created_at"])


def _make_privacy() -> None:
    op.create_table(
        "privacy_settings",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("id", AutoString(), nullable=False),
        sa.Column("positions", sa.Boolean(), nullable=False),
        sa.Column("position_days", sa.Integer(), nullable=False),
        sa.Column("event_days", sa.Integer(), nullable=True),
        sa.Column("notice", AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_privacy_settings")),
    )
    op.create_table(
        "consent",
        sa.Column("id", AutoString(), nullable=False),
        sa.Column("rep_id", AutoString(), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("notice", AutoString(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["rep_id"], ["rep.id"], name=op.f("fk_consent_rep_id_rep")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index(op.f("ix_consent_rep_id"), "consent", ["rep_id"])
    op.create_index(op.f("ix_consent_at"), "consent", ["at"])
    op.create_table(
        "position",
        sa.Column("id", AutoString(), nullable=False),
        sa.Column("rep_id", AutoString(), nullable=False),
        sa.Column("visit_id", AutoString(), nullable=False),
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("accuracy_m", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["rep_id"], ["rep.id"], name=op.f("fk_position_rep_id_rep")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_position_visit_id_visit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_position")),
        sa.UniqueConstraint("visit_id", "kind", name=op.f("uq_position_visit_id_kind")),
    )
    op.create_index(op.f("ix_position_rep_id"), "position", ["rep_id"])
    op.create_index(op.f("ix_position_at"), "position", ["at"])
    op.create_index(op.f("ix_plan_run_created_at"), "plan_run", ["created_at"])


def downgrade() -> None:
    """Take back. Tokens that live with sign-ins end."""
    op.drop_index(op.f("ix_plan_run_created_at"), table_name="plan_run")
    for table in ("position", "consent", "privacy_settings", "api_key", "provider_visit", "sign_in_link", "sign_in"):
        op.drop_table(table)
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_person_external_subject"), type_="unique")
        batch_op.drop_column("external_subject")
        batch_op.drop_column("password_hash")
        batch_op.add_column(sa.Column("token_hash", AutoString(), nullable=True))
        batch_op.create_unique_constraint(batch_op.f("uq_person_token_hash"), ["token_hash"])
