"""The cookie of a browser's sign-in, and when it counts."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import Request, Response

from visits.queries.sign_ins import NewSignIn

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def base_url(request: Request, public_url: str) -> str:
    """Where people reach this service: the setting, else what the request says; without a slash at the end."""
    return public_url.rstrip("/") or f"{request.url.scheme}://{request.url.netloc}"


def cookie_name(base: str) -> str:
    """`__Host-` forbids other hosts of the domain to set it; browsers accept that over https alone."""
    return "__Host-beatplan" if base.startswith("https:") else "beatplan"


def set_cookie(response: Response, base: str, made: NewSignIn) -> None:
    """Hand the token to the browser, out of reach of scripts and of requests that other sites cause."""
    response.set_cookie(
        cookie_name(base),
        made.token,
        expires=made.row.expires_at,
        path="/",
        secure=base.startswith("https:"),
        httponly=True,
        samesite="strict",
    )


def drop_cookie(response: Response, base: str) -> None:
    """Make the browser forget the token."""
    response.delete_cookie(
        cookie_name(base), path="/", secure=base.startswith("https:"), httponly=True, samesite="strict"
    )


def cookie_token(request: Request, base: str) -> str | None:
    """The token of the cookie; None without one, and for a change that another site may have caused.

    A browser says on every change where it comes from, by Sec-Fetch-Site or Origin; only our own pages count. This
    holds beside SameSite, which knows sites but not hosts and ports.
    """
    token = request.cookies.get(cookie_name(base))
    if token is None or request.method in _SAFE:
        return token
    told = request.headers.get("sec-fetch-site")
    if told is not None:
        return token if told == "same-origin" else None
    origin = request.headers.get("origin")
    return token if origin is not None and _same(origin, base) else None


def _same(one: str, other: str) -> bool:
    first, second = urlsplit(one), urlsplit(other)
    return (first.scheme, first.netloc.lower()) == (second.scheme, second.netloc.lower())
