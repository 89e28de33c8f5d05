"""One task on territories in its own process: `python -m api.jobs.territory_work TASK CLAIM`, settings on stdin."""

from __future__ import annotations

import sys
import threading
from datetime import UTC, datetime

from api.jobs.planner import SOLVER_FAILED, STORE_AWAY, end_with_the_worker, read_line


def work(task_id: str, claim_number: int, settings_json: bytes) -> int:
    """Carries out a task and returns the exit code; where it is 0 the task's row says how it went."""
    from api.settings import Settings  # noqa: PLC0415 - stdin is listened to before anything that takes time
    from api.tools import make_tools  # noqa: PLC0415
    from routing.errors import BeatplanError, SolveError  # noqa: PLC0415
    from visits.errors import StaleError, StoreError  # noqa: PLC0415
    from visits.store import open_store  # noqa: PLC0415
    from visits.territories.tasks import TaskClaim, TaskLostError  # noqa: PLC0415
    from visits.territories.working import carry_out, give_up  # noqa: PLC0415

    settings = Settings.model_validate_json(settings_json)
    claim = TaskClaim(task_id, claim_number)
    try:
        store = open_store(settings.store_url)
        try:
            carry_out(store, claim, make_tools(settings), datetime.now(UTC).date())
        except (StoreError, StaleError, SolveError):
            raise
        except BeatplanError as error:
            give_up(store, claim, str(error))
    except TaskLostError:
        return 0
    except BeatplanError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the worker reads the last line
        return SOLVER_FAILED if isinstance(error, SolveError) else STORE_AWAY
    return 0


def main() -> int:
    """Does the task named on the command line."""
    settings_json = read_line()
    threading.Thread(target=end_with_the_worker, daemon=True).start()
    task_id, number = sys.argv[1:3]
    return work(task_id, int(number), settings_json)


if __name__ == "__main__":
    sys.exit(main())
