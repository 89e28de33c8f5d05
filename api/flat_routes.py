"""Puts the operations of many routers into one flat list, in the order given.

Including routers in one another makes some versions of FastAPI search each level twice for every request, which cost
more than the plan that was asked for.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable

from fastapi import APIRouter, FastAPI
from starlette.routing import BaseRoute, Route, compile_path


def add_flat(app: FastAPI, routers: Iterable[APIRouter], prefix: str = "") -> None:
    """Adds the routes of `routers` to `app` under `prefix`, such as /api/v1. What is asked most comes first."""
    app.router.routes.extend(_under(prefix, route) for router in routers for route in router.routes)


def _under(prefix: str, route: BaseRoute) -> BaseRoute:
    if not isinstance(route, Route):
        raise TypeError(f"{route!r} is no single operation; add the routers that it holds one by one")
    moved = copy.copy(route)
    moved.path = prefix + route.path
    moved.path_regex, moved.path_format, moved.param_convertors = compile_path(moved.path)
    return moved
