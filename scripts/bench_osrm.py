"""OSRM's half of bench_roads.py; runs under the Python that has osrm-bindings.

bench_osrm.py tables BASE ALGORITHM POINTS.npy SIZES ANSWERS.npz     one line of JSON: what each table took
bench_osrm.py routes BASE ALGORITHM POINTS.npy PAIRS.json ROUTES.json
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

import numpy as np
import osrm


def tables(engine: osrm.OSRM, lonlat: np.ndarray, sizes: str, answers_file: str) -> None:
    rows = []
    for number, size in enumerate(map(int, sizes.split(","))):
        places = [tuple(map(float, row)) for row in lonlat[:size]]
        for kinds in (["duration"], ["duration", "distance"]):
            cpu, wall = time.process_time(), time.perf_counter()
            table = engine.Table(osrm.TableParameters(coordinates=places, annotations=kinds))
            spent = {"cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - wall}
            rows.append({"size": size, "kinds": "+".join(kinds), **spent})
            if number == 0 and len(kinds) == 2:
                np.savez(
                    answers_file,
                    duration_s=numbers(table["durations"]),
                    distance_m=numbers(table["distances"]),
                    road=np.array([list(place["location"]) for place in table["sources"]]),
                )
            del table
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"rows": rows, "peak_mb": peak}))


def numbers(rows: list[list[float | None]]) -> np.ndarray:
    return np.array([[np.nan if value is None else value for value in row] for row in rows], float)


def routes(engine: osrm.OSRM, lonlat: np.ndarray, pairs_file: str, routes_file: str) -> None:
    found = []
    for pair in json.loads(Path(pairs_file).read_text()):
        *ends, via = pair
        places = [tuple(map(float, place)) for place in (lonlat[ends[0]], *([via] if via else []), lonlat[ends[1]])]
        asked = osrm.RouteParameters(coordinates=places, annotations=["nodes", "duration"], overview="false")
        route = engine.Route(asked)["routes"][0]
        legs = [leg["annotation"] for leg in route["legs"]]
        nodes = [int(node) for leg in legs for node in leg["nodes"]]
        driving = [float(seconds) for leg in legs for seconds in leg["duration"]]
        found.append({"duration_s": float(route["duration"]), "nodes": nodes, "driving_s": driving})
    Path(routes_file).write_text(json.dumps(found))


if __name__ == "__main__":
    what, base, algorithm, points, *files = sys.argv[1:]
    server = osrm.OSRM(
        storage_config=base, algorithm=algorithm, use_shared_memory=False, max_locations_distance_table=100_000
    )
    {"tables": tables, "routes": routes}[what](server, np.load(points), *files)
