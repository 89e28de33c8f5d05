"""The web pages: files built once, served packed, with a policy that lets them run nothing but their own scripts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Request, Response
from fastapi.responses import HTMLResponse

from api.auth.guard import GuardedRoute
from api.conditional import matches
from api.errors import ApiError, not_found
from api.page_files import NOT_BUILT, are_built, find_file
from api.routes.describe import problems

router = APIRouter(route_class=GuardedRoute, tags=["pages"])
FileName = Annotated[str, Path(max_length=200)]
IfNoneMatch = Annotated[str | None, Header(description="The ETag you have; 304 when it still stands.")]
AcceptEncoding = Annotated[str, Header(description="Files come packed with br or gzip where you take it.")]


def _answers(kind: str) -> dict[int | str, dict[str, Any]]:
    return {
        200: {"content": {kind: {"schema": {"type": "string"}}}, "description": "The file."},
        304: {"description": "You have this file already."},
        **problems(404, 422),
    }


def _serve(
    request: Request, name: str, accept_encoding: str, if_none_match: str | None, *, lasting: bool = False
) -> Response:
    found = find_file(name, accept_encoding, lasting=lasting, map_sources=request.app.state.map_sources)
    if found is None:
        raise not_found() if are_built() else ApiError(404, NOT_BUILT)
    if matches(if_none_match, found.headers["ETag"]):
        return Response(status_code=304, headers=found.headers)
    return Response(found.content, media_type=found.media_type, headers=found.headers)


@dataclass(frozen=True, slots=True)
class _Served:
    """One path of the pages: what it is in the interface's description, and the file behind it."""

    path: str
    operation_id: str
    summary: str
    description: str
    file: str
    kind: str = "text/html"


_SERVED = (
    _Served("/", "get_home_page", "The page to begin with", "The rep's day.", "today.html"),
    _Served(
        "/today", "get_today_page", "The rep's phone page",
        "A rep's day on a phone; works without a network once it was opened.", "today.html",
    ),
    _Served(
        "/board", "get_board_page", "The dispatcher's board",
        "The day of all reps at a glance, and what would change before it changes.", "board.html",
    ),
    _Served(
        "/territories", "get_territories_page", "The manager's territories",
        "Territories proposed side by side, changed by hand, published and rolled back.", "territories.html",
    ),
    _Served(
        "/sw.js", "get_page_worker", "What keeps pages working offline", "The service worker of all pages.",
        "sw.js", "text/javascript",
    ),
    _Served(
        "/manifest.webmanifest", "get_page_manifest", "How the phone page is installed", "The web app manifest.",
        "manifest.webmanifest", "application/manifest+json",
    ),
)  # fmt: skip


def _add(served: _Served) -> None:
    def get_file(request: Request, accept_encoding: AcceptEncoding = "", if_none_match: IfNoneMatch = None) -> Response:
        return _serve(request, served.file, accept_encoding, if_none_match)

    router.get(
        served.path,
        operation_id=served.operation_id,
        summary=served.summary,
        description=served.description,
        response_class=HTMLResponse if served.kind == "text/html" else Response,
        responses=_answers(served.kind),
    )(get_file)


for _one in _SERVED:
    _add(_one)


@router.get(
    "/icons/{name}", operation_id="get_page_icon", summary="An icon", response_class=Response,
    responses=_answers("image/svg+xml"),
)  # fmt: skip
def get_page_icon(
    request: Request, name: FileName, accept_encoding: AcceptEncoding = "", if_none_match: IfNoneMatch = None
) -> Response:
    """Icons of the installed page."""
    return _serve(request, f"icons/{name}", accept_encoding, if_none_match)


@router.get(
    "/assets/{name}", operation_id="get_page_asset", summary="A script or style of a page", response_class=Response,
    responses=_answers("text/javascript"),
)  # fmt: skip
def get_page_asset(
    request: Request, name: FileName, accept_encoding: AcceptEncoding = "", if_none_match: IfNoneMatch = None
) -> Response:
    """Its name changes with its content, so browsers keep it for good."""
    return _serve(request, f"assets/{name}", accept_encoding, if_none_match, lasting=True)
