"""Why a customer is in no plan of a day, checked by trying, and the cheapest change that would make room."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
from sqlmodel import Session, col, select

from routing.explain import Remedy as FoundRemedy
from routing.explain import what_would_make_room, why_not
from routing.plan import Unserved
from routing.roads.network import FAR_M
from visits.day_problem import Extra, Question, question_of
from visits.errors import InputError
from visits.explanations import Explanation, Fact, Placed, Remedy, fact
from visits.hours import shift_id
from visits.local_day import LocalDay, zone_named
from visits.models import OPEN_STATES, Customer, Rep, Visit
from visits.needs import CustomerHistory, Need, derived_visit_id
from visits.problem_building import problem_visit
from visits.queries.customers import get_customer
from visits.queries.policies import value_policy
from visits.rep_days import Scope, TeamDays, read_days
from visits.scope import Viewer
from visits.solving import TravelSource
from visits.store import Store
from visits.wording import Language, Value, sentence


def explain_customer(
    store: Store,
    viewer: Viewer,
    customer_id: str,
    day: date,
    *,
    language: Language,
    now: datetime,
    travel: TravelSource,
) -> Explanation:
    """Why the customer is in no plan of the day; where it is in one, that is said, and its visit named.

    Raises NotFoundError, ConflictError for a day that is over, RoadError when the roads do not answer.
    """
    with store.reading() as session:
        customer = get_customer(session, viewer, customer_id)
        standing = _standing(session, customer, day)
        if standing is not None and standing.planned is not None:
            return _planned(language, customer, day, standing)
        if not customer.active:
            return _short(language, customer, day, "retired", name=customer.name)
        if not _has_reps(session, customer.territory_id):
            return _short(language, customer, day, "no_territory_reps", date=day)
        team = read_days(session, Scope((customer.territory_id,), day, day), now)
        need, early = _need(session, language, customer, day, team)
    if early is not None:
        return early
    assert need is not None
    return _tried(language, customer, day, team, need, travel)


class _Standing:
    """Where an open visit of the customer stands on the day or near it."""

    def __init__(self, visit: Visit, planned: Placed | None) -> None:
        self.visit, self.planned = visit, planned


def _standing(session: Session, customer: Customer, day: date) -> _Standing | None:
    statement = select(Visit).where(
        Visit.customer_id == customer.id,
        Visit.day == day,
        col(Visit.rep_id).is_not(None),
        col(Visit.state).not_in(("cancelled", "no_show", "skipped")),
    )
    visit = session.exec(statement).first()
    if visit is None or visit.rep_id is None or visit.day is None or visit.start_s is None:
        return None
    rep = session.get_one(Rep, visit.rep_id)
    local = LocalDay(visit.day, zone_named(rep.timezone))
    return _Standing(
        visit,
        Placed(
            shift=shift_id(rep.id, visit.day),
            rep=rep.id,
            rep_name=rep.name,
            date=visit.day,
            start_s=visit.start_s,
            start=local.moment(visit.start_s),
        ),
    )


def _planned(language: Language, customer: Customer, day: date, standing: _Standing) -> Explanation:
    planned = standing.planned
    assert planned is not None
    said = fact(language, "planned", name=customer.name, rep=planned.rep_name, date=planned.date, start=planned.start)
    return Explanation(
        customer=customer.id,
        name=customer.name,
        visit=standing.visit.id,
        date=day,
        language=language,
        planned=planned,
        facts=(said,),
    )


def _short(language: Language, customer: Customer, day: date, reason: str, **values: Value) -> Explanation:
    return Explanation(
        customer=customer.id,
        name=customer.name,
        date=day,
        language=language,
        reason=reason,
        facts=(fact(language, reason, **values),),
    )


def _has_reps(session: Session, territory_id: str | None) -> bool:
    statement = select(Rep.id).where(col(Rep.active)).limit(1)
    where = col(Rep.territory_id).is_(None) if territory_id is None else Rep.territory_id == territory_id
    return session.exec(statement.where(where)).first() is not None


def _need(
    session: Session, language: Language, customer: Customer, day: date, team: TeamDays
) -> tuple[Need | None, Explanation | None]:
    """The need to try in the plan, or the explanation that needs no trying."""
    due = next((need for need in team.candidates if need.customer.id == customer.id), None)
    if due is not None:
        return due, None
    history = team.histories.get(customer.id, CustomerHistory())
    if day in history.refused:
        return None, _short(language, customer, day, "refused_today", date=day)
    elsewhere = next((row for row in history.open_visits if row.rep_id is not None and row.day != day), None)
    if elsewhere is not None and elsewhere.rep_id is not None and elsewhere.day is not None:
        rep = session.get_one(Rep, elsewhere.rep_id)
        return None, _short(
            language, customer, day, "planned_elsewhere", name=customer.name, rep=rep.name, other_date=elsewhere.day
        )
    asked = next((row for row in history.open_visits if row.state in OPEN_STATES), None)
    if asked is not None or _lacks_skills(customer, team):
        worth_s = value_policy(session).tier_s.get(customer.tier, 0)
        name = asked.id if asked is not None else derived_visit_id(customer.id, history.visits_so_far)
        return Need(name, customer, "appointment", worth_s, (day,), last_visit=history.last_visit), None
    if customer.cadence_days is None:
        return None, _short(language, customer, day, "no_cadence", name=customer.name)
    last = history.last_visit
    days = (day - last).days if last is not None else 0
    return None, _short(
        language, customer, day, "not_due", name=customer.name, days=days, cadence=customer.cadence_days
    )


def _lacks_skills(customer: Customer, team: TeamDays) -> bool:
    """Whether it was no candidate because no rep has the skills; then the trying says so."""
    reps = [one.frame.rep for one in team.by_shift.values()]
    return bool(customer.skills) and not any(set(customer.skills) <= set(rep.skills) for rep in reps)


def _tried(
    language: Language, customer: Customer, day: date, team: TeamDays, need: Need, travel: TravelSource
) -> Explanation:
    off_road_m = float(travel.off_road_m(np.array([(customer.lon, customer.lat)]))[0])
    if not off_road_m <= FAR_M:
        return _short(language, customer, day, "off_road", name=customer.name)
    try:
        problem_visit(need, team.zone)
    except InputError:
        service_s = customer.service_minutes * 60
        return _short(language, customer, day, "closed", name=customer.name, date=day, service_s=service_s)
    question = question_of(team, travel, Extra(places={customer.id: customer}, candidates=(need,)))
    if need.visit_id not in question.problem.visit_index:
        return _short(language, customer, day, "off_road", name=customer.name)
    if not question.problem.shifts:
        return _short(language, customer, day, "no_territory_reps", date=day)
    found = why_not(question.problem, question.plan, need.visit_id)
    remedies = what_would_make_room(question.problem, question.plan, need.visit_id)
    told = tuple(_remedy(language, question, customer, one) for one in remedies)
    facts = [_reason(language, question, customer, day, found)]
    facts += [
        Fact(code=f"remedy_{one.kind}", data=one.model_dump(mode="json", exclude={"text"}), text=one.text)
        for one in told[:1]
    ]
    if not told:
        facts.append(fact(language, "remedy_none"))
    return Explanation(
        customer=customer.id,
        name=customer.name,
        visit=need.visit_id,
        date=day,
        language=language,
        reason=found.reason,
        facts=tuple(facts),
        remedies=told,
    )


def _reason(language: Language, question: Question, customer: Customer, day: date, found: Unserved) -> Fact:
    match found.reason:
        case "window":
            return fact(language, "reason_window", date=day)
        case "skill":
            return fact(language, "reason_skill", date=day, skills=tuple(sorted(customer.skills)))
        case "unreachable":
            return fact(language, "reason_unreachable")
        case "shift":
            return fact(language, "reason_shift", short_s=found.short_s or 0)
        case "time" if found.short_s:
            return fact(language, "reason_time", date=day, short_s=found.short_s)
        case "time":
            return fact(language, "reason_time_bare", date=day)
        case "displaced":
            return fact(language, "reason_displaced", names=tuple(_names(question, found.by or ())))
        case "value" if found.cost_s:
            return fact(language, "reason_value", cost_s=found.cost_s)
        case _:
            return fact(language, "fits")


def _names(question: Question, visits: tuple[str, ...]) -> list[str]:
    return [question.needs[name].customer.name for name in visits if name in question.needs]


def _remedy(language: Language, question: Question, customer: Customer, found: FoundRemedy) -> Remedy:
    one = question.team.by_shift[found.shift]
    rep, local = one.frame.rep, one.frame.local
    values: dict[str, Value] = {"rep": rep.name, "date": local.day, "start": local.moment(found.start_s)}
    if found.kind == "open_longer":
        values |= {"name": customer.name, "extra_s": found.extra_s}
    elif found.kind == "extend_shift":
        values |= {"extra_s": found.extra_s}
    elif found.kind == "drop":
        values |= {"other": ", ".join(_names(question, (found.visit or "",)))}
    gain = (
        sentence(language, "remedy_gain", {"gain_s": found.gain_s})
        if found.gain_s >= 0
        else sentence(language, "remedy_cost", {"cost_s": -found.gain_s})
    )
    return Remedy(
        kind=found.kind,
        shift=found.shift,
        rep=rep.id,
        rep_name=rep.name,
        date=local.day,
        start_s=found.start_s,
        gain_s=found.gain_s,
        extra_s=found.extra_s,
        visit=found.visit,
        text=f"{sentence(language, f'remedy_{found.kind}', values)} {gain}",
    )
