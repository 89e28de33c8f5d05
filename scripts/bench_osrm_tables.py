"""OSRM's half of bench_roads.py: runs under the Python that has osrm-bindings, answers with one line of JSON."""

from __future__ import annotations

import json
import resource
import sys
import time

import numpy as np
import osrm


def main(base: str, algorithm: str, points_file: str, sizes: list[int], answers_file: str) -> None:
    lonlat = np.load(points_file)
    engine = osrm.OSRM(
        storage_config=base, algorithm=algorithm, use_shared_memory=False, max_locations_distance_table=100_000
    )
    rows = []
    for size in sizes:
        places = [tuple(map(float, row)) for row in lonlat[:size]]
        for kinds in (["duration"], ["duration", "distance"]):
            cpu, wall = time.process_time(), time.perf_counter()
            table = engine.Table(osrm.TableParameters(coordinates=places, annotations=kinds))
            rows.append(
                {
                    "size": size,
                    "kinds": "+".join(kinds),
                    "cpu_s": time.process_time() - cpu,
                    "wall_s": time.perf_counter() - wall,
                }
            )
            if size == sizes[0] and len(kinds) == 2:
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


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], [int(size) for size in sys.argv[4].split(",")], sys.argv[5])
