"""One planning run in its own process: `python -m api.jobs.planner RUN_ID`, the settings as one JSON line on stdin.

Stdin stays open as long as the service lives; at its end this process kills its whole group, solvers included.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from datetime import UTC, datetime

from api.settings import Settings
from api.tools import make_tools
from routing.errors import BeatplanError
from visits.planning import run_planning
from visits.store import open_store

STDIN = 0


def _read_settings() -> Settings:
    """One line of stdin, read without a buffer: a reader that waits in a buffer would hold up the end."""
    line = b""
    while not line.endswith(b"\n"):
        piece = os.read(STDIN, 65536)
        if not piece:
            break
        line += piece
    return Settings.model_validate_json(line)


def _end_with_the_service() -> None:
    while os.read(STDIN, 1):
        pass
    os.killpg(os.getpgrp(), signal.SIGKILL)


def main() -> int:
    """Plans the run named on the command line and returns the exit code; the run's row says how it went."""
    settings = _read_settings()
    threading.Thread(target=_end_with_the_service, daemon=True).start()
    try:
        run_planning(open_store(settings.store_url), sys.argv[1], make_tools(settings), now=datetime.now(UTC))
    except BeatplanError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the runner reads the last line
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
