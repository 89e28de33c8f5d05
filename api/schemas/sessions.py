"""Signing in, on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from api.schemas.base import Given, ShortText, Shown, Switch, Text
from visits.scope import Viewer

Password = Annotated[str, StringConstraints(strip_whitespace=False, min_length=1, max_length=1000)]
_COOKIE = "Keep the token in a cookie of this browser, out of reach of scripts, instead of answering it."
_LABEL = "What you will recognise this sign-in by, such as `my phone`; empty: what the browser calls itself."


class Me(Shown):
    """Who is signed in, and what they may see."""

    id: str
    name: str
    role: str
    rep_id: Annotated[str | None, Field(description="The rep that this person is; null in the office.")]
    territory_ids: Annotated[tuple[str, ...] | None, Field(description="Null: all territories.")]


class SessionIn(Given):
    """Sign in by address and password."""

    email: ShortText
    password: Password
    label: Annotated[Text, Field(description=_LABEL)] = ""
    cookie: Annotated[Switch, Field(description=_COOKIE)] = False


class LinkIn(Given):
    """Sign a device in by the code of a link."""

    code: Annotated[ShortText, Field(description="What follows # in the link.")]
    label: Annotated[Text, Field(description=_LABEL)] = ""
    cookie: Annotated[Switch, Field(description=_COOKIE)] = False


class SessionMade(Shown):
    """A fresh sign-in."""

    id: str
    token: Annotated[str | None, Field(description="Shown this once; null where a cookie keeps it.")]
    expires_at: datetime | None
    me: Me


class SessionOut(Shown):
    """One of a person's sign-ins."""

    id: str
    kind: Annotated[str, Field(description="session, device (by link), token (made on the command line) or calendar.")]
    label: str
    created_at: datetime
    last_used_at: Annotated[datetime | None, Field(description="To a few minutes.")]
    expires_at: Annotated[datetime | None, Field(description="Null: when it is ended.")]
    current: Annotated[bool, Field(description="Whether this request came with it.")]


class LinkMade(Shown):
    """A link that signs one device in, once, within ten minutes."""

    url: str
    code: str
    expires_at: datetime
    qr_svg: Annotated[str, Field(description="The link as a QR code, an SVG picture.")]


class ProviderShown(Shown):
    """An OpenID provider to sign in at."""

    name: str
    url: Annotated[str, Field(description="Where to send the browser.")]


class SignInWays(Shown):
    """How people may sign in here."""

    password: bool = True
    provider: ProviderShown | None


class PasswordChange(Given):
    """A new password for the signed-in person."""

    current: Annotated[Password | None, Field(description="The one so far; null for who has none.")] = None
    new: Password


def show_me(viewer: Viewer) -> Me:
    """The viewer as it goes out."""
    return Me(
        id=viewer.person_id,
        name=viewer.name,
        role=viewer.role.value,
        rep_id=viewer.rep_id,
        territory_ids=None if viewer.sees_all or viewer.territory_ids is None else tuple(sorted(viewer.territory_ids)),
    )
