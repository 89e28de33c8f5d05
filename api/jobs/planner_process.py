"""The worker's side of a planning process: started, watched, killed with all that it started."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass

from api.settings import Settings
from visits.run_keeping import Claim

log = logging.getLogger("beatplan.jobs")
LOOK_S = 0.25
LONGEST_LINE = 500


@dataclass(frozen=True, slots=True)
class Ended:
    """How a planning process ended: its exit code (None when it was killed on request) and its last words."""

    code: int | None
    last_line: str


def run_planner(settings: Settings, claim: Claim, should_end: Callable[[], bool]) -> Ended:
    """Plans a part in a process of its own and waits for its end; see `run_process`."""
    return run_process(settings, "api.jobs.planner", (claim.part_id, claim.run_id, str(claim.number)), should_end)


def run_process(settings: Settings, module: str, arguments: tuple[str, ...], should_end: Callable[[], bool]) -> Ended:
    """Runs a module that takes its settings on stdin in a process of its own and waits for its end.

    `should_end` is asked four times a second; once it says yes the process and its solvers are killed.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    said = _Said(process)
    ended_by_us = False
    try:
        with contextlib.suppress(BrokenPipeError):
            assert process.stdin is not None
            process.stdin.write(settings.model_dump_json().encode() + b"\n")
            process.stdin.flush()  # and stays open: its end tells the process that this worker is gone
        while not ended_by_us:
            try:
                process.wait(LOOK_S)
                break
            except subprocess.TimeoutExpired:
                ended_by_us = should_end()
    finally:
        _kill_group(process)
        said.join()
    return Ended(None if ended_by_us else process.returncode, said.last_line)


class _Said:
    """Reads what a process says on stderr, so that its pipe never fills, and keeps the last line."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.last_line = ""
        self._process = process
        self._thread = threading.Thread(target=self._read, name="planner-stderr", daemon=True)
        self._thread.start()

    def _read(self) -> None:
        if self._process.stderr is None:
            return
        for line in self._process.stderr:
            text = line.decode("utf-8", "replace").strip()
            if text:
                self.last_line = text[:LONGEST_LINE]
                log.info("planner: %s", self.last_line)

    def join(self) -> None:
        """Until the pipe is closed, at most a second."""
        self._thread.join(1.0)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """Ends a process and all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
