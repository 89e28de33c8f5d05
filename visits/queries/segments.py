"""Segments: named groups of customers."""

from __future__ import annotations

from collections.abc import Callable

from sqlmodel import Session, col, select

from visits.errors import ConflictError, NotFoundError
from visits.models import AssignmentRule, Customer, Segment
from visits.queries.events import record
from visits.queries.page import Page, PageRequest, fetch_page
from visits.scope import Viewer, visible_customers


def list_segments(session: Session, request: PageRequest) -> Page[Segment]:
    """Segments by name. Raises InputError for a bad cursor."""
    return fetch_page(
        session, select(Segment), request, keys=(col(Segment.name),), key_of=lambda segment: (segment.name,)
    )


def get_segment(session: Session, segment_id: str) -> Segment:
    """One segment. Raises NotFoundError."""
    found = session.get(Segment, segment_id)
    if found is None:
        raise NotFoundError(f"there is no segment {segment_id!r}; check the id")
    return found


def require_free_name(session: Session, name: str, own_id: str = "") -> None:
    """Raises ConflictError when another segment has this name."""
    if session.exec(select(Segment.id).where(Segment.name == name, Segment.id != own_id)).first() is not None:
        raise ConflictError(f"there is a segment {name!r} already; choose another name, or change that one")


def remove_segment(session: Session, viewer: Viewer, segment_id: str) -> None:
    """Remove a segment; its customers stay. Raises NotFoundError, ConflictError while a rule needs it."""
    segment = get_segment(session, segment_id)
    rule = session.exec(select(AssignmentRule.name).where(AssignmentRule.segment_id == segment_id)).first()
    if rule is not None:
        raise ConflictError(f"the assignment rule {rule!r} needs this segment; change or remove the rule first")
    session.delete(segment)
    record(session, viewer, "segment.removed", segment_id)


def holds(segment: Segment) -> Callable[[Customer], bool]:
    """Whether a customer belongs to the segment."""
    tiers, tags = frozenset(segment.tiers), frozenset(segment.tags)
    return lambda customer: (not tiers or customer.tier in tiers) and tags <= set(customer.tags)


def customers_of(session: Session, viewer: Viewer, segment: Segment, request: PageRequest) -> Page[Customer]:
    """The active customers of a segment that the viewer may see, by id. Raises InputError for a bad cursor."""
    statement = visible_customers(select(Customer).where(col(Customer.active)), viewer)
    if segment.tiers:
        statement = statement.where(col(Customer.tier).in_(segment.tiers))
    if segment.tags:  # tags are JSON, which the two databases search in different ways
        wanted = frozenset(segment.tags)
        tagged = session.execute(statement.with_only_columns(col(Customer.id), col(Customer.tags)))
        statement = statement.where(col(Customer.id).in_([name for name, tags in tagged if wanted <= set(tags)]))
    return fetch_page(session, statement, request, keys=(col(Customer.id),), key_of=lambda customer: (customer.id,))
