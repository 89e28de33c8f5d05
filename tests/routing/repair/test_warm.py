"""A process that has warmed up loads nothing more when a repair is asked for."""

from __future__ import annotations

import subprocess
import sys

_ASKED = """
import sys
from routing.repair import repair, warm
from tests.routing.repair.days import events_of, plan_of
from tests.routing.solve.small import DAYS, small_problem

warm()
problem = small_problem()
plan = plan_of(problem)
known = set(sys.modules)
for event in (
    {"type": "cancel", "visit": plan.routes[0].stops[-1].visit},
    {"type": "late", "shift": plan.routes[0].shift, "delay_s": 3600},
    {"type": "absent", "rep": "ana", "from_s": 30_000},
):
    repair(problem, plan, events_of(30_000, event, day=DAYS[0]))
print(sorted(set(sys.modules) - known))
"""


def test_nothing_is_loaded_for_a_repair_after_warming_up() -> None:
    done = subprocess.run([sys.executable, "-c", _ASKED], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
