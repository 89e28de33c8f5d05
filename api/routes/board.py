"""What the dispatcher's board reads in one go: a day, a week, its drives, its tray, a run against what was before."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.auth.guard import GuardedRoute
from api.deps import Filter, ServicesDep, ThingId, ViewerDep
from api.routes.days import parse_day
from api.routes.describe import READ, READ_ONE, problems
from visits.board import MOST_WEEK_DAYS, board_day, board_week
from visits.board_views import BoardDay, BoardWeek, DriveLines, Unplanned
from visits.customer_search import MOST_FOUND, FoundCustomers, search_customers
from visits.drive_lines import drive_lines, plans_to_draw
from visits.proposal_views import ProposalAnswer
from visits.proposing import get_proposal
from visits.run_comparison import RunComparison, compare_run
from visits.unplanned import unplanned_of

router = APIRouter(route_class=GuardedRoute, tags=["board"])
DateText = Annotated[str, Query(alias="date", max_length=40, description="A date such as 2026-11-23.")]
RepIds = Annotated[list[str] | None, Query(max_length=200, description="Only these reps; repeat for several.")]


@router.get(
    "/board",
    operation_id="get_board",
    summary="A whole day",
    response_model=BoardDay,
    responses=problems(*READ),
)
def get_board(services: ServicesDep, viewer: ViewerDep, date: DateText, rep: RepIds = None) -> Response:
    """Every rep you may see who works that day or has a plan, with the current plans and the held slots."""
    day = parse_day("date", date)
    with services.store.reading() as session:
        text = board_day(session, viewer, day, rep_ids=rep, now=datetime.now(UTC))
    return Response(text, media_type="application/json", headers={"Cache-Control": "private, no-store"})


@router.get("/board/week", operation_id="get_board_week", summary="Some days in sums", responses=problems(*READ))
def get_board_week(
    services: ServicesDep,
    viewer: ViewerDep,
    date: DateText,
    days: Annotated[int, Query(ge=1, le=MOST_WEEK_DAYS, description="How many days.")] = 7,
) -> BoardWeek:
    """Stops, driving and overtime of every rep on every day, from the first on."""
    first = parse_day("date", date)
    with services.store.reading() as session:
        return board_week(session, viewer, first, days, now=datetime.now(UTC))


@router.get("/board/lines", operation_id="list_drive_lines", summary="All drives of a day", responses=problems(*READ))
def list_drive_lines(services: ServicesDep, viewer: ViewerDep, date: DateText, rep: RepIds = None) -> DriveLines:
    """Each rep's drive along the roads; straight where none leads."""
    day = parse_day("date", date)
    with services.store.reading() as session:
        plans = plans_to_draw(session, viewer, day, rep)
    return drive_lines(plans, services.tools.travel)


@router.get(
    "/board/unplanned", operation_id="list_unplanned", summary="Who is due and in no plan", responses=problems(*READ)
)
def list_unplanned(
    services: ServicesDep,
    viewer: ViewerDep,
    date: DateText,
    territory: Filter = None,
    limit: Annotated[int, Query(ge=1, le=500, description="At most this many.")] = 100,
) -> Unplanned:
    """Due customers in no plan of the day, those who lose most first; promises without a place lead."""
    day = parse_day("date", date)
    with services.store.reading() as session:
        return unplanned_of(session, viewer, day, territory_id=territory, limit=limit, now=datetime.now(UTC))


@router.get("/customer-search", operation_id="search_customers", summary="Find customers", responses=problems(*READ))
def find_customers(
    services: ServicesDep,
    viewer: ViewerDep,
    q: Annotated[str, Query(min_length=1, max_length=100, description="Words of the name, address or number.")],
    limit: Annotated[int, Query(ge=1, le=MOST_FOUND)] = 12,
) -> FoundCustomers:
    """By name, address or number, in pinyin or its first letters, in Traditional or Simplified characters."""
    now = datetime.now(UTC)
    with services.store.reading() as session:
        return search_customers(session, viewer, q, limit=limit, today=now.date())


@router.get(
    "/proposals/{proposal_id}/lines",
    operation_id="get_proposal_lines",
    summary="The drives of a proposal",
    responses=problems(*READ_ONE),
)
def get_proposal_lines(proposal_id: ThingId, services: ServicesDep, viewer: ViewerDep) -> DriveLines:
    """The drive of every rep-day that the proposal would change, as it would become."""
    with services.store.reading() as session:
        shown = ProposalAnswer.model_validate_json(get_proposal(session, viewer, proposal_id).shown)
    return drive_lines([day.plan for day in shown.days], services.tools.travel)


@router.get(
    "/plan-runs/{run_id}/comparison",
    operation_id="compare_plan_run",
    summary="A run against what was before",
    responses=problems(*READ_ONE),
)
def get_comparison(run_id: ThingId, services: ServicesDep, viewer: ViewerDep) -> RunComparison:
    """Sums of every rep-day that the run planned, before and after."""
    with services.store.reading() as session:
        return compare_run(session, viewer, run_id)
