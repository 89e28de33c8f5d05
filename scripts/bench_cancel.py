"""From the tap on "cancelled" to the new plan, over HTTP, on the demo with SQLite, while a planning run is going on.

    python scripts/bench_cancel.py --cancels 60 --data ./.bench-cancel

Starts `beatplan demo` in a process of its own, asks for a planning run of the week after, and cancels random planned
visits of the demo's reps one after the other, with a pause between. Told are quantiles of the whole request as the
client sees it, of the repair as the service states it, the CPU time of the service, and what changed. `--idle` leaves
the planning run out. It ends what it started, and removes the directory unless `--keep`.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

PATIENCE_S = 600.0


@dataclass(frozen=True, slots=True)
class Sample:
    """One cancellation: how long the request took and the service says the repair took, and what it changed."""

    request_s: float
    repair_s: float
    added: int
    retimed: int
    dropped: int
    while_planning: bool


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cancels", type=int, default=60)
    parser.add_argument("--data", type=Path, default=Path(".bench-cancel"), help="directory of the demo's data")
    parser.add_argument("--run-seconds", type=float, default=30.0, help="search time per territory of the run")
    parser.add_argument("--pause", type=float, default=0.2, help="seconds between two cancellations")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--idle", action="store_true", help="without a planning run")
    parser.add_argument("--keep", action="store_true", help="keep the data for another time")
    options = parser.parse_args()
    process = subprocess.Popen(
        [sys.executable, "-m", "api.cli", "demo", "--json", "--port", "0", "--data", str(options.data)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        began_s = cpu_s(process.pid)
        samples = cancel_all(told, options)
        spent_s = cpu_s(process.pid) - began_s
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        if not options.keep:
            shutil.rmtree(options.data, ignore_errors=True)
    report(samples)
    print(f"CPU of the service: {1000 * spent_s / max(1, len(samples)):.0f} ms for each, its other requests included")


def cpu_s(pid: int) -> float:
    """CPU seconds that a process has used by itself, its children left out (Linux)."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def cancel_all(told: dict[str, Any], options: argparse.Namespace) -> list[Sample]:
    """Cancellations until there are enough of them or no visit is left."""
    first = date.fromisoformat(told["date"])
    people = [user for user in told["users"] if user["rep_id"]]
    admin = next(user for user in told["users"] if user["role"] == "admin")
    chance = random.Random(options.seed)
    samples: list[Sample] = []
    with httpx.Client(base_url=f"{told['base_url']}/api/v1", timeout=PATIENCE_S, trust_env=False) as client:
        stops = [
            (person, stop["visit"])
            for person in people
            for day in range(5)
            for stop in _stops(client, person, first + timedelta(days=day))
        ]
        chance.shuffle(stops)
        run = None if options.idle else _start_run(client, admin, first + timedelta(days=7), options.run_seconds)
        for person, visit in stops[: options.cancels]:
            planning = run is not None and _is_running(client, admin, run)
            headers = {**_sign_in(person), "Idempotency-Key": str(uuid4())}
            began = time.perf_counter()
            reply = client.post(f"/visits/{visit}/cancel", json={"reason": "bench"}, headers=headers)
            took = time.perf_counter() - began
            if reply.status_code in {httpx.codes.CONFLICT, httpx.codes.NOT_FOUND}:
                continue  # an earlier repair took the stop out of this rep's days
            reply.raise_for_status()
            answer = reply.json()
            diff = answer["diff"] or {"added": [], "retimed": [], "removed": [visit]}
            samples.append(
                Sample(
                    took,
                    answer["repair_ms"] / 1000,
                    len(diff["added"]),
                    len(diff["retimed"]),
                    len(diff["removed"]) - 1,
                    planning,
                )
            )
            time.sleep(options.pause)
        if run is not None:
            client.delete(f"/plan-runs/{run}", headers=_sign_in(admin))
    return samples


def _stops(client: httpx.Client, person: dict[str, Any], day: date) -> list[dict[str, Any]]:
    reply = client.get(f"/reps/{person['rep_id']}/plans/{day.isoformat()}", headers=_sign_in(person))
    return [] if reply.status_code == httpx.codes.NOT_FOUND else list(reply.raise_for_status().json()["stops"])


def _start_run(client: httpx.Client, admin: dict[str, Any], day: date, seconds: float) -> str:
    body = {"from": day.isoformat(), "days": 7, "seconds": seconds}
    run = client.post("/plan-runs", json=body, headers=_sign_in(admin)).raise_for_status().json()["id"]
    while not _is_running(client, admin, run):
        time.sleep(0.2)
    return str(run)


def _is_running(client: httpx.Client, admin: dict[str, Any], run: str) -> bool:
    shown = client.get(f"/plan-runs/{run}", headers=_sign_in(admin)).raise_for_status().json()
    return bool(shown["status"] == "running")


def _sign_in(person: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {person['token']}"}


def report(samples: list[Sample]) -> None:
    """Quantiles of all and of those during the run."""
    during = [one for one in samples if one.while_planning]
    for name, chosen in (("all", samples), ("while planning", during)):
        if chosen:
            print(
                f"{name}: {len(chosen)} cancellations; request {_quantiles([one.request_s for one in chosen])}; "
                f"repair {_quantiles([one.repair_s for one in chosen])}"
            )
    changed = [one.added + one.dropped for one in samples]
    print(
        f"other stops added or dropped: mean {sum(changed) / max(1, len(changed)):.2f}, most {max(changed, default=0)}"
    )


def _quantiles(values: list[float]) -> str:
    ordered = sorted(values)

    def at(share: float) -> str:
        return f"{1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]:.0f}"

    return f"p50 {at(0.5)} p95 {at(0.95)} max {at(1.0)} ms"


if __name__ == "__main__":
    main()
