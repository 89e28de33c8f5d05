"""`beatplan roads`: build a road network from an extract, describe it, and ask it for matrices and routes."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from routing.errors import InputError
from routing.roads.network import require_on_roads
from routing.roads.points import parse_place, read_points, route_feature, write_matrix
from routing.roads.store import build_roads, open_roads, read_report

app = typer.Typer(no_args_is_help=True, help="Build and ask a road network.")

NetworkDirectory = Annotated[Path, typer.Argument(metavar="DIR", help="Directory that `roads build` wrote.")]
Departure = Annotated[
    str | None,
    typer.Option(help="Local time of departure such as 2026-11-23T08:00, where the network knows several speeds."),
]


@app.command()
def build(
    extract: Annotated[Path, typer.Argument(metavar="EXTRACT", help="OpenStreetMap extract, .osm or .osm.pbf.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Directory to write; an older network there is replaced.")],
) -> None:
    """Build a road network from an OpenStreetMap extract."""
    report = build_roads(extract, out)
    typer.echo(
        f"{out}: {report.nodes:,} nodes, {report.edges:,} directed edges, {report.length_km:,.1f} km of road "
        f"({report.left_out_edges:,} edges left out as not connected both ways); {report.attribution}"
    )


@app.command()
def info(directory: NetworkDirectory) -> None:
    """Print what a road network was made from and how large it is, as JSON."""
    typer.echo(read_report(directory).to_json(indent=2))


@app.command()
def matrix(
    directory: NetworkDirectory,
    points: Annotated[Path, typer.Argument(metavar="POINTS.csv", help="Places: id,lon,lat.")],
    out: Annotated[Path, typer.Option(metavar="M.npz", help="NumPy archive to write.")],
    departure: Departure = None,
) -> None:
    """Compute travel seconds and metres between all places of a CSV file."""
    leaving = parse_departure(departure)
    places = read_points(points)
    network = open_roads(directory)
    snapped = network.snap(places.lonlat)
    require_on_roads(snapped, list(places.ids))
    write_matrix(out, places.ids, network.matrix(snapped, departure=leaving), snapped)
    typer.echo(f"{out}: {len(places.ids):,} places, the furthest {snapped.off_road_m.max():.0f} m off the road")


@app.command(context_settings={"ignore_unknown_options": True})
def route(
    directory: NetworkDirectory,
    origin: Annotated[str, typer.Argument(metavar="LON,LAT", help="Start, such as -8.61,41.15.")],
    target: Annotated[str, typer.Argument(metavar="LON,LAT", help="End.")],
    departure: Departure = None,
) -> None:
    """Print the fastest route between two places as a GeoJSON LineString feature."""
    leaving = parse_departure(departure)
    places = np.array([parse_place(origin), parse_place(target)])
    network = open_roads(directory)
    start, end = network.snap(places[:1]), network.snap(places[1:])
    require_on_roads(start, [origin])
    require_on_roads(end, [target])
    typer.echo(json.dumps(route_feature(network.route(start, end, departure=leaving)), ensure_ascii=False))


def parse_departure(text: str | None) -> datetime | None:
    """A local time from ISO 8601 text; None stays None. Raises InputError showing the text."""
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f"--departure {text!r} is no date and time; write one such as 2026-11-23T08:00") from None
