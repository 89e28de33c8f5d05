"""A rep's day as a file: CSV for a spreadsheet, GPX for a navigation device."""

from __future__ import annotations

import csv
import io
from xml.etree import ElementTree as ET

from visits.board_views import DriveLines
from visits.day_plan import DayPlan

GPX = "http://www.topografix.com/GPX/1/1"
COLUMNS = (
    "number", "arrival", "start", "departure", "name", "address", "phone", "tier", "state", "promise",
    "drive_min", "drive_km", "lon", "lat", "visit", "customer",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def route_csv(plan: DayPlan) -> str:
    """The stops in driving order, one a line; text that a spreadsheet would run as a formula is quoted."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for number, stop in enumerate(plan.stops, 1):
        promise = f"{stop.promise.start:%H:%M}-{stop.promise.end:%H:%M}" if stop.promise else ""
        writer.writerow(
            (
                number,
                f"{stop.arrival:%H:%M}",
                f"{stop.start:%H:%M}",
                f"{stop.departure:%H:%M}",
                *map(_as_text, (stop.name, stop.address, stop.phone)),
                stop.tier,
                stop.state,
                promise,
                round(stop.travel_s / 60),
                round(stop.distance_m / 1000, 1),
                stop.lon,
                stop.lat,
                stop.visit,
                stop.customer,
            )
        )
    return out.getvalue()


def route_gpx(plan: DayPlan, lines: DriveLines) -> str:
    """GPX 1.1: every stop a waypoint and a point of the route, the drive along the roads a track."""
    ET.register_namespace("", GPX)
    root = ET.Element(f"{{{GPX}}}gpx", {"version": "1.1", "creator": "beatplan"})
    for number, stop in enumerate(plan.stops, 1):
        _point(root, "wpt", stop.lon, stop.lat, f"{number}. {stop.name}", f"{stop.start:%H:%M} {stop.address}".strip())
    route = ET.SubElement(root, f"{{{GPX}}}rte")
    ET.SubElement(route, f"{{{GPX}}}name").text = f"{plan.rep_name} {plan.date.isoformat()}"
    _point(route, "rtept", plan.start.lon, plan.start.lat, plan.start.name)
    for stop in plan.stops:
        _point(route, "rtept", stop.lon, stop.lat, stop.name)
    _point(route, "rtept", plan.end.lon, plan.end.lat, plan.end.name)
    for line in lines.lines:
        track = ET.SubElement(root, f"{{{GPX}}}trk")
        segment = ET.SubElement(track, f"{{{GPX}}}trkseg")
        for lon, lat in line.geometry.coordinates:
            _point(segment, "trkpt", lon, lat)
    return ET.tostring(root, encoding="unicode", xml_declaration=True)


def _point(parent: ET.Element, kind: str, lon: float, lat: float, name: str = "", said: str = "") -> None:
    point = ET.SubElement(parent, f"{{{GPX}}}{kind}", {"lat": str(lat), "lon": str(lon)})
    for tag, text in (("name", name), ("desc", said)):
        if text:
            ET.SubElement(point, f"{{{GPX}}}{tag}").text = text


def _as_text(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
