"""`beatplan demo`: a real city, planned and served, from nothing."""

from __future__ import annotations

import hashlib
import json
import secrets
import sys
import threading
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from sqlmodel import col, select

from api.auth.passwords import Passwords
from api.commands.demo_check import check
from api.commands.opening import DataOption, PortOption, prepare
from api.commands.plan import carry_out, stored_plans
from api.page_files import are_built
from api.server import address_of, listen, make_server
from api.settings import Settings, load_settings
from routing.errors import InputError
from visits.demo_loading import DEMO_DATA, Demo, load_demo
from visits.models import PlanRun, RunState
from visits.store import Store, open_store

app = typer.Typer()
ZONE = ZoneInfo("Europe/Helsinki")
EXTRACT = DEMO_DATA / "helsinki.osm.pbf"
WEEK = 7
SOLVE_SECONDS = 3.0
"""Search time per territory of the demo's week."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the demo tells once it serves."""

    base_url: str
    date: date
    demo: Demo
    password: str

    @property
    def pages(self) -> dict[str, str]:
        """The addresses of the web pages, none where they are not built. The phone shows the first planned day."""
        if not are_built():
            return {}
        return {
            "phone": f"{self.base_url}/today?date={self.date.isoformat()}",
            "board": f"{self.base_url}/board?date={self.date.isoformat()}",
            "territories": f"{self.base_url}/territories",
        }

    def as_json(self) -> str:
        """The one line of --json."""
        users = [{**asdict(person), "password": self.password} for person in self.demo.people]
        document: dict[str, Any] = {
            "base_url": self.base_url,
            "date": self.date.isoformat(),
            "users": [
                {name: user[name] for name in ("role", "email", "password", "token", "rep_id")} for user in users
            ],
            "pages": self.pages,
        }
        return json.dumps(document, ensure_ascii=False)

    def as_text(self) -> str:
        """What a person reads."""
        lines = [
            f"beatplan demo: Helsinki, {self.demo.customers} customers, {self.demo.reps} reps, planned for a week",
            f"  interface    {self.base_url}/api/v1/openapi.json",
            *(f"  {name:<13}{address}" for name, address in self.pages.items()),
            f"  sign in      {self.base_url}/sign-in with an address below and the password {self.password}",
            "               or send a token as `Authorization: Bearer TOKEN`",
            *(
                f"    {person.role:<11}{person.email:<32}{person.token}"
                + (f"  rep {person.rep_id}" if person.rep_id else "")
                for person in self.demo.people
            ),
        ]
        rep = next((person for person in self.demo.people if person.rep_id), None)
        if rep is not None:
            lines.append(
                f"  try          curl -H 'Authorization: Bearer {rep.token}' "
                f"{self.base_url}/api/v1/reps/{rep.rep_id}/plans/{self.date.isoformat()}"
            )
        return "\n".join([*lines, "Map data © OpenStreetMap contributors, ODbL. Ctrl-C ends the demo."])


@app.command("demo")
def demo(
    check_only: Annotated[bool, typer.Option("--check", help="Fetch a plan, cancel a visit, show both, end.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Say where it serves as one JSON line on stdout.")] = False,
    port: PortOption = None,
    data: DataOption = None,
) -> None:
    """Load the embedded demo, plan its week once, and serve it."""
    settings = demo_settings(data, port)
    with listen(settings) as bound:
        shown = prepared(settings, address_of(bound))
        failures: list[Exception] = []

        def ready() -> None:
            print(shown.as_json() if as_json else shown.as_text(), flush=True)  # noqa: T201
            if check_only:
                threading.Thread(target=look, name="demo-check", daemon=True).start()

        def look() -> None:
            try:
                check(shown.base_url, shown.date, shown.demo, say=_say if as_json else print)
            except Exception as error:  # noqa: BLE001 - carried to the main thread, which raises it
                failures.append(error)
            finally:
                server.end(len(failures))

        server = make_server(settings, ready)
        server.run(sockets=[bound])
    if failures:
        raise failures[0]


def demo_settings(data: Path | None, port: int | None) -> Settings:
    """Settings whose database and roads lie in the data directory, whatever the environment names for real work."""
    settings = load_settings(data_dir=data, port=port)
    directory = settings.data_dir
    return settings.model_copy(
        update={
            "database_url": f"sqlite:///{directory / 'beatplan.db'}",
            "roads_dir": directory / "roads",
            "osrm_url": "",
            "tiles_file": directory / "tiles.mbtiles",
            "solve_seconds": SOLVE_SECONDS,
        }
    )


def prepared(settings: Settings, base_url: str) -> Shown:
    """The demo's roads, data and week, made where they are missing. Raises InputError, RoadError, StoreError."""
    prepare(settings)
    _build_roads(settings.roads_path)
    _build_tiles(settings.tiles_path)
    store = open_store(settings.store_url)
    try:
        today = datetime.now(ZONE).date()
        password = _password()
        loaded = load_demo(store, today, password_hash=Passwords().hash(password))
        if not _is_planned(store, today):
            _say("planning the week")
            carry_out(settings, store, PlanRun(first_day=today, days=WEEK, seconds=settings.solve_seconds))
        return Shown(base_url, _first_working_day(store, today), loaded, password)
    finally:
        store.close()


def _password() -> str:
    """One password for all people of this demo, fresh at every start, easy to type on a phone."""
    return "-".join("".join(secrets.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(4)) for _ in range(3))


def _build_roads(directory: Path) -> None:
    from routing.roads.store import build_roads, read_report  # noqa: PLC0415 - a second of imports, not for --help

    if not EXTRACT.is_file():
        raise InputError(f"{EXTRACT} is missing from this installation; install beatplan again")
    if directory.is_dir() and any(directory.iterdir()):
        try:
            if read_report(directory).extract_sha256 == hashlib.sha256(EXTRACT.read_bytes()).hexdigest():
                return
        except InputError as error:
            _say(f"building the roads again: {error}")
    _say("building the roads")
    build_roads(EXTRACT, directory)


def _build_tiles(file: Path) -> None:
    from routing.roads.tile_store import TileStore  # noqa: PLC0415 - as with the roads
    from routing.roads.tiles import build_tiles  # noqa: PLC0415

    digest = hashlib.sha256(EXTRACT.read_bytes()).hexdigest()
    if file.is_file():
        try:
            if TileStore(file).metadata.get("extract_sha256") == digest:
                return
        except InputError as error:
            _say(f"drawing the map again: {error}")
    _say("drawing the map")
    build_tiles(EXTRACT, file)


def _is_planned(store: Store, today: date) -> bool:
    done = select(PlanRun.id).where(
        PlanRun.status == RunState.DONE, PlanRun.first_day == today, col(PlanRun.days) >= WEEK
    )
    with store.reading() as session:
        return session.exec(done).first() is not None


def _first_working_day(store: Store, today: date) -> date:
    plans = stored_plans(store, today + timedelta(days=1), WEEK - 1)
    if not plans:
        raise InputError("the demo's week holds no plan; remove its data directory and start again")
    return plans[0].date


def _say(text: str) -> None:
    print(f"demo: {text}", file=sys.stderr, flush=True)  # noqa: T201
