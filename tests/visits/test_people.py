"""People and their sign-ins in the database, whoever asks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from visits.errors import ConflictError, InputError
from visits.models import Person, Role, SignIn, SignInKind
from visits.queries.holders import find_holder
from visits.queries.page import PageRequest
from visits.queries.people import add_person, change_person, get_person, list_people, person_by_email, plain_email
from visits.queries.sign_ins import end_sign_ins, hash_token, make_link, note_uses, redeem_link, sign_in
from visits.scope import SYSTEM
from visits.store import Store

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def person(name: str, role: Role = Role.DISPATCHER) -> Person:
    return Person(id=f"per_{name}", email=f"{name}@x.fi", name=name, role=role)


def add(store: Store, *rows: Person) -> None:
    with store.session() as session:
        for row in rows:
            add_person(session, SYSTEM, row)


@pytest.mark.parametrize("text", ["", "x", "@", "a@", "@b", "a b@c", "a@b\n", "x" * 200 + "@y.fi"])
def test_addresses_that_are_none(text: str) -> None:
    if text == "a@b\n":
        assert plain_email(text) == "a@b"
        return
    with pytest.raises(InputError, match="is no e-mail address"):
        plain_email(text)


def test_an_address_is_one_person_s_however_it_is_written(store: Store) -> None:
    add(store, person("ana"))
    with store.session() as session, pytest.raises(ConflictError):
        add_person(session, SYSTEM, Person(email="ANA@X.FI ", name="Other", role=Role.MANAGER))
    with store.reading() as session:
        assert person_by_email(session, " Ana@x.fi").id == "per_ana"
        assert person_by_email(session, "ana@x.f") is None


def test_the_last_administrator_stays_and_others_may_go(store: Store) -> None:
    add(store, person("bo"))
    with store.session() as session:  # nobody manages people yet: a first one may still be changed
        change_person(session, SYSTEM, get_person(session, "per_bo"), {"active": False})
    add(store, person("ana", Role.ADMIN), person("cy", Role.ADMIN))
    with store.session() as session:
        change_person(session, SYSTEM, get_person(session, "per_cy"), {"role": Role.MANAGER})
    for change in ({"active": False}, {"role": Role.MANAGER}):
        with pytest.raises(ConflictError, match="nobody would be left"), store.session() as session:
            change_person(session, SYSTEM, get_person(session, "per_ana"), dict(change))
    with store.reading() as session:
        assert get_person(session, "per_ana").role == Role.ADMIN


def test_sign_ins_end_one_by_one_and_together(store: Store) -> None:
    add(store, person("ana"), person("bo"))
    with store.session() as session:
        ana, bo = get_person(session, "per_ana"), get_person(session, "per_bo")
        made = [sign_in(session, ana, kind) for kind in SignInKind]
        other = sign_in(session, bo, SignInKind.SESSION, NOW)
        code, expires_at = make_link(session, SYSTEM, ana, NOW)
        assert expires_at == NOW + timedelta(minutes=10)
    assert find_holder(store, other.token, NOW - timedelta(seconds=1)).viewer.person_id == "per_bo"
    assert find_holder(store, other.token, NOW) is None
    with store.session() as session:
        assert end_sign_ins(session, SYSTEM, "per_ana", spare=made[0].row.id) == len(made) - 1
    assert [find_holder(store, one.token, NOW) is not None for one in made] == [True, False, False, False]
    with store.session() as session:
        assert redeem_link(session, code, NOW) is None  # unused links end with the sign-ins
        code, _ = make_link(session, SYSTEM, get_person(session, "per_ana"), NOW)
        change_person(session, SYSTEM, get_person(session, "per_ana"), {"name": "Anna"})
    with store.session() as session:
        assert redeem_link(session, code, NOW).id == "per_ana"
    with store.session() as session:
        assert redeem_link(session, code, NOW) is None


def test_uses_are_noted(store: Store) -> None:
    add(store, person("ana"))
    with store.session() as session:
        made = sign_in(session, get_person(session, "per_ana"), SignInKind.TOKEN)
    with store.session() as session:
        note_uses(session, {hash_token(made.token): NOW, hash_token("gone"): NOW})
    with store.reading() as session:
        assert session.exec(select(SignIn.last_used_at)).all() == [NOW]


def test_people_come_by_address_page_by_page(store: Store) -> None:
    add(store, *(person(f"p{number:02}") for number in range(7)))
    seen, cursor = [], None
    with store.reading() as session:
        while True:
            page = list_people(session, PageRequest(3, cursor))
            seen += [one.email for one in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert [one.name for one in list_people(session, PageRequest(), text="P03@").items] == ["p03"]
        assert list_people(session, PageRequest(), text="%").items == ()
    assert seen == [f"p{number:02}@x.fi" for number in range(7)]
