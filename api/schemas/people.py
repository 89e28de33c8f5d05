"""People, on the wire; for administrators."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.schemas.base import ABSENT, Given, Patch, ShortText, Shown, Switch
from api.schemas.sessions import Password
from visits.models import Person, Role

Territories = Annotated[
    tuple[ShortText, ...] | None, Field(max_length=1000, description="Ids of what they may see; null: all.")
]
_REP = "The rep that a person of the role rep is; null for the others."


class PersonOut(Shown):
    """Somebody who may sign in."""

    id: str
    email: str
    name: str
    role: Role
    rep_id: Annotated[str | None, Field(description=_REP)]
    territory_ids: Territories
    active: bool
    has_password: bool
    has_provider: Annotated[bool, Field(description="Whether an OpenID provider's account is bound to them.")]
    version: Annotated[int, Field(description="Goes back as If-Match when the person is changed.")]


class PersonIn(Given):
    """A new person. Without a password they sign in by link or at the OpenID provider."""

    email: ShortText
    name: ShortText
    role: Role
    rep_id: Annotated[ShortText | None, Field(description=_REP)] = None
    territory_ids: Territories = None
    password: Password | None = None
    active: Switch = True


class PersonPatch(Patch):
    """The fields of a person to change; those left out stay as they are."""

    email: ShortText = ABSENT
    name: ShortText = ABSENT
    role: Role = ABSENT
    rep_id: Annotated[ShortText | None, Field(description=_REP)] = ABSENT
    territory_ids: Territories = ABSENT
    password: Annotated[Password | None, Field(description="Null takes the password away.")] = ABSENT
    active: Annotated[Switch, Field(description="False ends all their sign-ins.")] = ABSENT


def show_person(person: Person) -> PersonOut:
    """A person as it goes out, without what proves who they are."""
    return PersonOut(
        has_password=person.password_hash is not None,
        has_provider=person.external_subject is not None,
        **person.model_dump(),
    )
