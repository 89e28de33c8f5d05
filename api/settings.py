"""What an operator may set, each by an environment variable that begins with BEATPLAN_."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from routing.documents import first_fault
from routing.errors import InputError


class Settings(BaseSettings):
    """Settings of the service and of the commands; the command line overrides what it names."""

    model_config = SettingsConfigDict(env_prefix="BEATPLAN_", frozen=True, extra="ignore")

    data_dir: Path = Field(
        default=Path(".beatplan"), description="Directory of the database and the roads when they are not named."
    )
    database_url: str = Field(
        default="",
        description="SQLite or PostgreSQL, such as postgresql+psycopg://user@host/beatplan. "
        "Empty: the file beatplan.db in the data directory.",
    )
    roads_dir: Path | None = Field(
        default=None,
        description="Road network made by `beatplan roads build`. Empty: the directory roads in the data directory.",
    )
    osrm_url: str = Field(
        default="",
        pattern=r"^(https?://\S+)?$",
        description="OSRM server that answers in place of the road network, such as http://127.0.0.1:5000.",
    )
    tiles_file: Path | None = Field(
        default=None,
        description="Map tiles made by `beatplan roads tiles`. Empty: the file tiles.mbtiles in the data directory.",
    )
    basemap_url: str = Field(
        default="",
        pattern=r"^(https?://\S+)?$",
        description="Raster map of another provider, such as https://maps.example.com/{z}/{x}/{y}.png, which "
        "then sees where people look. Empty: the own map.",
    )
    basemap_datum: Literal["wgs84", "gcj02"] = Field(
        default="wgs84", description="How that map is drawn: gcj02 for maps of China such as Amap's, else wgs84."
    )
    basemap_attribution: str = Field(default="", description="What that map's provider wants to be named as.")
    host: str = Field(default="127.0.0.1", description="Address to listen on; 0.0.0.0 for every network.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    solve_seconds: float = Field(
        default=20.0, gt=0, le=3600, description="Seconds of search for each planning run of one territory."
    )
    repair_seconds: float = Field(
        default=0.3, gt=0, le=60, description="Seconds of search for a proposal; a rep's own day needs no setting."
    )
    repair_processes: int = Field(
        default=0,
        ge=0,
        le=64,
        description="Solver processes kept warm. Repairs run in the service's threads, so 0 will do.",
    )
    threads: int = Field(default=16, ge=2, le=256, description="Threads that answer requests.")
    max_body_bytes: int = Field(
        default=2_000_000, ge=1_000, le=1_000_000_000, description="Largest request body taken, in bytes."
    )
    stop_seconds: float = Field(
        default=3.0, gt=0, le=60, description="Seconds that open requests may take to end when the service stops."
    )
    debug: bool = Field(default=False, description="Show tracebacks on the command line, for a report of a fault.")

    @property
    def store_url(self) -> str:
        """The database URL in force."""
        return self.database_url or f"sqlite:///{self.data_dir / 'beatplan.db'}"

    @property
    def roads_path(self) -> Path:
        """The road network's directory in force."""
        return self.roads_dir or self.data_dir / "roads"

    @property
    def roads_source(self) -> Path | str:
        """Who answers travel times: the OSRM server's address where one is set, else the road network's directory."""
        return self.osrm_url or self.roads_path

    @property
    def map_sources(self) -> str:
        """The origin that pages may fetch their map from beside this service; empty for the own map."""
        parts = urlsplit(self.basemap_url)
        return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""

    @property
    def tiles_path(self) -> Path:
        """The map tiles' file in force."""
        return self.tiles_file or self.data_dir / "tiles.mbtiles"


def load_settings(**overrides: object) -> Settings:
    """The settings from the environment, with those overrides that are not None.

    Raises InputError naming the variable, its value and the mend.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]  # pydantic checks what the environment and callers give
    except ValidationError as error:
        field = str(error.errors()[0]["loc"][0])
        raise InputError(f"BEATPLAN_{field.upper()}: {first_fault(error)}") from None


def search_seconds(seconds: float | None, iterations: int | None, settings: Settings) -> float | None:
    """Search time of a planning run: as asked, else the setting; none where iterations alone bound it."""
    return settings.solve_seconds if seconds is None and iterations is None else seconds


def documented() -> dict[str, str]:
    """Every environment variable with what it does, for the documentation and its test."""
    return {f"BEATPLAN_{name.upper()}": field.description or "" for name, field in Settings.model_fields.items()}
