"""A PostgreSQL server for the tests: a fresh cluster in a temporary directory, gone with the test run.

Its files need not survive a crash, so it never waits for the disk. As initdb and postgres refuse to run as root, they
run as the user `postgres` or `nobody` there.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

MISSING = "PostgreSQL server not found: apt-get install postgresql"
_START_S = 30.0


@dataclass
class PostgresServer:
    """A running server on the loopback interface; user `beatplan`, no password."""

    port: int
    command: list[str]
    user: pwd.struct_passwd | None
    process: subprocess.Popen | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.process = subprocess.Popen(
            self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **_identity(self.user)
        )
        _wait_until_ready(self, self.process)

    def crash(self) -> None:
        """End it at once, in the middle of whatever it does; `start` recovers it from its log."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait()

    def url(self, database: str) -> str:
        return f"postgresql://beatplan@127.0.0.1:{self.port}/{database}"

    def run(self, statement: str) -> None:
        """Carry out one statement that manages databases."""
        with psycopg.connect(f"{self.url('postgres')}", autocommit=True) as connection:
            connection.execute(statement)


def find_binaries() -> Path | None:
    """The directory of initdb and postgres; None where there is no server."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path and shutil.which("postgres") else None


@contextmanager
def running_server(binaries: Path) -> Iterator[PostgresServer]:
    """A fresh server, stopped and removed at the end of the block."""
    folder = Path(tempfile.mkdtemp(prefix="beatplan-postgres-"))
    user = _user()
    try:
        if user is not None:
            os.chown(folder, user.pw_uid, user.pw_gid)
        _run([binaries / "initdb", "-D", folder / "data", "-U", "beatplan", "-A", "trust", "-N", "-E", "UTF8"], user)
        port = _free_port()
        command = [str(part) for part in (binaries / "postgres", "-D", folder / "data", "-p", port)]
        command += ["-h", "127.0.0.1", "-k", str(folder), "-F", "-c", "max_connections=60"]
        found = PostgresServer(port, [*command, "-c", "log_min_messages=fatal"], user)
        try:
            found.start()
            yield found
        finally:
            if found.process is not None:
                found.process.terminate()
                try:
                    found.process.wait(10)
                except subprocess.TimeoutExpired:
                    found.process.kill()
                    found.process.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _user() -> pwd.struct_passwd | None:
    """The user to run as; None to stay who we are."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return None


def _identity(user: pwd.struct_passwd | None) -> dict:
    return {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _run(command: list, user: pwd.struct_passwd | None) -> None:
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False, cwd="/", **_identity(user)
    )
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed: {done.stderr.strip()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_ready(server: PostgresServer, process: subprocess.Popen) -> None:
    until = time.monotonic() + _START_S
    while True:
        try:
            psycopg.connect(server.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("the PostgreSQL server of the tests did not start") from None
            time.sleep(0.05)
        else:
            return
