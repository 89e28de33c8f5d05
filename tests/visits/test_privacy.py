"""Privacy: who agreed to what, what is kept of positions, what is purged, handed out and erased."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Text, cast
from sqlalchemy import select as select_columns
from sqlmodel import col, func, select

from tests.visits.test_planning import plan
from tests.visits.world import HELSINKI, MONDAY, customer, fill, rep
from visits import taps
from visits.errors import ConflictError, InputError, NotFoundError, StaleError
from visits.idempotency import keep_answer
from visits.importing.batches import undo_import
from visits.importing.customers import import_customers
from visits.models import (
    Absence,
    Consent,
    Customer,
    Event,
    IdempotencyKey,
    ImportBatch,
    Person,
    PlanVersion,
    Position,
    ProviderVisit,
    Rep,
    Role,
    SignIn,
    SignInKind,
    SignInLink,
    StoredProblem,
    Table,
    Visit,
    VisitState,
    VisitTransition,
)
from visits.privacy.consents import agrees, give_consent, list_consents
from visits.privacy.erasing import ERASED, erase_customer, erase_rep
from visits.privacy.exporting import export_customer, export_rep
from visits.privacy.positions import ARRIVE, LEAVE, Point, keep_position
from visits.privacy.purging import purge
from visits.privacy.settings import change_privacy, privacy_settings
from visits.queries.page import PageRequest
from visits.queries.sign_ins import begin_provider_visit, make_link, sign_in
from visits.scope import SYSTEM, Viewer
from visits.store import Store

NOON = datetime(2026, 11, 23, 12, tzinfo=HELSINKI)
ANA = Viewer("per_ana", "Ana", Role.REP, "rep_ana", frozenset({"ter_n"}))
HERE = Point(24.987654, 60.187654, 12.0)
PEOPLE = PageRequest()
SECRETS = ("Kaisa Karhu", "Kauppakatu 7", "+358 40 7654321", "kaisa@karhu.example", "ring twice", "24.9517", "60.1712")


@pytest.fixture
def kept(store: Store) -> Store:
    """One territory with two customers and a rep who signs in."""
    kaisa = customer("k", address=SECRETS[1], phone=SECRETS[2], email=SECRETS[3], notes=SECRETS[4], tier="A")
    kaisa.name, kaisa.lon, kaisa.lat = SECRETS[0], float(SECRETS[5]), float(SECRETS[6])
    other, ana = customer("o", phone="+358 9 111111"), rep("ana", email="ana@example.com")
    other.name, ana.name, ana.home_lat = "Other Oy", "Ana Anttila", 60.203117
    fill(store, kaisa, other, ana)
    with store.session() as session:
        session.add(Person(id="per_ana", email="ana@example.com", name="Ana Anttila", role="rep", rep_id="rep_ana"))
        session.flush()
        sign_in(session, session.get_one(Person, "per_ana"), SignInKind.TOKEN)
    return store


def allow_positions(store: Store) -> None:
    with store.session() as session:
        change_privacy(session, SYSTEM, {"positions": True, "notice": "We keep where you arrive."}, expected=0)
    with store.session() as session:
        give_consent(session, ANA, given=True)


def planned_visit(store: Store, customer_id: str = "cus_k") -> str:
    with store.reading() as session:
        return session.exec(select(Visit.id).where(Visit.customer_id == customer_id, Visit.day == MONDAY)).one()


def count(store: Store, table: type[Table]) -> int:
    with store.reading() as session:
        return session.exec(select(func.count()).select_from(table)).one()


def test_settings_are_changed_by_version_and_make_sense(store: Store) -> None:
    with store.reading() as session:
        settings = privacy_settings(session)
        assert (settings.positions, settings.position_days, settings.version) == (False, 30, 0)
    with store.session() as session, pytest.raises(InputError, match="notice"):
        change_privacy(session, SYSTEM, {"positions": True}, expected=0)
    with store.session() as session:
        assert change_privacy(session, SYSTEM, {"positions": True, "notice": "n"}, expected=0).version == 1
    with store.session() as session, pytest.raises(StaleError):
        change_privacy(session, SYSTEM, {"position_days": 3}, expected=0)
    with store.session() as session:
        assert change_privacy(session, SYSTEM, {"position_days": 3}, expected=1).version == 2


def test_consent_is_a_rep_s_own_and_to_one_notice(kept: Store) -> None:
    with kept.session() as session, pytest.raises(ConflictError, match="nothing to agree"):
        give_consent(session, ANA, given=True)
    with kept.session() as session, pytest.raises(NotFoundError):
        give_consent(session, SYSTEM, given=True)
    allow_positions(kept)
    with kept.reading() as session:
        assert agrees(session, "rep_ana")
        assert [row.notice for row in list_consents(session, SYSTEM, PEOPLE).items] == ["We keep where you arrive."]
        assert list_consents(session, replace(ANA, rep_id="rep_bo"), PEOPLE).items == ()
    with kept.session() as session:
        change_privacy(session, SYSTEM, {"notice": "We keep more."}, expected=1)
    with kept.reading() as session:
        assert not agrees(session, "rep_ana")


def test_a_position_is_kept_by_leave_at_work_and_once(kept: Store) -> None:
    plan(kept, MONDAY)
    visit = planned_visit(kept)
    assert not keep_position(kept, ANA, visit, ARRIVE, HERE, NOON)  # nobody agreed
    allow_positions(kept)
    refused = [
        (ANA, NOON.replace(hour=5)),
        (ANA, NOON.replace(hour=22)),
        (ANA, NOON + timedelta(days=6)),  # a Sunday
        (SYSTEM, NOON),
        (replace(ANA, rep_id="rep_bo"), NOON),
    ]
    for viewer, moment in refused:
        assert not keep_position(kept, viewer, visit, ARRIVE, HERE, moment), (viewer, moment)
    with kept.session() as session:
        session.add(Absence(id="abs", rep_id="rep_ana", starts_at=NOON, ends_at=NOON + timedelta(hours=1)))
    assert not keep_position(kept, ANA, visit, ARRIVE, HERE, NOON)
    assert keep_position(kept, ANA, visit, ARRIVE, HERE, NOON - timedelta(hours=1))
    assert not keep_position(kept, ANA, visit, ARRIVE, Point(0, 0), NOON - timedelta(hours=1))
    assert keep_position(kept, ANA, visit, LEAVE, HERE, NOON + timedelta(hours=1))
    assert not keep_position(kept, ANA, "vis_none", LEAVE, HERE, NOON + timedelta(hours=1))
    assert count(kept, Position) == 2
    with kept.session() as session:
        give_consent(session, ANA, given=False)
    assert count(kept, Position) == 0
    assert not keep_position(kept, ANA, visit, ARRIVE, HERE, NOON - timedelta(hours=1))


def test_what_is_over_is_purged_and_nothing_else(kept: Store) -> None:
    plan(kept, MONDAY)
    allow_positions(kept)
    visit = planned_visit(kept)
    assert keep_position(kept, ANA, visit, ARRIVE, HERE, NOON)
    assert keep_position(kept, ANA, visit, LEAVE, HERE, NOON + timedelta(hours=1))
    later = NOON + timedelta(days=30, minutes=30)
    with kept.session() as session:
        ana = session.get_one(Person, "per_ana")
        sign_in(session, ana, SignInKind.SESSION, later - timedelta(seconds=1))
        sign_in(session, ana, SignInKind.SESSION, later + timedelta(seconds=1))
        make_link(session, SYSTEM, ana, NOON)
        begin_provider_visit(session, "n", "v", NOON)
        for key, age in (("old", timedelta(days=30, seconds=1)), ("young", timedelta(days=29))):
            keep_answer(session, ANA, key, {}, privacy_settings(session))
            session.get_one(IdempotencyKey, ("per_ana", key)).created_at = later - age
        session.add(Event(at=later - timedelta(days=100), actor="a", kind="old", subject="s"))
    gone = purge(kept, later)
    assert (gone.positions, gone.answers, gone.sign_ins, gone.events) == (1, 1, 3, 0)
    assert (count(kept, SignIn), count(kept, SignInLink), count(kept, ProviderVisit)) == (2, 0, 0)
    with kept.reading() as session:
        assert session.exec(select(IdempotencyKey.key)).all() == ["young"]
        assert session.exec(select(Position.kind)).all() == [LEAVE]
    with kept.session() as session:
        change_privacy(session, SYSTEM, {"positions": False, "event_days": 99}, expected=1)
    gone = purge(kept, later)
    assert (gone.positions, gone.events) == (1, 1)


def everything_stored(store: Store) -> str:
    """All that the database holds, as text; stored problems unpacked."""
    from visits.problem_store import load_problem

    found: list[str] = []
    with store.reading() as session:
        for table in Table.metadata.sorted_tables:
            if table.name == "stored_problem":
                hashes = session.exec(select(StoredProblem.hash)).all()
                found += [load_problem(session, name).model_dump_json() for name in hashes]
                continue
            columns = [cast(column, Text) for column in table.columns]
            found += [str(tuple(row)) for row in session.execute(select_columns(*columns)).all()]
    return "\n".join(found)


def test_a_customer_is_handed_out_whole_and_erased_whole(kept: Store) -> None:
    plan(kept, MONDAY)
    visit = planned_visit(kept)
    taps.complete(kept, ANA, visit, outcome="sold", note="Kaisa Karhu wants more", key="k1", now=NOON)
    before = everything_stored(kept)
    for secret in (*SECRETS, "wants more"):
        assert secret in before, secret
    with kept.reading() as session:
        out = export_customer(session, SYSTEM, "cus_k", NOON)
        version = session.get_one(Customer, "cus_k").version
    assert {one["action"] for one in out["content"]["history"]} == {"place", "complete"}
    assert out["content"]["slots"] == []
    text = json.dumps(out, ensure_ascii=False)
    assert all(secret in text for secret in (*SECRETS, "wants more", "visit.done"))
    assert "Other Oy" not in text
    with kept.session() as session, pytest.raises(StaleError):
        erase_customer(session, SYSTEM, "cus_k", NOON, expected=version + 1)
    with kept.session() as session:
        erased = erase_customer(session, SYSTEM, "cus_k", NOON, expected=version)
    assert erased.documents >= 2
    assert erased.events >= 1
    assert erased.problems == 1
    after = everything_stored(kept)
    for secret in (*SECRETS, "wants more", "sold"):
        assert secret not in after, secret
    assert "Other Oy" in after
    with kept.reading() as session:
        row = session.get_one(Customer, "cus_k")
        assert (row.name, row.active) == (ERASED, False)
        assert session.get_one(Visit, visit).state == VisitState.DONE
        assert session.exec(select(PlanVersion.problem_hash)).all() == [None] * count(kept, PlanVersion)
        events = session.exec(select(Event.kind).where(Event.subject == "cus_k")).all()
    assert events == ["customer.erased"]


def test_visits_of_who_is_erased_are_called_off_on_the_record(kept: Store) -> None:
    fill(kept, Visit(id="vis_open", customer_id="cus_k"))
    with kept.session() as session:
        erase_customer(session, SYSTEM, "cus_k", NOON, expected=1)
    with kept.reading() as session:
        said = session.exec(select(VisitTransition).where(VisitTransition.visit_id == "vis_open")).one()
        assert session.get_one(Visit, "vis_open").state == VisitState.CANCELLED
    assert (said.action, said.to_state, said.cause, said.actor) == ("cancel", "cancelled", "erased", "system")


def kept_imports(store: Store) -> list[tuple[dict[str, Any] | None, list[str]]]:
    """What there was before each import, and the cells that had a fault."""
    with store.reading() as session:
        batches = session.exec(select(ImportBatch).order_by(col(ImportBatch.created_at))).all()
        return [(one.before, [fault["value"] for fault in one.report["faults"]]) for one in batches]


def imported(store: Store) -> str:
    """Two customers from a file, then a file that changes both, with a faulty row; the first one's id."""
    head = "external_id,name,lat,lon,territory,address\n"
    first = head + "a1,Anna Aho,60.17,24.95,N,Aholankatu 1\nb1,Bar Bo,60.18,24.94,N,Bulevardi 2\n"
    second = head + "a1,Anna Aho,60.17,24.95,N,Uusi 9\nb1,Bar Bo,60.18,24.94,N,Uusi 8\nc1,Cafe,Anna Aho,24.9,N,x\n"
    for content in (first, second):
        report = import_customers(store, SYSTEM, content.encode(), file="crm.csv", dry_run=False, skip_faulty=True)
        assert report.written
    with store.reading() as session:
        return session.exec(select(Customer.id).where(Customer.external_id == "a1")).one()


def test_imports_keep_nothing_of_who_is_erased(store: Store) -> None:
    anna = imported(store)
    assert "Aholankatu 1" in everything_stored(store)
    with store.session() as session:
        version = session.get_one(Customer, anna).version
        erase_customer(session, SYSTEM, anna, NOON, expected=version)
    stored = everything_stored(store)
    assert "Aholankatu" not in stored
    assert "Anna Aho" not in stored
    (first, _), (second, cells) = kept_imports(store)
    assert first is not None
    assert second is not None
    assert (len(first), len(second), cells) == (1, 1, [""])
    with store.session() as session:
        batch = session.exec(select(ImportBatch).order_by(col(ImportBatch.created_at).desc())).first()
        assert batch is not None
        undone = undo_import(session, SYSTEM, batch.id, NOON)
    assert (undone.restored, undone.left) == (1, ())


def test_old_imports_cannot_be_taken_back(store: Store) -> None:
    imported(store)
    now = datetime.now(UTC)
    purge(store, now + timedelta(days=29))
    assert [len(before or ()) for before, _ in kept_imports(store)] == [2, 2]
    purge(store, now + timedelta(days=31))
    assert kept_imports(store) == [(None, []), (None, [""])]
    with store.session() as session, pytest.raises(ConflictError, match="too old"):
        undo_import(session, SYSTEM, session.exec(select(ImportBatch.id)).all()[0], NOON)


def test_who_is_on_a_plan_ahead_is_not_erased_yet(kept: Store) -> None:
    plan(kept, MONDAY)
    for erase, name in ((erase_customer, "cus_k"), (erase_rep, "rep_ana")):
        with kept.session() as session, pytest.raises(ConflictError, match="2026-11-23"):
            erase(session, SYSTEM, name, NOON, expected=1)
    day_after = NOON + timedelta(days=1)
    with kept.session() as session:
        erase_customer(session, SYSTEM, "cus_k", day_after, expected=1)
    with kept.reading() as session:
        assert session.get_one(Visit, planned_visit(kept)).state == VisitState.CANCELLED
    with kept.session() as session, pytest.raises(NotFoundError):
        erase_customer(session, replace(ANA, rep_id=None, territory_ids=frozenset()), "cus_k", day_after, expected=2)


def test_a_rep_is_handed_out_whole_and_erased_whole(kept: Store) -> None:
    plan(kept, MONDAY)
    allow_positions(kept)
    visit = planned_visit(kept)
    assert keep_position(kept, ANA, visit, ARRIVE, HERE, NOON)
    with kept.session() as session:
        session.add(Absence(rep_id="rep_ana", starts_at=NOON, ends_at=NOON + timedelta(hours=9), reason="migraine"))
    with kept.reading() as session:
        out = json.dumps(export_rep(session, ANA, "rep_ana", NOON), ensure_ascii=False)
        tokens = session.exec(select(SignIn.token_hash)).all()
    for secret in ("Ana Anttila", "ana@example.com", "migraine", str(HERE.lat), "We keep where you arrive."):
        assert secret in out, secret
    assert not any(token in out for token in tokens)
    with kept.session() as session:
        erase_rep(session, SYSTEM, "rep_ana", NOON + timedelta(days=1), expected=1)
    after = everything_stored(kept)
    for secret in ("Ana Anttila", "ana@example.com", "migraine", str(HERE.lat), "60.203117"):
        assert secret not in after, secret
    assert (count(kept, SignIn), count(kept, Position), count(kept, Absence)) == (0, 0, 0)
    assert count(kept, Consent) == 1
    with kept.reading() as session:
        assert session.get_one(Rep, "rep_ana").home_lat == 0.0
        assert not session.get_one(Person, "per_ana").active
