"""What tests of the service share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.settings import Settings
from routing.roads.store import build_roads
from tests.api.seed import seed
from tests.api.serving import Served, served
from tests.api.streets import write_extract
from visits.store import migrate, open_store


@pytest.fixture(scope="session")
def roads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The road network of the made-up town."""
    folder = tmp_path_factory.mktemp("town")
    write_extract(folder / "town.osm")
    build_roads(folder / "town.osm", folder / "roads")
    return folder / "roads"


@pytest.fixture
def settings(store_url: str, roads: Path, tmp_path: Path) -> Settings:
    """Settings of a service on a database with the small organisation in it."""
    migrate(store_url)
    store = open_store(store_url)
    seed(store)
    store.close()
    return Settings(
        data_dir=tmp_path,
        database_url=store_url,
        roads_dir=roads,
        port=0,
        solve_seconds=1.0,
        repair_seconds=0.3,
        max_body_bytes=50_000,
    )


@pytest.fixture
def service(settings: Settings) -> Iterator[Served]:
    """A running service."""
    with served(settings) as running:
        yield running
