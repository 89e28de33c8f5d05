"""One planning run in its own process: `python -m api.jobs.planner RUN_ID`, the settings as one JSON line on stdin.

Stdin stays open as long as the service lives; at its end this process kills its whole group, solvers included. It
listens for that from its first moment, so everything that takes time to import is imported after.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from datetime import UTC, datetime

STDIN = 0


def _read_line() -> bytes:
    """One line of stdin, read without a buffer: a reader that waits in a buffer would hold up the end."""
    line = b""
    while not line.endswith(b"\n") and (piece := os.read(STDIN, 65536)):
        line += piece
    return line


def _end_with_the_service() -> None:
    while os.read(STDIN, 1):
        pass
    os.killpg(os.getpgrp(), signal.SIGKILL)


def plan(run_id: str, settings_json: bytes) -> int:
    """Carries out a run and returns the exit code; the run's row says how it went."""
    from api.settings import Settings  # noqa: PLC0415 - see above; so are those that follow
    from api.tools import make_tools  # noqa: PLC0415
    from routing.errors import BeatplanError  # noqa: PLC0415
    from visits.planning import run_planning  # noqa: PLC0415
    from visits.store import open_store  # noqa: PLC0415

    settings = Settings.model_validate_json(settings_json)
    try:
        run_planning(open_store(settings.store_url), run_id, make_tools(settings), now=datetime.now(UTC))
    except BeatplanError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the runner reads the last line
        return 1
    return 0


def main() -> int:
    """Plans the run named on the command line."""
    settings_json = _read_line()
    threading.Thread(target=_end_with_the_service, daemon=True).start()
    return plan(sys.argv[1], settings_json)


if __name__ == "__main__":
    sys.exit(main())
