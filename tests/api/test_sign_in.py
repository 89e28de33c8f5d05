"""Signing in by password and by link: what opens, what stays shut, what ends."""

from __future__ import annotations

import hashlib
import re
import threading
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlmodel import select

from api.settings import Settings
from tests.api.browser import PASSWORD, browser, give_password, password_sign_in
from tests.api.serving import Served, served
from tests.api.test_problems import problem_of
from visits.models import Event, Person, Role, SignIn, SignInLink


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_a_password_opens_and_the_token_ends(service: Served) -> None:
    give_password(service, "ana")
    made = password_sign_in(service.client, "ana")
    assert made.status_code == 201, made.text
    assert "set-cookie" not in made.headers
    assert made.json()["me"]["rep_id"] == "ana"
    token = made.json()["token"]
    with service.store.reading() as session:
        row = session.get_one(SignIn, made.json()["id"])
        assert row.token_hash == hashlib.sha256(token.encode()).hexdigest()
        kinds = [event.kind for event in session.exec(select(Event).where(Event.subject == "person-ana"))]
    assert kinds[-1] == "person.signed_in"
    assert service.client.get("/api/v1/me", headers=bearer(token)).json() == made.json()["me"]
    listed = service.client.get("/api/v1/sessions", headers=bearer(token)).json()["items"]
    assert [(one["kind"], one["current"]) for one in listed] == [("session", True), ("token", False)]
    assert token not in str(listed)
    assert service.client.delete("/api/v1/sessions/current", headers=bearer(token)).status_code == 204
    problem_of(service.client.get("/api/v1/me", headers=bearer(token)), 401)
    assert service.get("ana", "/me").status_code == 200


def test_whatever_is_wrong_gives_the_same_answer(on_sqlite: Served) -> None:
    give_password(on_sqlite, "ana", "bo")
    with on_sqlite.store.session() as session:
        gone = session.get_one(Person, "person-bo")
        gone.active = False
        session.add(gone)
    wrong = [
        password_sign_in(on_sqlite.client, "ana", "not this one at all"),
        password_sign_in(on_sqlite.client, "nobody"),
        password_sign_in(on_sqlite.client, "bo"),
        password_sign_in(on_sqlite.client, "manager"),  # has no password
        password_sign_in(on_sqlite.client, "ana", PASSWORD + " "),
        password_sign_in(on_sqlite.client, "ana", f" {PASSWORD}"),
    ]
    assert len({problem_of(reply, 401).model_dump_json() for reply in wrong}) == 1
    assert password_sign_in(on_sqlite.client, "ANA").status_code == 201


@pytest.mark.parametrize("field", ["password", "email"])
def test_a_secret_is_never_repeated(on_sqlite: Served, field: str) -> None:
    for value in ({"my": "s3cret"}, "", "s3cret" * 400):
        body = {"email": "ana@example.com", "password": PASSWORD, field: value}
        reply = on_sqlite.client.post("/api/v1/sessions", json=body)
        problem_of(reply, 422)
        assert field == "email" or "s3cret" not in reply.text


def test_guessing_is_slowed_and_the_owner_elsewhere_is_not(on_sqlite: Served) -> None:
    give_password(on_sqlite, "ana", "dispatcher")
    attempts = on_sqlite.settings.sign_in_attempts
    for _ in range(attempts):
        problem_of(password_sign_in(on_sqlite.client, "ana", "a guess of mine"), 401)
    refused = password_sign_in(on_sqlite.client, "ana")
    assert problem_of(refused, 429).title == "Too many requests"
    assert 1 <= int(refused.headers["retry-after"]) <= 900
    problem_of(password_sign_in(on_sqlite.client, "Ana"), 429)
    assert password_sign_in(on_sqlite.client, "dispatcher").status_code == 201


def test_success_forgets_the_mistakes_before(on_sqlite: Served) -> None:
    give_password(on_sqlite, "ana")
    for _ in range(2):
        for _ in range(on_sqlite.settings.sign_in_attempts - 1):
            problem_of(password_sign_in(on_sqlite.client, "ana", "a guess of mine"), 401)
        assert password_sign_in(on_sqlite.client, "ana").status_code == 201


def test_a_cookie_is_for_our_own_pages_alone(on_sqlite: Served) -> None:
    give_password(on_sqlite, "dispatcher")
    with browser(on_sqlite) as client:
        made = password_sign_in(client, "dispatcher", cookie=True)
        assert made.json()["token"] is None
        cookie = made.headers["set-cookie"]
        for word in ("HttpOnly", "SameSite=strict", "Path=/", "beatplan="):
            assert word in cookie
        assert client.get("/api/v1/me").status_code == 200
        body = {"from": "2027-03-01", "days": 1}
        for origin in (
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Sec-Fetch-Site": "none"},
        ):
            problem_of(client.post("/api/v1/plan-runs", json=body, headers=origin), 401)
        del client.headers["Sec-Fetch-Site"]
        problem_of(client.post("/api/v1/plan-runs", json=body), 401)
        for origin in ("https://evil.example", "null", on_sqlite.base_url + "1", "http://127.0.0.1"):
            problem_of(client.post("/api/v1/plan-runs", json=body, headers={"Origin": origin}), 401)
            problem_of(client.delete("/api/v1/sessions/current", headers={"Origin": origin}), 401)
        good = client.post("/api/v1/plan-runs", json=body, headers={"Origin": on_sqlite.base_url})
        assert good.status_code == 202, good.text
        out = client.delete("/api/v1/sessions/current", headers={"Origin": on_sqlite.base_url})
        assert out.status_code == 204
        assert "Max-Age=0" in out.headers["set-cookie"]
        problem_of(client.get("/api/v1/me", headers={"Cookie": cookie.partition(";")[0]}), 401)


def test_a_link_signs_one_phone_in_once(service: Served) -> None:
    made = service.send("dispatcher", "POST", "/reps/ana/sign-in-links")
    assert made.status_code == 201, made.text
    link = made.json()
    assert link["url"] == f"{service.base_url}/sign-in#{link['code']}"
    assert link["qr_svg"].startswith("<svg")
    left = datetime.fromisoformat(link["expires_at"]) - datetime.now(UTC)
    assert timedelta(minutes=9) < left <= timedelta(minutes=10)
    with service.store.reading() as session:
        assert link["code"] not in str(session.exec(select(SignInLink)).all())
    answers: list[httpx.Response] = []

    def redeem() -> None:
        answers.append(service.client.post("/api/v1/sessions/link", json={"code": link["code"], "label": "phone"}))

    threads = [threading.Thread(target=redeem) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(reply.status_code for reply in answers) == [201] + [401] * 5
    phone = next(reply.json() for reply in answers if reply.status_code == 201)
    assert phone["me"]["rep_id"] == "ana"
    mine = service.get("ana", "/sessions").json()["items"]
    assert [(one["kind"], one["label"]) for one in mine][:1] == [("device", "phone")]
    assert service.send("ana", "DELETE", f"/sessions/{phone['id']}").status_code == 204
    problem_of(service.client.get("/api/v1/me", headers=bearer(phone["token"])), 401)
    problem_of(service.send("ana", "DELETE", f"/sessions/{phone['id']}"), 404)


def test_links_are_for_your_own_and_end(service: Served) -> None:
    problem_of(service.send("dispatcher", "POST", "/reps/bo/sign-in-links"), 404)
    problem_of(service.send("ana", "POST", "/reps/bo/sign-in-links"), 404)
    first = service.send("ana", "POST", "/reps/ana/sign-in-links").json()["code"]
    second = service.send("ana", "POST", "/reps/ana/sign-in-links").json()["code"]
    problem_of(service.client.post("/api/v1/sessions/link", json={"code": first}), 401)
    with service.store.session() as session:
        (row,) = session.exec(select(SignInLink)).all()
        row.expires_at = datetime.now(UTC) - timedelta(seconds=1)
        session.add(row)
    problem_of(service.client.post("/api/v1/sessions/link", json={"code": second}), 401)
    third = service.send("admin", "POST", "/people/person-ana/sign-in-links").json()["code"]
    assert service.send("admin", "DELETE", "/people/person-ana/sessions").status_code == 204
    problem_of(service.client.post("/api/v1/sessions/link", json={"code": third}), 401)
    problem_of(service.get("ana", "/me"), 401)


def test_a_new_password_ends_the_other_sign_ins(on_sqlite: Served) -> None:
    give_password(on_sqlite, "ana")
    here = bearer(password_sign_in(on_sqlite.client, "ana").json()["token"])
    there = bearer(password_sign_in(on_sqlite.client, "ana").json()["token"])
    put = lambda **body: on_sqlite.client.put("/api/v1/me/password", json=body, headers=here)  # noqa: E731
    for poor in ("short", "aaaaaaaaaaaaaa", "ana@example.com", "x" * 300, "with a \x07 bell in"):
        assert problem_of(put(current=PASSWORD, new=poor), 422).errors[0].field == "new"
    assert problem_of(put(current="wrong one here", new="a quite different one"), 422).errors[0].field == "current"
    assert problem_of(put(new="a quite different one"), 422).errors[0].field == "current"
    assert put(current=PASSWORD, new="a quite different one").status_code == 204
    assert on_sqlite.client.get("/api/v1/me", headers=here).status_code == 200
    problem_of(on_sqlite.client.get("/api/v1/me", headers=there), 401)
    problem_of(on_sqlite.get("ana", "/me"), 401)
    problem_of(password_sign_in(on_sqlite.client, "ana"), 401)
    assert password_sign_in(on_sqlite.client, "ana", "a quite different one").status_code == 201


def test_a_sign_in_ends_by_itself(on_sqlite: Served) -> None:
    give_password(on_sqlite, "ana")
    made = password_sign_in(on_sqlite.client, "ana").json()
    days = (datetime.fromisoformat(made["expires_at"]) - datetime.now(UTC)) / timedelta(days=1)
    assert days == pytest.approx(on_sqlite.settings.session_days, abs=0.01)
    with on_sqlite.store.session() as session:
        row = session.get_one(SignIn, made["id"])
        row.expires_at = datetime.now(UTC) - timedelta(seconds=1)
        session.add(row)
    problem_of(on_sqlite.client.get("/api/v1/me", headers=bearer(made["token"])), 401)


def test_odd_tokens_open_nothing(on_sqlite: Served) -> None:
    for odd in ("bp_", "bpk_", "x" * 5000, "BP_TOKEN-OF-ANA", "bp_token-of-an", "a b", "' OR 1=1 --"):
        problem_of(on_sqlite.client.get("/api/v1/me", headers=bearer(odd)), 401)
    for scheme in ("Basic bp_token-of-ana", "Bearer", "bp_token-of-ana", "Bearer \xff\xfe"):
        problem_of(on_sqlite.client.get("/api/v1/me", headers={"Authorization": scheme.encode("latin-1")}), 401)
    for cookie in ("beatplan=", "beatplan=x", "beatplan=\xff"):
        problem_of(on_sqlite.client.get("/api/v1/me", headers={"Cookie": cookie.encode("latin-1")}), 401)


def test_the_page_runs_its_own_script_alone(on_sqlite: Served) -> None:
    page = on_sqlite.client.get("/sign-in")
    policy = page.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "unsafe-eval" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "<script>" not in page.text
    assert " on" not in page.text.partition("<body>")[2].replace(" one", "")
    for address in ("/sign-in.js", "/sign-in.css"):
        assert address in page.text
        assert on_sqlite.client.get(address).status_code == 200
    data = on_sqlite.get("ana", "/me")
    assert data.headers["content-security-policy"].startswith("default-src 'none'")
    for reply in (page, data, on_sqlite.client.get("/nowhere")):
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["x-frame-options"] == "DENY"
        assert "strict-transport-security" not in reply.headers
    assert data.headers["cache-control"] == "no-store"


def test_after_signing_in_everybody_lands_on_a_page_that_is_there(on_sqlite: Served) -> None:
    script = on_sqlite.client.get("/sign-in.js").text
    homes = dict(re.findall(r'(\w+): "(/\w*)"', script.partition("const HOME = {")[2].partition("}")[0]))
    assert set(homes) == {role.value for role in Role}
    served = set(on_sqlite.client.get("/api/v1/openapi.json").json()["paths"])
    assert set(homes.values()) <= served


@pytest.mark.parametrize(("proxies", "status"), [("10.9.8.7", 429), ("10.9.8.7,127.0.0.0/8", 401)])
def test_who_stands_behind_a_proxy_is_told_apart_where_it_is_trusted(
    sqlite_settings: Settings, proxies: str, status: int
) -> None:
    found = sqlite_settings.model_copy(update={"trusted_proxies": proxies, "sign_in_attempts": 1})
    with served(found) as service:
        body = {"email": "ana@example.com", "password": "a guess of mine"}
        for address, expected in (("203.0.113.5", 401), ("203.0.113.6", status)):
            reply = service.send(None, "POST", "/sessions", json=body, headers={"X-Forwarded-For": address})
            assert reply.status_code == expected


def test_behind_https_the_cookie_and_links_say_so(sqlite_settings: Settings) -> None:
    outside = sqlite_settings.model_copy(update={"public_url": "https://plans.example/"})
    with served(outside) as service:
        give_password(service, "ana")
        made = password_sign_in(service.client, "ana", cookie=True)
        assert made.headers["set-cookie"].startswith("__Host-beatplan=bp_")
        assert "; Secure" in made.headers["set-cookie"]
        assert made.headers["strict-transport-security"].startswith("max-age=")
        link = service.send("ana", "POST", "/reps/ana/sign-in-links").json()["url"]
        assert link.startswith("https://plans.example/sign-in#")
        cookie = {"Cookie": made.headers["set-cookie"].partition(";")[0]}
        body = {"given": True}
        away = service.client.post("/api/v1/consents", json=body, headers={**cookie, "Origin": service.base_url})
        problem_of(away, 401)
        home = service.client.post("/api/v1/consents", json=body, headers={**cookie, "Origin": "https://plans.example"})
        problem_of(home, 409)
