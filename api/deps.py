"""What operations ask for: the running services, the viewer, a page, the version that a change builds on.

These are coroutines although they wait for nothing: a plain function would cost a thread for each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Path, Query, Request

from api.auth.desk import SignInDesk
from api.errors import ApiError, bad_field
from api.jobs.embedded import EmbeddedWorker
from api.live import EventFeed
from api.metrics import Metrics
from api.settings import Settings
from api.upkeep import Upkeep
from visits.queries.page import LONGEST_PAGE, PageRequest
from visits.scope import Viewer
from visits.solving import Tools
from visits.store import Store


@dataclass(frozen=True, slots=True)
class Services:
    """All that a running service holds open."""

    settings: Settings
    store: Store
    metrics: Metrics
    runner: EmbeddedWorker
    tools: Tools
    sign_in: SignInDesk
    upkeep: Upkeep
    feed: EventFeed


def services_of(request: Request) -> Services:
    """The running services; asked for like this by what is asked most, since a declared need costs its own round."""
    found: Services = request.app.state.services
    return found


def viewer_of(request: Request) -> Viewer:
    """Who asks, admitted by the door of the operation; likewise."""
    found: Viewer = request.state.viewer
    return found


async def _services(request: Request) -> Services:
    return services_of(request)


async def _viewer(request: Request) -> Viewer:
    return viewer_of(request)


async def _page_request(
    limit: Annotated[int, Query(ge=1, le=LONGEST_PAGE, description="At most this many items.")] = 50,
    cursor: Annotated[
        str | None, Query(max_length=2000, description="next_cursor of the page before; leave out for the first.")
    ] = None,
) -> PageRequest:
    return PageRequest(limit, cursor)


async def _expected_version(
    if_match: Annotated[
        str | None, Header(description='The version you saw, such as "3"; somebody else\'s change since gives 412.')
    ] = None,
) -> int:
    if if_match is None:
        raise ApiError(428, 'If-Match is missing; send the version that you saw, such as If-Match: "3".')
    digits = if_match.strip().removeprefix("W/").strip('"')
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10):
        raise bad_field("If-Match", f'is {if_match!r}; send the version that you saw, such as "3"', status=412)
    return int(digits)


async def _expected_tag(
    if_match: Annotated[
        str | None, Header(max_length=20_000, description="The ETag of what you saw; a change of it since gives 412.")
    ] = None,
) -> str:
    if if_match is None or not if_match.strip():
        raise ApiError(428, "If-Match is missing; send the ETag that you saw.")
    return if_match.strip().removeprefix("W/")


async def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"


AddressDep = Annotated[str, Depends(_address)]
"""Where the request comes from, as far as the server and the proxies it trusts know."""
ServicesDep = Annotated[Services, Depends(_services)]
ViewerDep = Annotated[Viewer, Depends(_viewer)]
PageDep = Annotated[PageRequest, Depends(_page_request)]
VersionDep = Annotated[int, Depends(_expected_version)]
TagDep = Annotated[str, Depends(_expected_tag)]
OnceKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="Your own name for this request, such as a UUID. Sent again under the same key within 30 days it "
        "changes nothing and gives the first answer; the same key for another request is a 409.",
    ),
]
ThingId = Annotated[str, Path(min_length=1, max_length=200)]
Filter = Annotated[str | None, Query(min_length=1, max_length=200)]
