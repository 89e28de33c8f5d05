"""Every error of the service as one RFC 9457 problem document, whatever raised it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.conditional import etag_of
from routing.documents import describe_path, shorten
from routing.errors import BeatplanError, InputError
from visits.deciding import StaleProposalError
from visits.errors import ConflictError, NotFoundError, StaleError, StoreError

MEDIA_TYPE = "application/problem+json"
log = logging.getLogger("beatplan.api")

_MENDS = {
    "missing": "is missing; add it",
    "extra_forbidden": "is not a known field; remove it or correct its spelling",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "string_type": "must be text",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be a JSON object",
    "model_attributes_type": "must be a JSON object",
}


_SECRET_FIELDS = frozenset({"password", "new", "current", "code"})
"""Fields whose value is never repeated in an answer."""
_TITLES = {
    400: "Bad request",
    401: "Not signed in",
    404: "Not found",
    405: "Method not allowed",
    408: "Too slow",
    409: "Conflict",
    412: "Stale version",
    413: "Body too large",
    415: "Not JSON",
    422: "Bad field",
    428: "If-Match missing",
    429: "Too many requests",
    500: "Fault of the service",
    503: "Not now",
}
"""Own words: the standard library's differ from one Python to the next, and `type` is made of them."""


class FieldFault(BaseModel):
    """One field of the request that is wrong."""

    model_config = ConfigDict(frozen=True)

    field: Annotated[str, Field(description="Where it is, such as `customer.lon` or `Idempotency-Key`.")]
    detail: Annotated[str, Field(description="What is wrong and how to mend it.")]


class Problem(BaseModel):
    """The one shape of every error (RFC 9457, application/problem+json)."""

    model_config = ConfigDict(frozen=True)

    type: Annotated[str, Field(description="Names the kind of problem; stable.")]
    title: Annotated[str, Field(description="The kind of problem in words.")]
    status: Annotated[int, Field(description="The HTTP status.")]
    detail: Annotated[str, Field(description="One sentence about this case, written for a person.")]
    errors: Annotated[tuple[FieldFault, ...], Field(description="The wrong fields; empty when it is not about fields.")]


class ApiError(HTTPException):
    """An error whose status and sentence are decided where it is raised."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: tuple[FieldFault, ...] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, detail, dict(headers) if headers else None)
        self.errors = errors


def not_found() -> ApiError:
    """What a caller gets for a thing that is not there and for one that is not theirs to see, alike."""
    return ApiError(404, "There is nothing here, or it is not yours to see; check the address and who you are.")


def bad_field(field: str, detail: str, *, status: int = 422) -> ApiError:
    """A fault in one field of the request; the sentence begins with the field's name."""
    return ApiError(status, f"{field} {detail}", errors=(FieldFault(field=field, detail=detail),))


def problem_response(
    status: int, detail: str, errors: tuple[FieldFault, ...] = (), headers: Mapping[str, str] | None = None
) -> Response:
    """The problem document as a response."""
    title = _TITLES.get(status) or HTTPStatus(status).phrase
    problem = Problem(
        type=f"urn:beatplan:problem:{title.lower().replace(' ', '-')}",
        title=title,
        status=status,
        detail=_printable(detail),
        errors=tuple(FieldFault(field=_printable(fault.field), detail=_printable(fault.detail)) for fault in errors),
    )
    return Response(problem.model_dump_json(), status, dict(headers or {}), MEDIA_TYPE)


def _printable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _field_fault(fault: Mapping[str, Any]) -> FieldFault:
    place = tuple(fault["loc"])
    where = describe_path(place[1:]) if len(place) > 1 else "the body"
    kind = fault["type"]
    if kind in {"value_error", "assertion_error"}:
        detail = str(fault.get("ctx", {}).get("error", fault["msg"]))
    elif kind == "missing" and len(place) == 1:
        detail = "is missing; send a JSON object"
    else:
        mend = _MENDS.get(kind) or fault["msg"].replace("Input should", "must").replace("String should", "must")
        secret = place[-1] in _SECRET_FIELDS
        shown = "" if secret or kind in {"missing", "extra_forbidden"} else f" (it is {shorten(fault.get('input'))})"
        detail = mend[0].lower() + mend[1:] + shown
    return FieldFault(field=where, detail=detail)


def on_bad_request(_: Request, error: Exception) -> Response:
    """Fields that do not fit their type: 422 with each field named."""
    if not isinstance(error, RequestValidationError):
        raise TypeError from error
    faults = tuple(_field_fault(fault) for fault in error.errors())
    more = len(faults) - 1
    tail = f" (and {more} more {'faults' if more > 1 else 'fault'})" if more else ""
    return problem_response(422, f"{faults[0].field} {faults[0].detail}{tail}", faults)


def on_http_error(request: Request, error: Exception) -> Response:
    """Errors raised with a status, ours and the framework's (unknown route, wrong method)."""
    if not isinstance(error, HTTPException):
        raise TypeError from error
    if isinstance(error, ApiError):
        return problem_response(error.status_code, error.detail, error.errors, error.headers)
    if error.status_code == HTTPStatus.NOT_FOUND:
        return problem_response(404, not_found().detail)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = (error.headers or {}).get("Allow", "")
        return problem_response(
            405,
            f"{request.method} is not possible here; this address takes {allowed or 'other methods'}.",
            headers=error.headers,
        )
    return problem_response(error.status_code, str(error.detail), headers=error.headers)


def on_beatplan_error(request: Request, error: Exception) -> Response:
    """A fault that the core described for a person, with the status that its kind has."""
    sentence = str(error)
    if isinstance(error, NotFoundError):
        return problem_response(404, sentence)
    if isinstance(error, StaleProposalError):
        fresh = {"Location": f"/api/v1/proposals/{error.fresh.id}", "ETag": error.fresh.etag}
        return problem_response(412, sentence, headers=fresh)
    if isinstance(error, StaleError) and "if-match" in request.headers:
        headers = {} if error.current is None else {"ETag": etag_of(error.current)}
        return problem_response(412, sentence, headers=headers)
    if isinstance(error, ConflictError):
        return problem_response(409, sentence)
    if isinstance(error, InputError) and not isinstance(error, StoreError):
        return problem_response(422, sentence)
    log.error("%s failed: %s", getattr(request.state, "operation", "none"), sentence)
    return problem_response(503, sentence, headers={"Retry-After": "5"})


def on_database_error(_: Request, error: Exception) -> Response:
    """A database that fails in a way the store has no sentence for: 503, and the cause in the log."""
    log.error("database: %s", _cause(error))
    sentence = "The database does not answer; try again in a moment, or check BEATPLAN_DATABASE_URL and its server."
    return problem_response(503, sentence, headers={"Retry-After": "2"})


def _cause(error: Exception) -> str:
    """What a database said, without the lines after the first, where PostgreSQL shows the row."""
    return str(getattr(error, "orig", None) or error).partition("\n")[0]


def on_clash(_: Request, error: Exception) -> Response:
    """Two writers put the same unique value at the same moment, or what a row pointed to went away: 409."""
    log.warning("clash: %s", _cause(error))
    return problem_response(409, "It clashes with what somebody else stored at the same moment; load it and try again.")


class CatchFaults:
    """Answers for what nobody foresaw: 500 without inner details; the traceback goes to the log.

    It stands inside the other layers, so that this answer too has their headers and is counted.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request. What has begun to answer and then fails is cut off: the fault goes on to the server."""
        begun = False

        async def watch(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except Exception as error:
            if begun or scope["type"] != "http":
                raise
            operation = scope.get("state", {}).get("operation", "none")
            log.error("unexpected fault in %s", operation, exc_info=error)  # noqa: TRY400
            sentence = "The service failed on this request; its log says why. Nothing was changed by it."
            await problem_response(500, sentence)(scope, receive, send)


def install(app: FastAPI) -> None:
    """Makes every error of `app` a problem document. Layers that are added later stand around its answers."""
    app.add_middleware(CatchFaults)
    app.add_exception_handler(RequestValidationError, on_bad_request)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(BeatplanError, on_beatplan_error)
    app.add_exception_handler(IntegrityError, on_clash)
    app.add_exception_handler(OperationalError, on_database_error)
    app.add_exception_handler(PoolTimeout, on_database_error)
