"""Signing in at an OpenID provider, with a real one on the loopback interface: the way there, back, and every lie."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from joserfc.jwk import OctKey, RSAKey
from pydantic import SecretStr

from api.settings import Settings
from tests.api.browser import browser
from tests.api.oidc_server import CLIENT, SECRET, OidcServer, oidc_server
from tests.api.serving import Served, served
from tests.api.test_problems import problem_of
from visits.models import Person

START = "/api/v1/sessions/provider"


@pytest.fixture
def oidc() -> Iterator[OidcServer]:
    with oidc_server() as server:
        yield server


@pytest.fixture
def trusting(sqlite_settings: Settings, oidc: OidcServer) -> Iterator[Served]:
    """A service that sends people to the provider."""
    changes = {"oidc_issuer": oidc.issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SecretStr(SECRET)}
    with served(sqlite_settings.model_copy(update=changes)) as running:
        yield running


def there(client: httpx.Client) -> str:
    """Goes to the provider; the address that it sends the browser back to."""
    away = client.get(START)
    assert away.status_code == 303, away.text
    assert "SameSite=lax" in away.headers["set-cookie"]
    return httpx.get(away.headers["location"], trust_env=False).headers["location"]


def and_back(client: httpx.Client) -> str:
    """There and back; where the browser ends."""
    back = client.get(there(client))
    assert back.status_code == 303, back.text
    return back.headers["location"]


def test_there_and_back_is_signed_in(trusting: Served, oidc: OidcServer) -> None:
    ways = trusting.client.get("/api/v1/sessions/ways").json()
    assert ways == {"password": True, "provider": {"name": oidc.issuer.removeprefix("http://"), "url": START}}
    with browser(trusting) as client:
        assert and_back(client) == "/sign-in#welcome"
        me = client.get("/api/v1/me").json()
        assert me["id"] == "person-dispatcher"
        assert client.post("/api/v1/plan-runs", json={"from": "2027-03-01", "days": 1}).status_code == 202
    with trusting.store.reading() as session:
        assert session.get_one(Person, "person-dispatcher").external_subject == f"{oidc.issuer} subject-1"
    oidc.who = {"sub": "subject-1", "email": "admin@example.com", "email_verified": True}
    with browser(trusting) as client:  # the account counts from now on, not what address it tells
        assert and_back(client) == "/sign-in#welcome"
        assert client.get("/api/v1/me").json()["id"] == "person-dispatcher"


@pytest.mark.parametrize(
    "who",
    [
        {"sub": "s", "email": "nobody@example.com", "email_verified": True},
        {"sub": "s", "email": "admin@example.com", "email_verified": False},
        {"sub": "s", "email": "admin@example.com"},
        {"sub": "s", "email": "admin@example.com", "email_verified": "true"},
        {"sub": "s", "email": ["admin@example.com"], "email_verified": True},
        {"sub": "s"},
    ],
)
def test_who_is_not_known_stays_out(trusting: Served, oidc: OidcServer, who: dict) -> None:
    oidc.who = who
    with browser(trusting) as client:
        assert and_back(client) == "/sign-in#failed=unknown"
        problem_of(client.get("/api/v1/me"), 401)


def test_a_bound_address_is_not_taken_by_another_account(trusting: Served, oidc: OidcServer) -> None:
    with browser(trusting) as client:
        assert and_back(client) == "/sign-in#welcome"
    oidc.who = {**oidc.who, "sub": "subject-2"}
    with browser(trusting) as client:
        assert and_back(client) == "/sign-in#failed=unknown"


@pytest.mark.parametrize(
    "lie",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "somebody-else"},
        {"aud": [CLIENT, "somebody-else"]},  # without azp
        {"nonce": "another"},
        {"exp": 1},
        {"iat": 32_503_680_000},  # the year 3000
        {"sub": ""},
        {"sub": 7},
        {"at_hash": "wrong"},
    ],
    ids=str,
)
def test_a_token_that_does_not_hold(trusting: Served, oidc: OidcServer, lie: dict) -> None:
    oidc.lies = lie
    with browser(trusting) as client:
        assert and_back(client) == "/sign-in#failed=provider"
        problem_of(client.get("/api/v1/me"), 401)


def test_a_token_that_another_signed(trusting: Served, oidc: OidcServer) -> None:
    with browser(trusting) as client:
        oidc.signing = RSAKey.generate_key(2048)
        assert and_back(client) == "/sign-in#failed=provider"
        oidc.signing, oidc.algorithm = OctKey.import_key(SECRET), "HS256"
        assert and_back(client) == "/sign-in#failed=provider"


def test_the_provider_may_change_its_keys(trusting: Served, oidc: OidcServer) -> None:
    with browser(trusting) as client:
        assert and_back(client) == "/sign-in#welcome"
        oidc.key = oidc.signing = RSAKey.generate_key(2048, auto_kid=True)
        assert and_back(client) == "/sign-in#welcome"


def test_the_address_may_come_from_userinfo(trusting: Served, oidc: OidcServer) -> None:
    oidc.email_by_userinfo = True
    oidc.userinfo_sub = "somebody-else"
    with browser(trusting) as client:
        assert and_back(client) == "/sign-in#failed=unknown"
        oidc.userinfo_sub = None
        assert and_back(client) == "/sign-in#welcome"


def test_only_the_browser_that_left_may_come_back_and_once(trusting: Served) -> None:
    with browser(trusting) as victim, browser(trusting) as attacker:
        address = there(attacker)
        assert victim.get(address).headers["location"] == "/sign-in#failed=provider"
        victim.get(START)
        assert victim.get(address).headers["location"] == "/sign-in#failed=provider"
        assert attacker.get(address).headers["location"] == "/sign-in#welcome"
        cookie = {"Cookie": f"beatplan-visit={address.partition('state=')[2]}"}
        assert attacker.get(address, headers=cookie).headers["location"] == "/sign-in#failed=late"
        for odd in ("", "?code=x", "?state=x", "?code=x&state=", "?error=access_denied&state=x"):
            assert attacker.get(f"{START}/callback{odd}").headers["location"] == "/sign-in#failed=provider"


def test_a_provider_that_is_down(trusting: Served, oidc: OidcServer) -> None:
    oidc.down = True
    with browser(trusting) as client:
        assert "cannot be asked now" in problem_of(client.get(START), 503).detail


def test_no_provider(on_sqlite: Served) -> None:
    assert on_sqlite.client.get("/api/v1/sessions/ways").json()["provider"] is None
    problem_of(on_sqlite.client.get(START), 404)
    problem_of(on_sqlite.client.get(f"{START}/callback?code=x&state=y"), 404)
