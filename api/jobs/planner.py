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


def _end_with_the_service() -> None:
    while sys.stdin.buffer.read(1):
        pass
    os.killpg(os.getpgrp(), signal.SIGKILL)


def main() -> int:
    """Plans the run named on the command line and returns the exit code; the run's row says how it went."""
    settings = Settings.model_validate_json(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_the_service, daemon=True).start()
    try:
        run_planning(open_store(settings.store_url), sys.argv[1], make_tools(settings), now=datetime.now(UTC))
    except BeatplanError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the runner reads the last line
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
