"""The fixtures of the service, for what happens to it when something dies."""

from __future__ import annotations

from tests.api.conftest import (  # noqa: F401 - pytest finds fixtures by their names here
    planned_postgres,
    planned_sqlite,
    roads,
    settings,
)
