#!/usr/bin/env python3
"""Draws the README's picture: one planned day of the embedded demo, every rep's route on the real roads, as SVG.

scripts/make_picture.py BASE_URL TOKEN DATE ROADS_DIR OUT.svg     (a running demo and its dispatcher's token)
"""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path
from xml.sax.saxutils import escape

import httpx
import numpy as np

from routing.roads.store import open_roads

WIDTH = 640
COLOURS = ("#0b6e4f", "#b3541e", "#3d348b", "#a4133c")
DASHES = ("", "9 4", "3 3", "12 3 3 3")


def main(base_url: str, token: str, day: str, roads: str, out: str) -> None:
    with httpx.Client(base_url=f"{base_url}/api/v1", headers={"Authorization": f"Bearer {token}"}) as client:
        reps = client.get("/reps").raise_for_status().json()["items"]
        plans = [client.get(f"/reps/{rep['id']}/plans/{day}").raise_for_status().json() for rep in reps]
    network = open_roads(Path(roads))
    lines = [_line(network, plan) for plan in plans]
    everything = np.vstack(lines)
    west, south = everything.min(axis=0) - 0.001
    east, north = everything.max(axis=0) + 0.001
    scale = WIDTH / (east - west)
    squeeze = 1 / np.cos(np.radians((south + north) / 2))
    height = round((north - south) * scale * squeeze)

    def xy(lonlat):
        return np.column_stack([(lonlat[:, 0] - west) * scale, (north - lonlat[:, 1]) * scale * squeeze]).round(1)

    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height + 30 * len(plans) + 24}" '
            'font-family="sans-serif" font-size="14">'
        ),
        f'<rect width="100%" height="100%" fill="#fbfaf7"/><title>{escape(f"Four reps in Helsinki on {day}")}</title>',
    ]
    for plan, line, colour, dash in zip(plans, lines, COLOURS, DASHES, strict=True):
        points = " ".join(f"{x:g},{y:g}" for x, y in xy(line).tolist())
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="3" stroke-dasharray="{dash}" '
            'stroke-linejoin="round" opacity="0.85"/>'
        )
        spots = xy(np.array([[stop["lon"], stop["lat"]] for stop in plan["stops"]]))
        kerbs = xy(network.snap(np.array([[stop["lon"], stop["lat"]] for stop in plan["stops"]])).road_lonlat)
        for (x, y), (near_x, near_y) in zip(spots.tolist(), kerbs.tolist(), strict=True):
            parts.append(f'<line x1="{x}" y1="{y}" x2="{near_x}" y2="{near_y}" stroke="{colour}" opacity="0.6"/>')
        for number, (x, y) in enumerate(spots.tolist(), 1):
            parts.append(
                f'<circle cx="{x}" cy="{y}" r="10" fill="{colour}"/><text x="{x}" y="{y + 4}" fill="#fff" '
                f'font-size="11" text-anchor="middle">{number}</text>'
            )
    for row, (plan, colour, dash) in enumerate(zip(plans, COLOURS, DASHES, strict=True)):
        y = height + 22 + 30 * row
        end = plan["end_s"] if "end_s" in plan else plan["totals"]["end_s"]
        said = (
            f"{plan['rep_name']}: {len(plan['stops'])} visits, {plan['totals']['travel_s'] // 60} min driving, "
            f"home at {end // 3600:02d}:{end % 3600 // 60:02d}"
        )
        parts.append(
            f'<line x1="16" x2="56" y1="{y - 5}" y2="{y - 5}" stroke="{colour}" stroke-width="4" '
            f'stroke-dasharray="{dash}"/><text x="68" y="{y}" fill="#222">{escape(said)}</text>'
        )
    parts.append(
        f'<text x="{WIDTH - 12}" y="{height + 30 * len(plans) + 12}" fill="#666" font-size="11" text-anchor="end">'
        "Map data © OpenStreetMap contributors, ODbL</text></svg>"
    )
    Path(out).write_text("\n".join(parts) + "\n", encoding="utf-8")


def _line(network, plan) -> np.ndarray:
    """The day's drive, float64 [k, 2] of lon, lat."""
    places = [plan["start"], *plan["stops"], plan["end"]]
    snapped = [network.snap(np.array([[place["lon"], place["lat"]]])) for place in places]
    return np.vstack([network.route(here, there).line for here, there in pairwise(snapped)])


if __name__ == "__main__":
    if len(sys.argv) != 6:
        sys.exit((__doc__ or "").strip())
    main(*sys.argv[1:])
