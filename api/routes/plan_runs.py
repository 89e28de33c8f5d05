"""Planning runs: ask for one, watch it, cancel it."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Response
from sqlmodel import Session

from api.auth.guard import GuardedRoute
from api.deps import OnceKey, PageDep, ServicesDep, ThingId, ViewerDep
from api.routes.describe import CREATE, READ, READ_ONE, problems
from api.routes.editing import once, require_territory
from api.schemas.base import Page
from api.schemas.plan_runs import PlanPartOut, PlanRunIn, PlanRunOut
from api.settings import search_seconds
from visits.models import PlanPart, PlanRun
from visits.queries.runs import add_run, get_run, list_runs, request_cancel
from visits.run_keeping import parts_of

router = APIRouter(route_class=GuardedRoute, prefix="/plan-runs", tags=["planning"])


@router.post("", operation_id="create_plan_run", summary="Plan some days", status_code=202, responses=problems(*CREATE))
def create_plan_run(
    body: PlanRunIn, services: ServicesDep, viewer: ViewerDep, response: Response, key: OnceKey = None
) -> PlanRunOut:
    """Queues a planning run and answers at once; Location is where to watch it.

    With publish false no plan changes: what it finds waits as drafts, see GET /plan-runs/{run_id}/drafts.
    """

    def make(session: Session) -> PlanRunOut:
        for territory in body.territories or ():
            require_territory(session, viewer, territory)
        run = add_run(
            session,
            viewer,
            PlanRun(
                first_day=body.first_day,
                days=body.days,
                territory_ids=None if body.territories is None else sorted(set(body.territories)),
                engine=body.engine,
                seconds=search_seconds(body.seconds, body.iterations, services.settings),
                iterations=body.iterations,
                seed=body.seed,
                queue=body.queue,
                priority=body.priority,
                publish=body.publish,
            ),
        )
        return show(run)

    made = once(services.store, viewer, key, "create_plan_run", body, make, PlanRunOut)
    services.runner.wake()
    response.headers["Location"] = f"/api/v1/plan-runs/{made.id}"
    return made


@router.get("", operation_id="list_plan_runs", summary="Planning runs", responses=problems(*READ))
def read_plan_runs(services: ServicesDep, viewer: ViewerDep, page: PageDep) -> Page[PlanRunOut]:
    """The runs that you may see: your own, or all for those who see everything."""
    with services.store.reading() as session:
        found = list_runs(session, viewer, page)
        parts = parts_of(session, [run.id for run in found.items])
    return Page(items=tuple(show(run, parts) for run in found.items), next_cursor=found.next_cursor)


@router.get("/{run_id}", operation_id="get_plan_run", summary="One planning run", responses=problems(*READ_ONE))
def read_plan_run(run_id: ThingId, services: ServicesDep, viewer: ViewerDep) -> PlanRunOut:
    """How far a run is and what came of it."""
    with services.store.reading() as session:
        return show(get_run(session, viewer, run_id), parts_of(session, [run_id]))


@router.delete(
    "/{run_id}",
    operation_id="cancel_plan_run",
    summary="Cancel a planning run",
    status_code=202,
    responses=problems(*READ, 409),
)
def cancel_plan_run(run_id: ThingId, services: ServicesDep, viewer: ViewerDep) -> PlanRunOut:
    """Asks a run to stop. Plans and drafts that it has stored already stay; watch its status for the end."""
    with services.store.session() as session:
        run = request_cancel(session, viewer, run_id)
        parts = parts_of(session, [run_id])
    services.runner.wake()
    return show(run, parts)


def show(run: PlanRun, parts: Sequence[PlanPart] = ()) -> PlanRunOut:
    """A run as it goes out, with those of these parts that are its own."""
    shown = tuple(PlanPartOut.model_validate(part) for part in parts if part.run_id == run.id)
    left_out = {"territory_ids", "schedule_key"}
    return PlanRunOut(territories=run.territory_ids, parts=shown, **run.model_dump(exclude=left_out))
