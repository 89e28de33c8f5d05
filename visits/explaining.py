"""Why a stop stands where it does: every other rep and day is tried, and what it would cost is told."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlmodel import Session, col, func, select

from routing.moves import Remove, price_move
from routing.problem import Problem
from routing.problem import Visit as ProblemVisit
from routing.repair import problem_after
from routing.slots import SlotOffer, offer_slots
from routing.solve.starts import may_serve
from visits.day_plan import PlannedStop
from visits.day_problem import Extra, Question, question_of
from visits.errors import ConflictError
from visits.explanations import Alternative, Explanation, Fact, Placed, fact
from visits.models import Plan, Rep, Visit
from visits.queries.visits import get_visit
from visits.rep_days import RepDay, Scope, TeamDays, read_days
from visits.scope import Viewer
from visits.solving import TravelSource
from visits.store import Store
from visits.wording import Language, Value, sentence

MOST_ALTERNATIVES = 12
_OFFERS = 200


def explain_visit(
    store: Store,
    viewer: Viewer,
    visit_id: str,
    *,
    language: Language,
    now: datetime,
    travel: TravelSource,
    most: int = MOST_ALTERNATIVES,
) -> Explanation:
    """Why a planned visit has its rep, day and time, and what the alternatives cost until the week's last plan.

    At most so many alternatives are told, the cheapest first.
    Raises NotFoundError, and ConflictError for a visit that is in no plan or whose day is over.
    """
    with store.reading() as session:
        visit = get_visit(session, viewer, visit_id)
        if visit.rep_id is None or visit.day is None:
            raise ConflictError(f"the visit {visit_id!r} is in no plan; ask about its customer {visit.customer_id!r}")
        rep = session.get_one(Rep, visit.rep_id)
        last = _last_day(session, visit.day)
        team = read_days(session, Scope((rep.territory_id,), visit.day, last), now)
    home = team.home_of(visit_id)
    if home is None or home.document is None:
        raise ConflictError(f"the visit {visit_id!r} stands in no plan; ask about its customer {visit.customer_id!r}")
    stop = next(stop for stop in home.document.stops if stop.visit == visit_id)
    facts = [fact(language, "planned", name=stop.name, rep=home.frame.rep.name, date=visit.day, start=stop.start)]
    alternatives: tuple[Alternative, ...] = ()
    if all(one.visit != visit_id for one in home.open_stops):
        facts.append(fact(language, "executed", rep=home.frame.rep.name))
    else:
        place, alternatives = _alternatives(language, team, home, stop, visit, travel, viewer.rep_id, most)
        facts += [*_why_here(language, home, stop, visit), *place]
    facts += why_at_all(language, stop)
    return Explanation(
        customer=stop.customer,
        name=stop.name,
        visit=visit_id,
        date=visit.day,
        language=language,
        planned=placed(home, stop),
        facts=tuple(facts),
        alternatives=alternatives,
    )


def _last_day(session: Session, day: date) -> date:
    sunday = day + timedelta(days=6 - day.weekday())
    statement = select(func.max(Plan.day)).where(col(Plan.day).between(day, sunday), col(Plan.number) > 0)
    return session.exec(statement).one() or day


def placed(home: RepDay, stop: PlannedStop) -> Placed:
    """Where a stop stands."""
    return Placed(
        shift=home.shift_id,
        rep=home.frame.rep.id,
        rep_name=home.frame.rep.name,
        date=home.frame.local.day,
        start_s=stop.start_s,
        start=stop.start,
    )


def why_at_all(language: Language, stop: PlannedStop) -> list[Fact]:
    """Why the visit is worth driving to."""
    why = stop.why
    facts = []
    if why.days_since is None:
        facts.append(fact(language, "never_visited"))
    elif why.cadence_days is not None and why.days_over is not None and why.days_over > 0:
        facts.append(fact(language, "due_over", days=why.days_since, over=why.days_over, cadence=why.cadence_days))
    elif why.cadence_days is not None:
        facts.append(fact(language, "due", days=why.days_since, cadence=why.cadence_days))
    if why.cadence_days is None:
        facts.append(fact(language, "wanted"))
    facts.append(fact(language, "worth", value_s=why.value_s))
    return facts


def _why_here(language: Language, home: RepDay, stop: PlannedStop, visit: Visit) -> list[Fact]:
    facts = []
    if stop.promise is not None:
        facts.append(
            fact(language, "promised", start=stop.promise.start, end=stop.promise.end, date=home.frame.local.day)
        )
    if visit.locked or stop.pinned:
        facts.append(fact(language, "locked", rep=home.frame.rep.name))
    if stop.windows:
        spans = tuple(f"{span.start:%H:%M}-{span.end:%H:%M}" for span in stop.windows)
        facts.append(fact(language, "hours_open", spans=spans))
    elif stop.promise is None:
        facts.append(fact(language, "hours_any"))
    return facts


def _alternatives(
    language: Language,
    team: TeamDays,
    home: RepDay,
    stop: PlannedStop,
    visit: Visit,
    travel: TravelSource,
    only_rep: str | None,
    most: int,
) -> tuple[list[Fact], tuple[Alternative, ...]]:
    """What the stop costs where it stands, and what it would cost elsewhere: it is taken out and offered anew.

    A rep (`only_rep`) reads about their own days alone.
    """
    question = question_of(team, travel, Extra(candidates=()))
    free = _unbound(question.problem.visits[question.problem.visit_index[stop.visit]])
    without = price_move(question.problem, question.plan, Remove(stop.visit), now=question.events)
    after = problem_after(question.problem, question.events, question.plan)
    offers = offer_slots(after, without.plan, free, limit=max(_OFFERS, 4 * most), now=question.standing(without.plan))
    best: dict[str, SlotOffer] = {}
    for offer in offers:
        best.setdefault(offer.shift, offer)
    # the price of where it stands, at its own time: what taking it out gives back
    here_s = stop.why.value_s - _given_back(question, without.price_s)
    bound = stop.promise is not None or visit.locked or stop.pinned
    others = [
        _alternative(language, after, free, one, best.get(name), here_s)
        for name, one in team.by_shift.items()
        if name != home.shift_id and one.shift is not None and only_rep in {None, one.frame.rep.id}
    ]
    others.sort(key=lambda one: (one.extra_s is None, one.extra_s or 0, one.date, one.shift))
    detour = fact(language, "detour", travel_s=max(0, -without.diff.delta.travel_s if without.diff else 0))
    possible = [one for one in others if one.extra_s is not None]
    if bound:
        facts = [detour]
    elif not possible:
        facts = [fact(language, "only_place"), detour]
    else:
        facts = [_compared(language, team, possible[0]), detour]
    return facts, tuple(others[:most])


def _given_back(question: Question, price_s: int) -> int:
    """What the objective loses when the stop goes, without the price of a change."""
    return price_s - question.events.change_price_s


def _unbound(visit: ProblemVisit) -> ProblemVisit:
    """The visit as it could stand elsewhere: a promise holds its time and leaves the rep open."""
    if visit.promise is None:
        return visit
    return visit.model_copy(update={"promise": None})


def _compared(language: Language, team: TeamDays, best: Alternative) -> Fact:
    extra_s = best.extra_s or 0
    if extra_s >= 0:
        return fact(language, "cheapest", extra_s=extra_s)
    local = team.by_shift[best.shift].frame.local
    start = local.moment(best.start_s or 0)
    return fact(language, "cheaper_elsewhere", extra_s=-extra_s, rep=best.rep_name, date=best.date, start=start)


def _alternative(
    language: Language,
    problem: Problem,
    visit: ProblemVisit,
    one: RepDay,
    offer: SlotOffer | None,
    here_s: int,
) -> Alternative:
    rep, local = one.frame.rep, one.frame.local
    who: dict[str, Value] = {"rep": rep.name, "date": local.day}
    shift = problem.shifts[problem.shift_index[one.shift_id]]
    if offer is not None:
        extra_s = offer.cost_s - here_s
        code = "alternative_same" if abs(extra_s) < 60 else "alternative" if extra_s > 0 else "alternative_cheaper"
        values: dict[str, Value] = {**who, "start": local.moment(offer.start_s)}
        if code != "alternative_same":
            values["extra_s"] = extra_s
        text = sentence(language, code, values)
        return Alternative(
            shift=shift.id,
            rep=rep.id,
            rep_name=rep.name,
            date=local.day,
            start_s=offer.start_s,
            extra_s=extra_s,
            text=text,
        )
    missing = tuple(sorted(set(visit.skills) - set(shift.skills)))
    if missing:
        blocked, who = "skill", {**who, "skills": missing}
    elif not may_serve(visit, shift):
        blocked = "promise" if visit.shifts is not None else "window"
    elif visit.windows and all(window.day != shift.day for window in visit.windows):
        blocked = "window"
    else:
        blocked = "full"
    return Alternative(
        shift=shift.id,
        rep=rep.id,
        rep_name=rep.name,
        date=local.day,
        blocked=blocked,
        text=sentence(language, f"blocked_{blocked}", who),
    )
