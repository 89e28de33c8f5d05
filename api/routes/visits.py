"""A visit's day: the taps of the rep, and the cancellation that repairs the plan."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Header, Query, Response

from api.auth.guard import GuardedRoute
from api.deps import Filter, PageDep, Services, ServicesDep, ThingId, ViewerDep
from api.errors import bad_field
from api.routes.days import parse_day
from api.routes.describe import READ, READ_ONE, TAP, problems
from api.schemas.base import Page
from api.schemas.privacy import Measured
from api.schemas.repair import Delay, Departure, History, Skipping, TransitionOut
from api.schemas.visits import Arrival, Cancellation, Completion, NoShow, VisitOut
from routing.errors import BeatplanError
from visits import replanning, taps
from visits.asking_the_office import offer_to_office
from visits.day_plan import CancelAnswer, NoShowAnswer, TapAnswer
from visits.errors import ConflictError, StaleError
from visits.privacy.positions import ARRIVE, LEAVE, Point, keep_position
from visits.queries.visits import get_visit, history_of, list_visits
from visits.repairing import Effort
from visits.scope import Viewer
from visits.states import Settled

router = APIRouter(route_class=GuardedRoute, prefix="/visits", tags=["visits"])
log = logging.getLogger("beatplan.api")
AT_THE_DOOR = timedelta(minutes=2)
"""So soon after nobody was there the rep has not set out to the next stop yet."""

IdempotencyKey = Annotated[
    str | None,
    Header(
        description="Your own name for this tap, such as a UUID. Sending the tap again under the same key changes "
        "nothing and gives the first answer; the same key for another request is a 409. Required: 400 without it."
    ),
]


def required_key(key: str | None) -> str:
    """The key of a tap. Raises ApiError 400 without a usable one."""
    if key is None or not key.strip():
        raise bad_field("Idempotency-Key", "is missing; send a fresh UUID with every tap", status=400)
    if len(key) > 200 or not key.isprintable():
        raise bad_field("Idempotency-Key", "is longer than 200 characters or not plain text; send a UUID", status=400)
    return key.strip()


@router.get("", operation_id="list_visits", summary="Visits", responses=problems(*READ))
def read_visits(
    services: ServicesDep,
    viewer: ViewerDep,
    page: PageDep,
    customer: Filter = None,
    rep: Filter = None,
    date: Annotated[str | None, Query(max_length=40, description="A date such as 2026-11-23.")] = None,
    state: Filter = None,
) -> Page[VisitOut]:
    """The visits that you may see, narrowed to a customer, rep, date or state where asked."""
    day = None if date is None else parse_day("date", date)
    with services.store.reading() as session:
        found = list_visits(session, viewer, page, customer_id=customer, rep_id=rep, day=day, state=state)
    return Page(items=tuple(VisitOut.model_validate(row) for row in found.items), next_cursor=found.next_cursor)


@router.get("/{visit_id}", operation_id="get_visit", summary="One visit", responses=problems(*READ_ONE))
def read_visit(visit_id: ThingId, services: ServicesDep, viewer: ViewerDep) -> VisitOut:
    """One visit as it stands."""
    with services.store.reading() as session:
        return VisitOut.model_validate(get_visit(session, viewer, visit_id))


@router.get(
    "/{visit_id}/history",
    operation_id="get_visit_history",
    summary="What was said of a visit",
    responses=problems(*READ_ONE),
)
def read_history(visit_id: ThingId, services: ServicesDep, viewer: ViewerDep) -> History:
    """Every transition with who, when and why; taps that came late or were refused are among them."""
    with services.store.reading() as session:
        found = history_of(session, viewer, visit_id)
    return History(visit=visit_id, items=tuple(TransitionOut.model_validate(row) for row in found))


@router.post("/{visit_id}/depart", operation_id="depart_for_visit", summary="I am on my way", responses=problems(*TAP))
def depart(
    visit_id: ThingId,
    services: ServicesDep,
    viewer: ViewerDep,
    idempotency_key: IdempotencyKey = None,
    body: Departure | None = None,
) -> TapAnswer:
    """The rep has set out to the customer; the visit no longer moves."""
    key = required_key(idempotency_key)
    at = (body or Departure()).at
    return taps.depart(services.store, viewer, visit_id, key=key, now=datetime.now(UTC), at=at)


@router.post("/{visit_id}/arrive", operation_id="arrive_at_visit", summary="I am there", responses=problems(*TAP))
def arrive(
    visit_id: ThingId,
    services: ServicesDep,
    viewer: ViewerDep,
    idempotency_key: IdempotencyKey = None,
    body: Arrival | None = None,
) -> TapAnswer:
    """The rep is at the customer; from now on the visit no longer moves."""
    given, key = body or Arrival(), required_key(idempotency_key)
    answer = taps.arrive(services.store, viewer, visit_id, key=key, now=datetime.now(UTC), at=given.at)
    _keep_position(services, viewer, answer, ARRIVE, given.position)
    return answer


@router.post("/{visit_id}/complete", operation_id="complete_visit", summary="Done", responses=problems(*TAP))
def complete(
    visit_id: ThingId,
    services: ServicesDep,
    viewer: ViewerDep,
    idempotency_key: IdempotencyKey = None,
    body: Completion | None = None,
) -> TapAnswer:
    """The visit is done, with or without an arrival before it."""
    given, key = body or Completion(), required_key(idempotency_key)
    answer = taps.complete(
        services.store,
        viewer,
        visit_id,
        outcome=given.outcome,
        note=given.note,
        key=key,
        now=datetime.now(UTC),
        at=given.at,
    )
    _keep_position(services, viewer, answer, LEAVE, given.position)
    return answer


@router.post(
    "/{visit_id}/no-show",
    operation_id="record_no_show",
    summary="Nobody there, and repair the day",
    response_model=NoShowAnswer,
    responses=problems(*TAP),
)
def no_show(
    visit_id: ThingId,
    services: ServicesDep,
    viewer: ViewerDep,
    background: BackgroundTasks,
    idempotency_key: IdempotencyKey = None,
    body: NoShow | None = None,
) -> Response:
    """Nobody was there; the customer stays as due as before, and the rest of the day begins at that moment."""
    given, key, now = body or NoShow(), required_key(idempotency_key), datetime.now(UTC)
    answer = taps.no_show(services.store, viewer, visit_id, note=given.note, key=key, now=now, at=given.at)
    _keep_position(services, viewer, answer, LEAVE, given.position)
    repair = None if answer.settled != Settled.MOVED else _repair(services, viewer, answer, given, background)
    whole = NoShowAnswer(**answer.model_dump(), repair=repair)
    return Response(whole.to_json(), media_type="application/json", background=background)


@router.post(
    "/{visit_id}/cancel",
    operation_id="cancel_visit",
    summary="Cancel a visit and repair the day",
    response_model=CancelAnswer,
    responses=problems(*TAP),
)
def cancel(
    visit_id: ThingId,
    services: ServicesDep,
    viewer: ViewerDep,
    background: BackgroundTasks,
    idempotency_key: IdempotencyKey = None,
    body: Cancellation | None = None,
) -> Response:
    """Cancels the visit and answers with the rep's repaired day, what changed, ranked fill-ins and the repair time.

    What is executed or under way stays where it is; other days and other reps do not change.
    """
    given, key = body or Cancellation(), required_key(idempotency_key)
    return _told(
        services,
        partial(replanning.cancel_visit, reason=given.reason, fill=given.fill),
        viewer,
        visit_id,
        key,
        background,
    )


@router.post(
    "/{visit_id}/skip",
    operation_id="skip_visit",
    summary="Not today, and repair the day",
    response_model=CancelAnswer,
    responses=problems(*TAP),
)
def skip(
    visit_id: ThingId,
    services: ServicesDep,
    viewer: ViewerDep,
    background: BackgroundTasks,
    idempotency_key: IdempotencyKey = None,
    body: Skipping | None = None,
) -> Response:
    """The rep decides against the visit today: the day is repaired, and the customer stays as due as before."""
    given, key = body or Skipping(), required_key(idempotency_key)
    return _told(
        services,
        partial(replanning.skip_visit, reason=given.reason, fill=given.fill),
        viewer,
        visit_id,
        key,
        background,
    )


@router.post(
    "/{visit_id}/late",
    operation_id="report_late",
    summary="I am late, and repair the day",
    response_model=CancelAnswer,
    responses=problems(*TAP),
)
def late(
    visit_id: ThingId,
    services: ServicesDep,
    viewer: ViewerDep,
    body: Delay,
    background: BackgroundTasks,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """The rep of this visit's day is so many minutes behind: the rest of the day is timed anew.

    What can no longer be kept leaves the day; where a colleague could take it, the office gets a proposal.
    """
    key = required_key(idempotency_key)
    return _told(services, partial(replanning.report_late, minutes=body.minutes), viewer, visit_id, key, background)


def _told(
    services: ServicesDep,
    report: Callable[..., CancelAnswer],
    viewer: ViewerDep,
    visit_id: str,
    key: str,
    background: BackgroundTasks,
) -> Response:
    """Carries a report out; what it means for other reps is worked out after the answer, for the office to decide."""
    began = time.perf_counter()
    now, travel = datetime.now(UTC), services.tools.travel
    answer = report(services.store, viewer, visit_id, key=key, now=now, travel=travel)
    services.metrics.repair_seconds.observe(time.perf_counter() - began)
    effort = Effort(seconds=services.settings.repair_seconds)
    background.add_task(offer_to_office, services.store, answer, now=now, travel=travel, effort=effort)
    return Response(answer.to_json(), media_type="application/json", background=background)


def _repair(
    services: Services, viewer: Viewer, answer: TapAnswer, given: NoShow, background: BackgroundTasks
) -> CancelAnswer | None:
    """The day after nobody was there, None where nothing is left of it. What goes wrong never fails the stored tap."""
    began = time.perf_counter()
    now, travel = datetime.now(UTC), services.tools.travel
    if now - answer.at < AT_THE_DOOR:
        now = answer.at
    try:
        repair = replanning.repair_after_no_show(
            services.store, viewer, answer.visit, now=now, travel=travel, fill=given.fill
        )
    except BeatplanError as error:
        if isinstance(error, StaleError) or not isinstance(error, ConflictError):  # else the day is over
            log.warning("the day was not repaired after nobody was there: %s", error)
        return None
    services.metrics.repair_seconds.observe(time.perf_counter() - began)
    effort = Effort(seconds=services.settings.repair_seconds)
    background.add_task(offer_to_office, services.store, repair, now=now, travel=travel, effort=effort)
    return repair


def _keep_position(services: Services, viewer: Viewer, answer: TapAnswer, kind: str, position: Measured | None) -> None:
    """Keeps where a tap was made, where it may be. What goes wrong here never fails the tap, which is stored."""
    if position is None:
        return
    point = Point(position.lon, position.lat, position.accuracy_m)
    try:
        keep_position(services.store, viewer, answer.visit, kind, point, answer.at)
    except BeatplanError as error:
        log.warning("a position was not kept: %s", error)
