"""Who may call which operation: the one table. What an operation then shows is cut to the caller's territories and rep.

A role that is not listed gets the same 404 as for an address that does not exist.
"""

from __future__ import annotations

from dataclasses import dataclass

from visits.models import Role


@dataclass(frozen=True, slots=True)
class AccessPolicy:
    """The roles that may call an operation; `roles` None lets anybody call it without signing in."""

    roles: frozenset[Role] | None


OPEN = AccessPolicy(None)
EVERYBODY = AccessPolicy(frozenset(Role))
OFFICE = AccessPolicy(frozenset({Role.DISPATCHER, Role.MANAGER, Role.ADMIN}))
MANAGERS = AccessPolicy(frozenset({Role.MANAGER, Role.ADMIN}))

POLICIES: dict[str, AccessPolicy] = {
    # beside the interface
    "get_health": OPEN,
    "get_readiness": OPEN,
    "get_metrics": OPEN,
    "get_openapi": OPEN,
    # the pages: nothing in them belongs to anybody
    "get_home_page": OPEN,
    "get_today_page": OPEN,
    "get_page_worker": OPEN,
    "get_page_manifest": OPEN,
    "get_page_icon": OPEN,
    "get_page_asset": OPEN,
    # the signed-in person
    "get_me": EVERYBODY,
    # the map
    "get_map": EVERYBODY,
    "get_tile": EVERYBODY,
    # plans
    "get_rep_plan": EVERYBODY,
    "get_rep_line": EVERYBODY,
    "list_plans": EVERYBODY,
    # a visit's day: a rep taps for their own visits, the office for those of its territories
    "list_visits": EVERYBODY,
    "get_visit": EVERYBODY,
    "arrive_at_visit": EVERYBODY,
    "complete_visit": EVERYBODY,
    "cancel_visit": EVERYBODY,
    "record_no_show": EVERYBODY,
    "depart_for_visit": EVERYBODY,
    "skip_visit": EVERYBODY,
    "report_late": EVERYBODY,
    "get_visit_history": EVERYBODY,
    "explain_visit": EVERYBODY,
    "explain_customer": EVERYBODY,
    # the dispatcher's board; a rep may propose and commit moves within their own days, and take back their own changes
    "create_proposal": EVERYBODY,
    "list_proposals": OFFICE,
    "get_proposal": EVERYBODY,
    "commit_proposal": EVERYBODY,
    "discard_proposal": EVERYBODY,
    "undo_plan": EVERYBODY,
    # a caller on the phone
    "quote_slots": OFFICE,
    "hold_slot": OFFICE,
    "release_slot": OFFICE,
    "book_slot": OFFICE,
    # planning
    "create_plan_run": OFFICE,
    "list_plan_runs": OFFICE,
    "get_plan_run": OFFICE,
    "cancel_plan_run": OFFICE,
    # data
    "list_customers": EVERYBODY,
    "get_customer": EVERYBODY,
    "create_customer": OFFICE,
    "update_customer": OFFICE,
    "list_reps": EVERYBODY,
    "get_rep": EVERYBODY,
    "create_rep": OFFICE,
    "update_rep": OFFICE,
    "list_territories": EVERYBODY,
    "get_territory": EVERYBODY,
    "create_territory": MANAGERS,
    "update_territory": MANAGERS,
}
"""Every operation by its operation_id. An operation that is not here does not start the service."""
