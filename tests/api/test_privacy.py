"""Privacy over HTTP and on the command line."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from api import cli
from api.auth.contacts import hidden
from api.settings import Settings
from tests.api.conftest import MONDAY
from tests.api.serving import Served
from tests.api.test_problems import problem_of
from visits.models import Position, Visit
from visits.privacy.purging import ANSWER_LIFE


def test_settings_consent_and_a_position(planned: Served) -> None:
    assert planned.get("ana", "/privacy-settings").headers["etag"] == '"0"'
    change = {"positions": True, "notice": "Where you arrive is kept for 30 days."}
    problem_of(planned.send("admin", "PATCH", "/privacy-settings", json=change), 428)
    problem_of(planned.send("manager", "PATCH", "/privacy-settings", json=change), 404)
    for wrong in ({"positions": True}, {"position_days": 0}, {"position_days": 366}, {"event_days": 1}, {"x": 1}):
        problem_of(planned.send("admin", "PATCH", "/privacy-settings", json=wrong, headers={"If-Match": '"0"'}), 422)
    problem_of(planned.send("ana", "POST", "/consents", json={"given": True}), 409)
    done = planned.send("admin", "PATCH", "/privacy-settings", json=change, headers={"If-Match": '"0"'})
    assert (done.status_code, done.json()["version"]) == (200, 1)
    stale = planned.send("admin", "PATCH", "/privacy-settings", json=change, headers={"If-Match": '"0"'})
    problem_of(stale, 412)
    assert stale.headers["etag"] == '"1"'
    problem_of(planned.send("dispatcher", "POST", "/consents", json={"given": True}), 404)
    assert planned.send("ana", "POST", "/consents", json={"given": True}).status_code == 201
    assert [one["given"] for one in planned.get("dispatcher", "/consents").json()["items"]] == [True]
    assert planned.get("bo", "/consents").json()["items"] == []
    with planned.store.reading() as session:
        visit = session.exec(select(Visit.id).where(Visit.rep_id == "ana", Visit.day == MONDAY)).first()
    for position in ({"lon": 200, "lat": 0}, {"lon": 1}, {"lon": 1, "lat": 1, "accuracy_m": -1}, "here"):
        wrong = planned.send(
            "ana", "POST", f"/visits/{visit}/arrive", json={"position": position}, headers={"Idempotency-Key": "k"}
        )
        problem_of(wrong, 422)
    body = {"position": {"lon": 24.95, "lat": 60.17, "accuracy_m": 8}}
    for _ in range(2):
        tap = planned.send("ana", "POST", f"/visits/{visit}/arrive", json=body, headers={"Idempotency-Key": "k"})
        assert tap.status_code == 200, tap.text
    with planned.store.reading() as session:
        assert len(session.exec(select(Position)).all()) <= 1  # none when the test runs outside working hours
    assert planned.get("admin", "/reps/ana/export").json()["content"]["consents"][0]["given"] is True


def test_export_and_erasure(planned: Served) -> None:
    out = planned.get("admin", "/customers/c0-0/export")
    assert out.headers["content-disposition"] == 'attachment; filename="customer.json"'
    assert out.json()["content"]["customer"]["name"] == "Café c0-0"
    assert planned.get("ana", "/reps/ana/export").json()["about"] == {"kind": "rep", "id": "ana"}
    problem_of(planned.get("ana", "/reps/bo/export"), 404)
    problem_of(planned.get("ana", "/customers/c0-0/export"), 404)
    problem_of(planned.send("admin", "POST", "/customers/c0-0/erase"), 428)
    with planned.store.session() as session:
        for visit in session.exec(select(Visit)).all():
            visit.day = None if visit.day is None else visit.day - timedelta(days=9999)
            session.add(visit)
    version = planned.get("admin", "/customers/c0-0").headers["etag"]
    done = planned.send("admin", "POST", "/customers/c0-0/erase", headers={"If-Match": version})
    assert done.status_code == 200, done.text
    assert "Café c0-0" not in planned.get("admin", "/plans", params={"date": MONDAY.isoformat()}).text
    stale = planned.send("admin", "POST", "/customers/c0-0/erase", headers={"If-Match": version})
    assert stale.headers["etag"] == problem_of(stale, 412).detail.split()[3].join('""')
    version = planned.get("admin", "/reps/ana").headers["etag"]
    assert planned.send("admin", "POST", "/reps/ana/erase", headers={"If-Match": version}).status_code == 200
    problem_of(planned.get("ana", "/me"), 401)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("+358 40 1234567", "•••67"),
        ("112", "•••"),
        ("anna@example.com", "a•••@example.com"),
        ("@x", "•••@x"),
        ("ask Anna", "•••"),
    ],
)
def test_what_is_hidden(text: str, shown: str) -> None:
    assert hidden(text) == shown


def test_a_stored_answer_lasts_thirty_days() -> None:
    assert timedelta(days=30) == ANSWER_LIFE


def test_privacy_on_the_command_line(
    sqlite_settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data", str(sqlite_settings.data_dir)]
    out = tmp_path / "out.json"
    assert cli.run(["privacy", "export", "customer", "X-c0-0", "--out", str(out), *data]) == 0
    assert json.loads(out.read_text())["content"]["customer"]["name"] == "Café c0-0"
    assert out.stat().st_mode & 0o077 == 0
    assert cli.run(["privacy", "export", "rep", "ana", *data]) == 0
    assert json.loads(capsys.readouterr().out)["about"] == {"kind": "rep", "id": "ana"}
    assert cli.run(["privacy", "export", "rep", "nobody", *data]) == cli.BAD_INPUT
    assert cli.run(["privacy", "erase", "customer", "c0-0", *data]) == cli.BAD_INPUT
    assert "--yes" in capsys.readouterr().err
    assert cli.run(["privacy", "erase", "customer", "c0-0", "--yes", *data]) == 0
    assert "erased c0-0" in capsys.readouterr().out
    assert cli.run(["privacy", "export", "customer", "X-c0-0", *data]) == cli.BAD_INPUT
    assert cli.run(["privacy", "purge", *data]) == 0
    assert capsys.readouterr().out.startswith("purged 0 positions")


def test_people_on_the_command_line(
    sqlite_settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data", str(sqlite_settings.data_dir)]
    monkeypatch.setattr("sys.stdin", io.StringIO("a password of words\n"))
    assert cli.run(["user", "add", "Eva@Example.com", "--role", "admin", "--password", *data]) == 0
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    assert cli.run(["user", "password", "eva@example.com", *data]) == cli.BAD_INPUT
    assert "choose 10 to 200" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin", io.StringIO("another password of words\n"))
    assert cli.run(["user", "password", "eva@example.com", *data]) == 0
    assert cli.run(["user", "link", "ana@example.com", *data]) == 0
    assert "/sign-in#" in capsys.readouterr().out
    assert cli.run(["user", "deactivate", "ana@example.com", *data]) == 0
    assert cli.run(["user", "link", "ana@example.com", *data]) == cli.BAD_INPUT
    assert cli.run(["user", "activate", "ana@example.com", *data]) == 0
    assert cli.run(["user", "list", *data]) == 0
    listed = capsys.readouterr().out
    assert "eva@example.com\tadmin" in listed
    assert "(inactive)" not in listed
