"""The worker of a service: a process of its own, started again when it dies, gone with the service.

It is no thread, so that planning never holds up a request, and so that the service starts without the job engine.
"""

from __future__ import annotations

import contextlib
import logging
import subprocess
import sys
import threading
import time

from api.settings import Settings

log = logging.getLogger("beatplan.jobs")
START_S = 1.0
"""A service that has just begun to answer is left alone for so long, unless somebody queues something."""
STOP_S = 3.5
PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0


class EmbeddedWorker:
    """Keeps a worker process running. `start` once, `stop` once; with the setting `worker` off it does nothing."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._news, self._stopping = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._keep, name="embedded-worker", daemon=True)

    def start(self) -> None:
        """Begin to keep a worker."""
        if self._settings.worker:
            self._thread.start()

    def wake(self) -> None:
        """Something was queued: tell the worker."""
        self._news.set()
        with self._lock, contextlib.suppress(OSError, ValueError):
            if self._process is not None and self._process.stdin is not None:
                self._process.stdin.write(b"\n")
                self._process.stdin.flush()

    def stop(self) -> None:
        """End the worker; what it was planning waits for the next one."""
        self._stopping.set()
        self._news.set()
        with self._lock:
            if self._process is not None:
                _end(self._process)
        if self._thread.is_alive():
            self._thread.join(STOP_S)

    def _keep(self) -> None:
        self._news.wait(START_S)
        pause_s = PAUSE_S
        while not self._stopping.is_set():
            began = time.monotonic()
            process = self._begin()
            if process is None:
                return
            code = process.wait()
            if self._stopping.is_set():
                return
            pause_s = PAUSE_S if time.monotonic() - began > LONGEST_PAUSE_S else min(2 * pause_s, LONGEST_PAUSE_S)
            log.error("the worker of this service ended with code %s; it is started again in %.0f s", code, pause_s)
            self._stopping.wait(pause_s)

    def _begin(self) -> subprocess.Popen[bytes] | None:
        with self._lock:
            if self._stopping.is_set():
                return None
            self._process = subprocess.Popen(
                [sys.executable, "-m", "api.jobs.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
            with contextlib.suppress(BrokenPipeError):
                assert self._process.stdin is not None
                self._process.stdin.write(self._settings.model_dump_json().encode() + b"\n")
                self._process.stdin.flush()
            return self._process


def _end(process: subprocess.Popen[bytes]) -> None:
    """Lets a worker end by itself, and kills it where it does not; its planners end with its pipes."""
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
