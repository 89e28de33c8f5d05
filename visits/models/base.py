"""What all tables share: the metadata with named constraints, made ids and the clock."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import MetaData
from sqlalchemy.orm import declared_attr
from sqlmodel import Field, SQLModel

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


class Table(SQLModel):
    """Base of every table. Constraints are named by rule, so that migrations on SQLite and PostgreSQL can name them."""

    metadata = MetaData(naming_convention=_NAMES)


def new_id(prefix: str) -> str:
    """A fresh id such as ``cus_7f3k…``: the noun's prefix and 80 random bits in 16 letters and digits."""
    return f"{prefix}_" + "".join(secrets.choice(_ALPHABET) for _ in range(16))


def utc_now() -> datetime:
    """The present moment, timezone-aware, in UTC."""
    return datetime.now(UTC)


class Versioned(Table):
    """Base of rows that people edit: an update of a row that changed meanwhile raises StaleDataError."""

    version: int = 1
    created_at: datetime = Field(default_factory=utc_now)
    updated_at: datetime = Field(default_factory=utc_now, sa_column_kwargs={"onupdate": utc_now})

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805 -- SQLAlchemy calls it with the class
        table = getattr(cls, "__table__", None)
        return {} if table is None else {"version_id_col": table.c.version}
