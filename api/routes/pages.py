"""The web pages: files built once, served packed, with a policy that lets them run nothing but their own scripts."""

from __future__ import annotations

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


@router.get(
    "/", operation_id="get_home_page", summary="The page to begin with", response_class=HTMLResponse,
    responses=_answers("text/html"),
)  # fmt: skip
def get_home_page(
    request: Request, accept_encoding: AcceptEncoding = "", if_none_match: IfNoneMatch = None
) -> Response:
    """The rep's day."""
    return _serve(request, "today.html", accept_encoding, if_none_match)


@router.get(
    "/today", operation_id="get_today_page", summary="The rep's phone page", response_class=HTMLResponse,
    responses=_answers("text/html"),
)  # fmt: skip
def get_today_page(
    request: Request, accept_encoding: AcceptEncoding = "", if_none_match: IfNoneMatch = None
) -> Response:
    """A rep's day on a phone; works without a network once it was opened."""
    return _serve(request, "today.html", accept_encoding, if_none_match)


@router.get(
    "/board", operation_id="get_board_page", summary="The dispatcher's board", response_class=HTMLResponse,
    responses=_answers("text/html"),
)  # fmt: skip
def get_board_page(
    request: Request, accept_encoding: AcceptEncoding = "", if_none_match: IfNoneMatch = None
) -> Response:
    """The day of all reps at a glance, and what would change before it changes."""
    return _serve(request, "board.html", accept_encoding, if_none_match)


@router.get(
    "/territories", operation_id="get_territories_page", summary="The manager's territories",
    response_class=HTMLResponse, responses=_answers("text/html"),
)  # fmt: skip
def get_territories_page(
    request: Request, accept_encoding: AcceptEncoding = "", if_none_match: IfNoneMatch = None
) -> Response:
    """Territories proposed side by side, changed by hand, published and rolled back."""
    return _serve(request, "territories.html", accept_encoding, if_none_match)


@router.get(
    "/sw.js", operation_id="get_page_worker", summary="What keeps pages working offline", response_class=Response,
    responses=_answers("text/javascript"),
)  # fmt: skip
def get_page_worker(
    request: Request, accept_encoding: AcceptEncoding = "", if_none_match: IfNoneMatch = None
) -> Response:
    """The service worker of all pages."""
    return _serve(request, "sw.js", accept_encoding, if_none_match)


@router.get(
    "/manifest.webmanifest", operation_id="get_page_manifest", summary="How the phone page is installed",
    response_class=Response, responses=_answers("application/manifest+json"),
)  # fmt: skip
def get_page_manifest(
    request: Request, accept_encoding: AcceptEncoding = "", if_none_match: IfNoneMatch = None
) -> Response:
    """The web app manifest."""
    return _serve(request, "manifest.webmanifest", accept_encoding, if_none_match)


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
