"""Which processes there are, read from /proc."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Process:
    """A running process."""

    pid: int

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)


def children_named(module: str, root: int | None = None) -> list[Process]:
    """Descendants of a process (this one, where None) that run this Python module; zombies do not count."""
    family = {os.getpid() if root is None else root}
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
            except OSError:
                continue
            if state != "Z":
                parents[int(entry.name)] = int(parent)
    grown = True
    while grown:
        grown = False
        for pid, parent in parents.items():
            if parent in family and pid not in family:
                family.add(pid)
                grown = True
    return [Process(pid) for pid in sorted(family) if module in _command(pid)]


def running_with(text: str) -> list[int]:
    """Every process whose command line holds this text, whoever its parent is."""
    pids = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return [pid for pid in pids if pid != os.getpid() and any(text in part for part in _command(pid))]


def _command(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text("utf-8", "replace").split("\0")
    except OSError:
        return []
