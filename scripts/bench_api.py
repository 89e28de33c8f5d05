"""The service under load while planning goes on: plan reads (200 and 304), taps, live events, by a real client.

    python scripts/bench_api.py [--database-url postgresql://…] [--seconds 5] [--connections 16] [--listeners 300]

Loads the embedded demo, serves it with `beatplan serve`, and speaks plain HTTP/1.1 to it over kept-alive connections
from this process. The service's cost is its own CPU time as the kernel counts it (read /proc: Linux), so that the
figure holds on a busy machine; times to answer are walls and hold only on an idle one. With a PostgreSQL address the
demo is first moved there. Prints one line per measurement; exits 1 when an answer was wrong or an event was lost.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[1]
TICKS = os.sysconf("SC_CLK_TCK")
EVENT_PAUSE_S = 0.05


@dataclass
class Tally:
    """What a measurement counted."""

    times_s: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def quantile(self, share: float) -> float:
        ordered = sorted(self.times_s)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


class Connection:
    """One kept-alive HTTP/1.1 connection."""

    def __init__(self, base_url: str, token: str) -> None:
        self._at = urlsplit(base_url)
        self._token = token
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, dict[str, str], bytes]:
        """The status, headers and body of an answer."""
        reader, writer = await self._open()
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._at.netloc}", f"Authorization: Bearer {self._token}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        if body:
            lines += ["Content-Type: application/json"]
        lines += [f"Content-Length: {len(body)}", "", ""]
        writer.write("\r\n".join(lines).encode() + body)
        status, found = await read_head(reader)
        return status, found, await reader.readexactly(int(found.get("content-length", "0")))

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._at.hostname, self._at.port)
        return self._streams


async def read_head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in head[1:] if line)
    return int(head[0].split()[1]), {name.lower(): value.strip() for name, _, value in pairs}


Ask = Callable[[Connection], Awaitable[str | None]]
"""Sends one request; what was wrong with the answer."""


def cpu_s(pid: int) -> float:
    """CPU seconds that a process has used, without its children."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / TICKS


async def load(
    connections: list[Connection],
    ask: Ask,
    seconds: float,
    rate: float | None,
) -> Tally:
    """Asks over all connections until the time is up; at `rate` per second altogether, or as fast as they can."""
    tally, until = Tally(), time.perf_counter() + seconds
    pause = len(connections) / rate if rate else 0.0

    async def one(connection: Connection, offset: float) -> None:
        due = time.perf_counter() + offset
        while (now := time.perf_counter()) < until:
            if pause:
                await asyncio.sleep(max(0.0, due - now))
                due += pause
            began = time.perf_counter()
            fault = await ask(connection)
            tally.times_s.append(time.perf_counter() - began)
            if fault:
                tally.wrong.append(fault)

    await asyncio.gather(*(one(connection, pause * i / len(connections)) for i, connection in enumerate(connections)))
    return tally


async def measure(
    name: str,
    pid: int,
    connections: list[Connection],
    ask: Ask,
    seconds: float,
    rate: float | None = None,
) -> Tally:
    before, began = cpu_s(pid), time.perf_counter()
    tally = await load(connections, ask, seconds, rate)
    took, used, count = time.perf_counter() - began, cpu_s(pid) - before, len(tally.times_s)
    print(
        f"{name:<44}{count:>7} requests {count / took:>7.0f}/s  {1000 * used / max(1, count):6.3f} CPU ms each "
        f"({count / used if used else 0:5.0f}/s on one core)  p50 {tally.quantile(0.5):6.1f} ms  "
        f"p99 {tally.quantile(0.99):6.1f} ms  {len(tally.wrong)} wrong",
        flush=True,
    )
    return tally


def expect(*statuses: int) -> Callable[[int, bytes], str | None]:
    return lambda status, body: None if status in statuses else f"{status} {body[:200]!r}"


@dataclass
class Demo:
    """The demo that is served."""

    base_url: str
    pid: int
    day: str
    admin: str
    reps: list[tuple[str, str]]


async def reads(demo: Demo, connections: list[Connection], seconds: float) -> list[Tally]:
    paths = [f"/api/v1/reps/{rep}/plans/{demo.day}" for rep, _ in demo.reps]
    tags = {path: (await connections[0].ask("GET", path))[1]["etag"] for path in paths}
    turn = 0

    def next_path() -> str:
        nonlocal turn
        turn += 1
        return paths[turn % len(paths)]

    async def whole(connection: Connection) -> str | None:
        status, _, body = await connection.ask("GET", next_path())
        return expect(200)(status, body)

    async def unchanged(connection: Connection) -> str | None:
        path = next_path()
        status, _, body = await connection.ask("GET", path, If_None_Match=tags[path])
        return expect(304, 200)(status, body)

    full = await measure("plan reads, 200", demo.pid, connections, whole, seconds)
    same = await measure("plan reads, 304", demo.pid, connections, unchanged, seconds)
    half = len(full.times_s) / seconds / 2
    return [full, same, await measure("plan reads, 200, half load", demo.pid, connections, whole, seconds, half)]


async def taps(demo: Demo, connections: list[Connection], seconds: float) -> Tally:
    """Arrivals and their repeats under the same key, each on an open visit, while a planning run goes on."""
    asked = {"from": demo.day, "days": 5, "seconds": 2 * seconds, "queue": "batch"}
    status, _, body = await connections[0].ask("POST", "/api/v1/plan-runs", json.dumps(asked).encode())
    run = json.loads(body)["id"] if status == 202 else ""
    _, _, listed = await connections[0].ask("GET", "/api/v1/visits?limit=200&state=planned")
    waiting = iter([visit["id"] for visit in json.loads(listed)["items"]] * 50)
    number = 0

    async def tap(connection: Connection) -> str | None:
        nonlocal number
        number += 1
        path = f"/api/v1/visits/{next(waiting)}/arrive"
        status, _, body = await connection.ask("POST", path, b"{}", Idempotency_Key=f"bench-{number}")
        return expect(200, 409)(status, body)

    tally = await measure("taps while planning goes on", demo.pid, connections[:4], tap, seconds, 40.0)
    await connections[0].ask("DELETE", f"/api/v1/plan-runs/{run}")
    return tally


async def live(demo: Demo, listeners: int, events: int) -> list[str]:
    """Every listener gets every event, and how late."""
    late: list[float] = []
    heard = [0] * listeners
    ready = asyncio.Semaphore(0)
    at = urlsplit(demo.base_url)

    async def listen(number: int) -> None:
        reader, writer = await asyncio.open_connection(at.hostname, at.port)
        head = f"GET /api/v1/events HTTP/1.1\r\nHost: {at.netloc}\r\nAuthorization: Bearer {demo.admin}\r\n\r\n"
        writer.write(head.encode())
        status, _ = await read_head(reader)
        assert status == 200, status
        while heard[number] < events:
            line = await reader.readline()
            if line.startswith(b": listening"):
                ready.release()
            elif line.startswith(b"data:") and b'"territory.created"' in line:
                heard[number] += 1
                told = datetime.fromisoformat(json.loads(line[5:])["at"]).timestamp()
                late.append(time.time() - told)
        writer.close()

    tasks = [asyncio.create_task(listen(number)) for number in range(listeners)]
    for _ in range(listeners):
        await ready.acquire()
    before = cpu_s(demo.pid)
    connection = Connection(demo.base_url, demo.admin)  # one that waited this long would be closed by the service
    for number in range(events):
        body = json.dumps({"name": f"bench {number} {time.time()}"}).encode()
        status, _, reply = await connection.ask("POST", "/api/v1/territories", body)
        assert status == 201, reply
        await asyncio.sleep(EVENT_PAUSE_S)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(asyncio.gather(*tasks), 30)
    used, lost = cpu_s(demo.pid) - before, listeners * events - sum(heard)
    ordered = sorted(late) or [float("nan")]
    print(
        f"{f'{listeners} listeners, {events} events each':<44}{len(late):>7} delivered, {lost} lost  "
        f"p50 {1000 * statistics.median(ordered):.0f} ms  p99 {1000 * ordered[int(0.99 * len(ordered))]:.0f} ms  "
        f"{1000 * used / max(1, len(late)):.3f} CPU ms each",
        flush=True,
    )
    return [f"{lost} events were lost"] if lost else []


def demo_json(data: Path) -> dict:
    """Plans the demo and tells who may sign in; the demo then ends."""
    running = subprocess.Popen(
        [sys.executable, "-m", "api.cli", "demo", "--json", "--port", "0", "--data", str(data)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "BEATPLAN_WORKER": "false"},
    )
    assert running.stdout is not None
    told: dict = json.loads(running.stdout.readline())
    running.send_signal(signal.SIGTERM)
    running.wait()
    return told


@contextmanager
def serving(data: Path, database_url: str) -> Iterator[tuple[str, int]]:
    """A service on the demo's data, its address and process."""
    environment = {**os.environ, "BEATPLAN_DATA_DIR": str(data), "BEATPLAN_DATABASE_URL": database_url}
    running = subprocess.Popen(
        [sys.executable, "-m", "api.cli", "serve", "--port", "0"],
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environment,
    )
    assert running.stderr is not None
    base = next(line.split("serves ")[1].split()[0] for line in running.stderr if "serves http" in line)
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - what the log says later must not fill the pipe
        drain = subprocess.Popen(["cat"], stdin=running.stderr, stdout=nowhere)
        try:
            yield base, running.pid
        finally:
            running.send_signal(signal.SIGTERM)
            running.wait()
            drain.wait()


async def run(demo: Demo, options: argparse.Namespace) -> int:
    connections = [Connection(demo.base_url, demo.admin) for _ in range(options.connections)]
    tallies = await reads(demo, connections, options.seconds)
    tallies.append(await taps(demo, connections, options.seconds))
    faults = [fault for tally in tallies for fault in tally.wrong]
    faults += await live(demo, options.listeners, options.events)
    for fault in faults[:5]:
        print(f"wrong: {fault}", file=sys.stderr)
    return 1 if faults else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database-url", default="", help="an empty PostgreSQL database; default SQLite")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--listeners", type=int, default=300)
    parser.add_argument("--events", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        told = demo_json(data)
        if options.database_url:
            move = [sys.executable, "-m", "api.cli", "move", options.database_url, "--data", str(data)]
            subprocess.run(move, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
        tokens = {user["role"]: user["token"] for user in told["users"]}
        reps = [(user["rep_id"], user["token"]) for user in told["users"] if user["rep_id"]]
        with serving(data, options.database_url) as (base_url, pid):
            demo = Demo(base_url, pid, told["date"], tokens["admin"], reps)
            return asyncio.run(run(demo, options))


if __name__ == "__main__":
    sys.exit(main())
