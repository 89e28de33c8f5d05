"""Assignment rules: which territory a customer belongs to, by segment and area; the first rule that fits counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shapely import Point, Polygon, is_valid_reason, prepare
from sqlmodel import Session, col, select

from visits.errors import InputError, NotFoundError
from visits.models import AssignmentRule, Customer, Segment
from visits.queries.events import record
from visits.queries.page import Page, PageRequest, fetch_page
from visits.queries.segments import holds
from visits.scope import Viewer

MOST_CORNERS = 1000
Ring = Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True)
class Move:
    """A customer that changes territory, and the rule that says so."""

    customer: str
    name: str
    from_territory: str | None
    to_territory: str
    rule: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """What the rules mean for the customers: who moves, how many stay, how many fit no rule."""

    moves: tuple[Move, ...]
    unchanged: int
    unmatched: int


def list_rules(session: Session, request: PageRequest) -> Page[AssignmentRule]:
    """The rules in their order. Raises InputError for a bad cursor."""
    return fetch_page(
        session,
        select(AssignmentRule),
        request,
        keys=(col(AssignmentRule.position), col(AssignmentRule.id)),
        key_of=lambda rule: (rule.position, rule.id),
    )


def get_rule(session: Session, rule_id: str) -> AssignmentRule:
    """One rule. Raises NotFoundError."""
    found = session.get(AssignmentRule, rule_id)
    if found is None:
        raise NotFoundError(f"there is no assignment rule {rule_id!r}; check the id")
    return found


def check_area(ring: Ring) -> list[list[float]]:
    """A ring of [lon, lat] as it is stored, closed. Raises InputError for one that encloses nothing."""
    corners = [[float(lon), float(lat)] for lon, lat in ring]
    if corners and corners[0] != corners[-1]:
        corners.append(corners[0])
    if not 4 <= len(corners) <= MOST_CORNERS:
        raise InputError(f"area has {len(corners)} points; draw 3 to {MOST_CORNERS - 1} corners")
    shape = Polygon(corners)
    if not shape.is_valid or shape.area == 0:
        raise InputError(f"area is no simple ring ({is_valid_reason(shape)}); draw it without crossing itself")
    return corners


def assign(session: Session, viewer: Viewer, *, everybody: bool, dry_run: bool) -> Assignment:
    """Apply the active rules to active customers: those in no territory, or `everybody`; write unless `dry_run`."""
    rules = session.exec(
        select(AssignmentRule)
        .where(col(AssignmentRule.active))
        .order_by(col(AssignmentRule.position), col(AssignmentRule.id))
    ).all()
    segments = {segment.id: segment for segment in session.exec(select(Segment))}
    tests = [(rule, _test(rule, segments)) for rule in rules]
    statement = select(Customer).where(col(Customer.active)).order_by(col(Customer.id))
    if not everybody:
        statement = statement.where(col(Customer.territory_id).is_(None))
    moves: list[Move] = []
    unchanged = unmatched = 0
    for customer in session.exec(statement):
        rule = next((rule for rule, fits in tests if fits(customer)), None)
        if rule is None:
            unmatched += 1
        elif rule.territory_id == customer.territory_id:
            unchanged += 1
        else:
            moves.append(Move(customer.id, customer.name, customer.territory_id, rule.territory_id, rule.id))
            if not dry_run:
                customer.territory_id = rule.territory_id
                session.add(customer)
    if moves and not dry_run:
        record(session, viewer, "customers.assigned", "", {"customers": len(moves), "everybody": everybody})
    return Assignment(tuple(moves), unchanged, unmatched)


def _test(rule: AssignmentRule, segments: dict[str, Segment]) -> Callable[[Customer], bool]:
    belongs = holds(segments[rule.segment_id]) if rule.segment_id is not None else None
    area = Polygon(rule.area) if rule.area is not None else None
    if area is not None:
        prepare(area)
    return lambda customer: (
        (belongs is None or belongs(customer)) and (area is None or area.covers(Point(customer.lon, customer.lat)))
    )
