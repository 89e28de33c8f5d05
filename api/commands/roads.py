"""`beatplan roads`: build a road network from an extract, describe it, and ask it for matrices and routes."""

from __future__ import annotations

import json
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from routing.errors import InputError
from routing.roads.network import require_on_roads
from routing.roads.points import parse_place, read_points, route_line, write_matrix
from routing.roads.sources import roads_at
from routing.roads.store import ATTRIBUTION, RoadsReport, build_roads, read_report, read_speeds, store_speeds

app = typer.Typer(no_args_is_help=True, help="Build and ask a road network.")

Extract = Annotated[Path, typer.Argument(metavar="EXTRACT", help="OpenStreetMap extract, .osm or .osm.pbf.")]
Out = Annotated[Path, typer.Option(metavar="DIR", help="Directory to write; an older network there is replaced.")]
Roads = Annotated[
    str,
    typer.Argument(metavar="DIR", help="Directory of `roads build`, or the http address of an OSRM server."),
]
NetworkDirectory = Annotated[Path, typer.Argument(metavar="DIR", help="Directory that `roads build` wrote.")]
Departure = Annotated[
    str | None,
    typer.Option(help="Local time of departure such as 2026-11-23T08:00, where the network knows several speeds."),
]


@app.command()
def build(extract: Extract, out: Out) -> None:
    """Build a road network from an OpenStreetMap extract."""
    _tell(out, build_roads(extract, out))


@app.command()
def fetch(
    place: Annotated[str, typer.Argument(metavar="PLACE", help='A town or district, such as "Porto, Portugal".')],
    out: Out,
    extract: Annotated[
        Path | None, typer.Option(metavar="FILE.osm.pbf", help="Keep the downloaded map here, for `roads tiles`.")
    ] = None,
    nominatim: Annotated[str | None, typer.Option(metavar="URL", help="Another Nominatim server.")] = None,
    overpass: Annotated[str | None, typer.Option(metavar="URL", help="Another Overpass server.")] = None,
) -> None:
    """Download a place's map by name with OSMnx and build its road network."""
    from routing.roads.fetch import fetch_extract  # noqa: PLC0415  # only here is it needed

    with tempfile.TemporaryDirectory(prefix="roads-") as folder:
        kept = extract or Path(folder) / "fetched.osm.pbf"
        fetch_extract(place, kept, nominatim=nominatim, overpass=overpass)
        _tell(out, build_roads(kept, out))


@app.command("import")
def import_(
    source: Annotated[Path, typer.Argument(metavar="FILE.graphml", help="A graph that OSMnx saved.")], out: Out
) -> None:
    """Build a road network from a GraphML file of OSMnx."""
    from routing.roads.graphml import import_graphml  # noqa: PLC0415  # only here is it needed

    _tell(out, import_graphml(source, out))


@app.command()
def export(
    directory: NetworkDirectory,
    out: Annotated[Path, typer.Argument(metavar="FILE.graphml", help="File to write; an older one is replaced.")],
) -> None:
    """Write a road network as GraphML that OSMnx reads."""
    from routing.roads.graphml import export_graphml  # noqa: PLC0415  # only here is it needed

    typer.echo(f"{out}: {export_graphml(directory, out):,} edges; {ATTRIBUTION}")


@app.command()
def tiles(
    extract: Extract,
    out: Annotated[Path, typer.Option(metavar="FILE.mbtiles", help="File to write; an older one is replaced.")],
) -> None:
    """Make the vector tiles that the maps in the browser show."""
    from routing.roads.tiles import build_tiles  # noqa: PLC0415  # only here is it needed

    report = build_tiles(extract, out, lambda line: typer.echo(line, err=True) if sys.stderr.isatty() else None)
    typer.echo(
        f"{out}: {report.tiles:,} tiles, {report.total_bytes / 1e6:.1f} MB, "
        f"the largest {report.largest_bytes / 1e3:.0f} kB"
    )


@app.command()
def info(
    place: Annotated[Path, typer.Argument(metavar="DIR|EXTRACT", help="A road network, or an extract of one.")],
    *,
    brief: Annotated[bool, typer.Option(help="Leave the analysis out, which takes seconds on a large map.")] = False,
) -> None:
    """Print as JSON what a road network was made from, how large it is and how its streets hang together.

    Of a network only the connected part is stored; give the extract to see its islands too.
    """
    from routing.roads.analysis import analyse, graph_at  # noqa: PLC0415  # NetworkX is needed only here

    told: dict[str, Any] = {} if place.is_file() else read_report(place).model_dump(mode="json")
    if not brief:
        told["streets"] = analyse(graph_at(place)).model_dump(mode="json")
    typer.echo(json.dumps(told, indent=2, ensure_ascii=False))


@app.command()
def speeds(
    directory: NetworkDirectory,
    source: Annotated[
        Path | None, typer.Argument(metavar="SPEEDS.json", help="Speeds to use from now on; roads are not built anew.")
    ] = None,
) -> None:
    """Print the speeds by road class, area and hour that a network drives, as JSON, or set them from a file."""
    if source is not None:
        profile = store_speeds(directory, source)
        areas = ", ".join(area.name for area in profile.areas) or "none"
        typer.echo(f"{directory}: speeds {', '.join(profile.speeds)}; areas: {areas}")
        return
    read_report(directory)
    typer.echo(read_speeds(directory).to_json(indent=2))


@app.command()
def matrix(
    directory: Roads,
    points: Annotated[Path, typer.Argument(metavar="POINTS.csv", help="Places: id,lon,lat.")],
    out: Annotated[Path, typer.Option(metavar="M.npz", help="NumPy archive to write.")],
    departure: Departure = None,
) -> None:
    """Compute travel seconds and metres between all places of a CSV file."""
    leaving = parse_departure(departure)
    places = read_points(points)
    network = roads_at(directory)
    snapped = network.snap(places.lonlat)
    require_on_roads(snapped, list(places.ids))
    write_matrix(out, places.ids, network.matrix(snapped, departure=leaving), snapped)
    typer.echo(f"{out}: {len(places.ids):,} places, the furthest {snapped.off_road_m.max():.0f} m off the road")


@app.command(context_settings={"ignore_unknown_options": True})
def route(
    directory: Roads,
    origin: Annotated[str, typer.Argument(metavar="LON,LAT", help="Start, such as -8.61,41.15.")],
    target: Annotated[str, typer.Argument(metavar="LON,LAT", help="End.")],
    departure: Departure = None,
) -> None:
    """Print the fastest route between two places as a GeoJSON LineString with its seconds, metres and streets."""
    leaving = parse_departure(departure)
    places = np.array([parse_place(origin), parse_place(target)])
    network = roads_at(directory)
    start, end = network.snap(places[:1]), network.snap(places[1:])
    require_on_roads(start, [origin])
    require_on_roads(end, [target])
    typer.echo(json.dumps(route_line(network.route(start, end, departure=leaving)), ensure_ascii=False))


def _tell(out: Path, report: RoadsReport) -> None:
    typer.echo(
        f"{out}: {report.nodes:,} nodes, {report.edges:,} directed edges, {report.length_km:,.1f} km of road "
        f"({report.left_out_edges:,} edges left out as not connected both ways); {report.attribution}"
    )


def parse_departure(text: str | None) -> datetime | None:
    """A local time from ISO 8601 text; None stays None. Raises InputError showing the text."""
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f"--departure {text!r} is no date and time; write one such as 2026-11-23T08:00") from None
