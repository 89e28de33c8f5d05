"""The history of the schema, the same for SQLite and PostgreSQL."""
