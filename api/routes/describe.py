"""Which errors an operation may answer, for the OpenAPI document."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from api.errors import MEDIA_TYPE, Problem

_WHEN = {
    400: "The body is not JSON, or a header that is needed is missing.",
    401: "No valid token.",
    404: "Not there, or not yours to see.",
    408: "The body does not arrive in time.",
    409: "The state does not allow it.",
    412: "Somebody else changed it meanwhile.",
    413: "The body is too large.",
    415: "The body is not declared as JSON.",
    422: "A field is wrong.",
    428: "If-Match is missing.",
    429: "Too many requests; Retry-After says how many seconds to wait.",
    503: "The database or the solver does not answer now.",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error responses of an operation; each is the one problem document."""
    reference = {"$ref": f"#/components/schemas/{Problem.__name__}"}
    return {
        status: {
            "description": _WHEN.get(status, HTTPStatus(status).phrase),
            "model": Problem,
            "content": {MEDIA_TYPE: {"schema": reference}},
        }
        for status in statuses
    }


READ = (401, 404, 422, 429, 503)
READ_ONE = READ
CREATE = (400, 401, 404, 408, 409, 413, 415, 422, 429, 503)
CHANGE = (400, 401, 404, 408, 409, 412, 413, 415, 422, 428, 429, 503)
TAP = CREATE
