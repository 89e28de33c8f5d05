"""The page to sign in on: plain files, without a build."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

import api.auth
from api.auth.guard import GuardedRoute

router = APIRouter(route_class=GuardedRoute, tags=["sign-in"])
_PAGE = Path(api.auth.__file__).parent / "page"


def _content(kind: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {kind: {"schema": {"type": "string"}}}, "description": "The file."}}


@router.get(
    "/sign-in",
    operation_id="get_sign_in_page",
    summary="The page to sign in on",
    response_class=HTMLResponse,
    responses=_content("text/html"),
)
async def get_sign_in_page() -> Response:
    """By password, by link (its code behind #) and at the OpenID provider where one is configured."""
    return HTMLResponse(_file("sign-in.html"))


@router.get(
    "/sign-in.js",
    operation_id="get_sign_in_script",
    summary="The sign-in page's script",
    response_class=Response,
    responses=_content("text/javascript"),
)
async def get_sign_in_script() -> Response:
    """What the page does."""
    return Response(_file("sign-in.js"), media_type="text/javascript")


@router.get(
    "/sign-in.css",
    operation_id="get_sign_in_style",
    summary="The sign-in page's style",
    response_class=Response,
    responses=_content("text/css"),
)
async def get_sign_in_style() -> Response:
    """How the page looks."""
    return Response(_file("sign-in.css"), media_type="text/css")


def _file(name: str) -> str:
    return (_PAGE / name).read_text(encoding="utf-8")
