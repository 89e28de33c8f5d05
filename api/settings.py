"""What an operator may set, each by an environment variable that begins with BEATPLAN_."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError
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
    threads: int = Field(default=16, ge=2, le=256, description="Threads that answer requests.")
    max_body_bytes: int = Field(
        default=2_000_000, ge=1_000, le=1_000_000_000, description="Largest request body taken, in bytes."
    )
    body_seconds: float = Field(
        default=30.0, gt=0, le=3600, description="Seconds that a request's body may take to arrive."
    )
    requests_per_minute: int = Field(
        default=0,
        ge=0,
        le=1_000_000,
        description="Requests that each signed-in caller may send in a minute to each process of the service. 0: any.",
    )
    public_url: str = Field(
        default="",
        pattern=r"^(https?://[^\s/?#]+/?)?$",
        description="Where people reach the service, such as https://plans.example.com: for links, cookies and the "
        "OpenID provider. Empty: as each request says.",
    )
    trusted_proxies: str = Field(
        default="127.0.0.1",
        pattern=r"^[0-9A-Fa-f.:/*]+(,[0-9A-Fa-f.:/*]+)*$",
        description="Addresses and networks of proxies, comma between, whose X-Forwarded-For and X-Forwarded-Proto are "
        "believed; without those of yours all people share one address and its attempts to sign in.",
    )
    session_days: float = Field(
        default=14.0, gt=0, le=365, description="Days until a sign-in by password or OpenID provider ends."
    )
    device_days: float = Field(default=180.0, gt=0, le=3650, description="Days until a phone's sign-in by link ends.")
    sign_in_attempts: int = Field(
        default=10,
        ge=1,
        le=10_000,
        description="Attempts to sign in as one person from one address in 15 minutes; 30 times as many from the "
        "address, 5 times as many at the person.",
    )
    contact_roles: str = Field(
        default="rep,dispatcher,admin",
        pattern=r"^((rep|dispatcher|manager|admin)(,(rep|dispatcher|manager|admin))*)?$",
        description="Roles that are shown phone numbers and mail addresses, comma between; hidden from the others.",
    )
    oidc_issuer: str = Field(
        default="",
        pattern=r"^(https://\S+|http://(localhost|127\.0\.0\.1)(:\d+)?(/\S*)?)?$",
        description="OpenID Connect provider to sign in at, such as https://login.example.com. Empty: none.",
    )
    oidc_client_id: str = Field(default="beatplan", description="What the OpenID provider knows this service as.")
    oidc_client_secret: SecretStr = Field(
        default=SecretStr(""), description="Secret shared with the OpenID provider. Empty: a public client."
    )
    oidc_name: str = Field(default="", description="The OpenID provider's name for people. Empty: its host.")
    oidc_trust_email: bool = Field(
        default=False, description="Whether the OpenID provider's addresses count without its email_verified."
    )
    worker: bool = Field(
        default=True, description="Whether `beatplan serve` runs a worker of its own; false leaves jobs to others."
    )
    worker_slots: int = Field(
        default=0,
        ge=0,
        le=256,
        description="Territories that one worker plans at a time, beside one that somebody waits for. "
        "0: one less than there are cores, at least one.",
    )
    job_attempts: int = Field(
        default=3, ge=1, le=100, description="How often a territory is tried whose planning process dies."
    )
    lease_seconds: float = Field(
        default=15.0, ge=1, le=3600, description="A worker silent for so many seconds is taken for dead."
    )
    nightly: str = Field(
        default="",
        pattern=r"^(off|\S+( +\S+){4})?$",
        description="When to plan by itself, as a cron line such as `0 2 * * *`; once, however many workers. "
        "off: not any more. Empty: as the other workers say.",
    )
    nightly_zone: str = Field(default="UTC", description="Time zone of the nightly planning, such as Europe/Helsinki.")
    nightly_days: int = Field(default=7, ge=1, le=28, description="Days that the nightly planning covers.")
    webhook_private: bool = Field(
        default=False,
        description="Whether webhooks may be sent unencrypted and into the service's own network, as in tests.",
    )
    events_minutes: float = Field(
        default=10.0,
        gt=0,
        le=1440,
        description="Minutes until a stream of live events ends and its listener comes back and signs in anew.",
    )
    stop_seconds: float = Field(
        default=3.0, gt=0, le=60, description="Seconds that open requests may take to end when the service stops."
    )
    log_format: Literal["text", "json"] = Field(
        default="text", description="How the log on stderr is written: text for people, json for programs."
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


def documented() -> dict[str, tuple[str, str]]:
    """Every environment variable with its default and what it does, for the listing and its test."""
    return {
        f"BEATPLAN_{name.upper()}": ("" if field.default is None else str(field.default), field.description or "")
        for name, field in Settings.model_fields.items()
    }
