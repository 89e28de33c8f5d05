"""A browser without a screen: keeps cookies, and says where its requests come from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from api.auth.passwords import Passwords
from tests.api.serving import NO_CERTIFICATES, Served
from visits.models import Person

PASSWORD = "four words nobody joins"  # noqa: S105 - of made-up people
HASH = Passwords().hash(PASSWORD)


def give_password(service: Served, *names: str) -> None:
    """Lets these people of the seed sign in by PASSWORD."""
    with service.store.session() as session:
        for name in names:
            person = session.get_one(Person, f"person-{name}")
            person.password_hash = HASH
            session.add(person)


@contextmanager
def browser(service: Served) -> Iterator[httpx.Client]:
    """A client of its own, at our own pages."""
    with httpx.Client(
        base_url=service.base_url,
        timeout=60,
        verify=NO_CERTIFICATES,
        trust_env=False,
        headers={"Sec-Fetch-Site": "same-origin"},
    ) as client:
        yield client


def password_sign_in(client: httpx.Client, name: str, password: str = PASSWORD, **more) -> httpx.Response:
    """POST /sessions for a person of the seed."""
    body = {"email": f"{name}@example.com", "password": password, **more}
    return client.post("/api/v1/sessions", json=body)
