"""Finding a customer by name or address however it is typed: accents, pinyin, Traditional or Simplified, full width."""

from __future__ import annotations

import unicodedata
from datetime import date
from functools import cache, lru_cache

from opencc import OpenCC
from pydantic import Field
from pypinyin import lazy_pinyin
from sqlmodel import Session, col, select

from routing.documents import Coordinate, Day, Document, Id
from visits.models import OPEN_STATES, Customer, Rep, Visit
from visits.scope import Viewer, visible_customers

MOST_FOUND = 50
_REMEMBERED = 100_000


class PlannedVisit(Document):
    """Where an open visit of a customer stands."""

    visit: Id
    rep: Id
    rep_name: str
    date: Day


class FoundCustomer(Document):
    """A customer who was found; `planned` is the next visit that stands in a plan."""

    customer: Id
    name: str
    address: str
    tier: str
    territory: Id | None
    lon: Coordinate
    lat: Coordinate
    service_minutes: int
    planned: PlannedVisit | None = None


class FoundCustomers(Document):
    """Customers who were found, the best match first."""

    items: tuple[FoundCustomer, ...] = Field(default=())


def search_customers(session: Session, viewer: Viewer, text: str, *, limit: int, today: date) -> FoundCustomers:
    """Active customers the viewer may see whose name, address or number holds every word of `text`."""
    words = [_plain(word) for word in text.split()]
    if not any(words):
        return FoundCustomers()
    columns = select(Customer.id, Customer.name, Customer.address, Customer.external_id).where(col(Customer.active))
    ranked = []
    for name, shown, address, number in session.exec(visible_customers(columns, viewer)):
        rank = _rank(words, shown, address, number or "")
        if rank is not None:
            ranked.append((rank, shown, name))
    ids = [name for _, _, name in sorted(ranked)[:limit]]
    customers = {one.id: one for one in session.exec(select(Customer).where(col(Customer.id).in_(ids)))}
    planned = _planned(session, ids, today)
    return FoundCustomers(
        items=tuple(
            FoundCustomer(
                customer=one.id,
                name=one.name,
                address=one.address,
                tier=one.tier,
                territory=one.territory_id,
                lon=one.lon,
                lat=one.lat,
                service_minutes=one.service_minutes,
                planned=planned.get(one.id),
            )
            for one in (customers[name] for name in ids)
        )
    )


def _planned(session: Session, customer_ids: list[str], today: date) -> dict[str, PlannedVisit]:
    statement = (
        select(Visit, Rep.name)
        .join(Rep, col(Rep.id) == Visit.rep_id)
        .where(
            col(Visit.customer_id).in_(customer_ids),
            col(Visit.state).in_(OPEN_STATES),
            col(Visit.day).is_not(None),
            col(Visit.day) >= today,
        )
        .order_by(col(Visit.day).desc(), col(Visit.start_s).desc())
    )
    return {
        visit.customer_id: PlannedVisit(visit=visit.id, rep=visit.rep_id, rep_name=name, date=visit.day)
        for visit, name in session.exec(statement)
        if visit.rep_id is not None and visit.day is not None
    }


def _rank(words: list[str], name: str, address: str, number: str) -> int | None:
    """How well it matches, lower is better: at the start of the name, in the name, in the rest; None where not."""
    if number and len(words) == 1 and words[0] == _plain(number):
        return 0
    in_name, everywhere = _forms(name), (*_forms(name), *_forms(address), _plain(number))
    if not all(any(word in form for form in everywhere) for word in words):
        return None
    if any(form.startswith(words[0]) for form in in_name):
        return 1
    return 2 if all(any(word in form for form in in_name) for word in words) else 3


@lru_cache(maxsize=_REMEMBERED)
def _forms(text: str) -> tuple[str, ...]:
    """The text as it may be typed: plainly, in pinyin, and by the first letters of its pinyin."""
    plain = _plain(text)
    if plain.isascii():
        return (plain,)
    syllables = lazy_pinyin(plain)
    letters = "".join(one[:1] for one in syllables)
    return plain, "".join(syllables), letters


@lru_cache(maxsize=_REMEMBERED)
def _plain(text: str) -> str:
    """Lower case, Simplified, half width, without accents and spaces."""
    folded = _simplified().convert(unicodedata.normalize("NFKC", text)).casefold()
    bare = (mark for mark in unicodedata.normalize("NFD", folded) if not unicodedata.combining(mark))
    return "".join(mark for mark in bare if not mark.isspace())


@cache
def _simplified() -> OpenCC:
    return OpenCC("t2s")
