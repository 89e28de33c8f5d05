"""Runs the migrations on the connection that the caller brings, in the caller's transaction."""

from __future__ import annotations

from alembic import context

from visits.models import Table

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Table.metadata, render_as_batch=True, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
