"""The HTTP service: everything it needs is opened at start, closed at the end, and reached through `Services`."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import anyio.to_thread
from fastapi import APIRouter, FastAPI, Request

from api import errors, openapi
from api.auth.desk import open_desk
from api.auth.guard import GuardedRoute
from api.auth.headers import SecurityHeaders
from api.body_limit import BodyLimit
from api.deps import Services
from api.flat_routes import add_flat
from api.jobs.embedded import EmbeddedWorker
from api.live import EventFeed
from api.metrics import CountRequests, Metrics
from api.page_files import NOT_BUILT, are_built
from api.request_log import RequestLog
from api.routes import (
    absences,
    api_keys,
    assignment_rules,
    board,
    calendars,
    customers,
    events,
    explanations,
    fill_ins,
    health,
    imports,
    links,
    me,
    pages,
    people,
    plan_drafts,
    plan_runs,
    plans,
    policies,
    privacy,
    promises,
    proposals,
    provider,
    reports,
    reps,
    route_files,
    segments,
    sessions,
    sign_in_page,
    slots,
    territories,
    territory_alternatives,
    territory_potential,
    territory_proposals,
    tiles,
    visits,
    webhooks,
)
from api.settings import Settings
from api.store_metrics import StoreMetrics
from api.tools import LateRoads
from api.upkeep import Upkeep
from api.version import installed_version
from routing.errors import RoadError
from visits.solving import Tools
from visits.store import Store, open_store
from visits.warming import warm_repairs

log = logging.getLogger("beatplan.api")
PREFIX = "/api/v1"


def create_app(settings: Settings) -> FastAPI:
    """The service with these settings. It opens the database when it starts, not here.

    Starting raises InputError or StoreError when the database or the roads cannot be used, and LookupError when an
    operation has no policy.
    """
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = settings.threads
        with ExitStack() as opened:
            store = open_store(settings.store_url)
            opened.callback(store.close)
            roads = LateRoads(settings.roads_source)
            await anyio.to_thread.run_sync(_warm, roads, store)
            runner = EmbeddedWorker(settings)
            desk = open_desk(settings, store)
            upkeep = Upkeep(store, desk.uses)
            feed = EventFeed(store)
            app.state.services = Services(settings, store, metrics, runner, Tools(roads), desk, upkeep, feed)
            metrics.listeners.set_function(lambda: feed.listeners)
            metrics.registry.register(StoreMetrics(store, settings.lease_seconds))
            if not are_built():
                log.warning(NOT_BUILT)
            runner.start()
            opened.callback(runner.stop)
            upkeep.start()
            opened.callback(upkeep.stop)
            yield

    app = FastAPI(
        title="beatplan",
        summary="Field-sales route planning: plans every rep's visits and repairs the day when it changes.",
        version=installed_version(),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
    )
    app.state.map_sources = settings.map_sources
    errors.install(app)
    app.add_middleware(BodyLimit, limit_bytes=settings.max_body_bytes, seconds=settings.body_seconds)
    app.add_middleware(CountRequests, metrics=metrics)
    app.add_middleware(SecurityHeaders, public_url=settings.public_url)
    app.add_middleware(RequestLog)
    planning = (plan_runs, plan_drafts)
    planned = (plans, visits, fill_ins, explanations, proposals, slots, *planning, board, route_files, promises)
    signing_in = (provider, sessions, me, links, people, api_keys, calendars)
    data = (customers, reps, territories, segments, assignment_rules, policies, absences, imports, reports)
    proposed = (territory_proposals, territory_alternatives, territory_potential)
    nouns = (*planned, *signing_in, *data, *proposed, tiles, events, webhooks, privacy)
    add_flat(app, [*(noun.router for noun in nouns), _description()], PREFIX)
    add_flat(app, [health.router, pages.router, sign_in_page.router])
    openapi.install(app)
    return app


def _warm(roads: LateRoads, store: Store) -> None:
    """Loads what the first repair would otherwise wait for. A service without roads serves all but planning."""
    try:
        roads.open()
    except RoadError as error:
        log.warning("planning will fail until this is mended: %s", error)
    warm_repairs(store, datetime.now(UTC).date())


def _description() -> APIRouter:
    router = APIRouter(route_class=GuardedRoute, tags=["operations"])

    @router.get("/openapi.json", operation_id="get_openapi", summary="This description")
    async def get_openapi(request: Request) -> dict[str, Any]:
        """The OpenAPI document of this version."""
        return request.app.openapi()  # type: ignore[no-any-return]  # Starlette does not know that the app is FastAPI

    return router
