"""One part of a planning run in its own process: `python -m api.jobs.planner PART RUN CLAIM`, settings on stdin.

The settings come as one JSON line. Stdin stays open as long as the worker lives; at its end this process kills its
whole group, solvers included. It listens for that from its first moment, so everything that takes time to import is
imported after. A worker that is stopped but not dead does not close it: then the lost claim ends the planning.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from datetime import UTC, datetime

STDIN = 0
SOLVER_FAILED, STORE_AWAY = 70, 75
"""Exit codes of a planning that may be tried again: the solver broke; the database stayed away."""


def read_line() -> bytes:
    """One line of stdin, read without a buffer: a reader that waits in a buffer would hold up the end."""
    line = b""
    while not line.endswith(b"\n") and (piece := os.read(STDIN, 1)):
        line += piece
    return line


def end_with_the_worker() -> None:
    """Waits for the end of stdin and then kills this process's whole group."""
    while os.read(STDIN, 1):
        pass
    os.killpg(os.getpgrp(), signal.SIGKILL)


def plan(part_id: str, run_id: str, claim_number: int, settings_json: bytes) -> int:
    """Carries out a part and returns the exit code; where it is 0 the part's row says how it went."""
    from api.settings import Settings  # noqa: PLC0415 - see above; so are those that follow
    from api.tools import make_tools  # noqa: PLC0415
    from routing.errors import BeatplanError, SolveError  # noqa: PLC0415
    from visits.errors import StaleError, StoreError  # noqa: PLC0415
    from visits.models import RunState  # noqa: PLC0415
    from visits.planning import plan_part  # noqa: PLC0415
    from visits.run_keeping import Claim, ClaimLostError, end_part  # noqa: PLC0415
    from visits.store import open_store  # noqa: PLC0415

    settings = Settings.model_validate_json(settings_json)
    claim = Claim(part_id, run_id, claim_number)
    try:
        store = open_store(settings.store_url)
        try:
            plan_part(store, claim, make_tools(settings), now=datetime.now(UTC))
        except ClaimLostError:
            return 0
        except (StoreError, StaleError, SolveError):
            raise
        except BeatplanError as error:
            with store.session() as session:
                end_part(session, claim, RunState.FAILED, str(error))
    except ClaimLostError:
        return 0
    except BeatplanError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the worker reads the last line
        return SOLVER_FAILED if isinstance(error, SolveError) else STORE_AWAY
    return 0


def main() -> int:
    """Plans the part named on the command line."""
    settings_json = read_line()
    threading.Thread(target=end_with_the_worker, daemon=True).start()
    part_id, run_id, number = sys.argv[1:4]
    return plan(part_id, run_id, int(number), settings_json)


if __name__ == "__main__":
    sys.exit(main())
