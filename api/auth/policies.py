"""Who may call which operation: the one table. What an operation then shows is cut to the caller's territories and rep.

A role that is not listed gets the same 404 as for an address that does not exist. Systems call with API keys, which
may what their role may, within their scopes; an operation in no scope is for people alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from visits.models import Role
from visits.scope import Viewer


@dataclass(frozen=True, slots=True)
class AccessPolicy:
    """The roles that may call an operation; `roles` None lets anybody call it without signing in."""

    roles: frozenset[Role] | None


OPEN = AccessPolicy(None)
EVERYBODY = AccessPolicy(frozenset(Role))
REPS = AccessPolicy(frozenset({Role.REP}))
OFFICE = AccessPolicy(frozenset({Role.DISPATCHER, Role.MANAGER, Role.ADMIN}))
MANAGERS = AccessPolicy(frozenset({Role.MANAGER, Role.ADMIN}))
ADMINS = AccessPolicy(frozenset({Role.ADMIN}))
REPS_AND_ADMINS = AccessPolicy(frozenset({Role.REP, Role.ADMIN}))

POLICIES: dict[str, AccessPolicy] = {
    # beside the interface
    "get_health": OPEN,
    "get_readiness": OPEN,
    "get_metrics": OPEN,
    "get_openapi": OPEN,
    # the pages: nothing in them belongs to anybody
    "get_home_page": OPEN,
    "get_today_page": OPEN,
    "get_board_page": OPEN,
    "get_territories_page": OPEN,
    "get_page_worker": OPEN,
    "get_page_manifest": OPEN,
    "get_page_icon": OPEN,
    "get_page_asset": OPEN,
    # signing in
    "get_sign_in_page": OPEN,
    "get_sign_in_script": OPEN,
    "get_sign_in_style": OPEN,
    "get_sign_in_ways": OPEN,
    "create_session": OPEN,
    "redeem_sign_in_link": OPEN,
    "start_provider_sign_in": OPEN,
    "finish_provider_sign_in": OPEN,
    # the signed-in person
    "get_me": EVERYBODY,
    "change_my_password": EVERYBODY,
    "list_sessions": EVERYBODY,
    "end_session": EVERYBODY,
    "end_current_session": EVERYBODY,
    # a rep's own calendar: its address is the secret
    "get_calendar": OPEN,
    "get_my_calendar": REPS,
    "create_my_calendar": REPS,
    "delete_my_calendar": REPS,
    # other people's sign-ins: reps may add a phone of their own, the office one for the reps of its territories
    "create_rep_sign_in_link": EVERYBODY,
    "list_people": ADMINS,
    "get_person": ADMINS,
    "create_person": ADMINS,
    "update_person": ADMINS,
    "create_sign_in_link": ADMINS,
    "list_person_sessions": ADMINS,
    "end_person_sessions": ADMINS,
    "list_api_keys": ADMINS,
    "create_api_key": ADMINS,
    "revoke_api_key": ADMINS,
    # privacy: reps decide on their own positions and may have what is kept about them
    "get_privacy_settings": EVERYBODY,
    "update_privacy_settings": ADMINS,
    "list_consents": EVERYBODY,
    "give_consent": REPS,
    "export_customer": ADMINS,
    "erase_customer": ADMINS,
    "export_rep": REPS_AND_ADMINS,
    "erase_rep": ADMINS,
    # the map
    "get_map": EVERYBODY,
    "get_tile": EVERYBODY,
    # plans
    "get_rep_plan": EVERYBODY,
    "get_rep_line": EVERYBODY,
    "get_rep_plan_file": EVERYBODY,
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
    "take_fill_in": EVERYBODY,
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
    "get_board": OFFICE,
    "get_board_week": OFFICE,
    "list_drive_lines": OFFICE,
    "list_unplanned": OFFICE,
    "search_customers": OFFICE,
    "get_proposal_lines": EVERYBODY,
    "compare_plan_run": OFFICE,
    "promise_visit": OFFICE,
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
    "list_plan_drafts": OFFICE,
    "get_plan_drafts": OFFICE,
    "list_drafted_plans": OFFICE,
    "list_drafted_lines": OFFICE,
    "publish_plan_drafts": OFFICE,
    "discard_plan_drafts": OFFICE,
    # what happens: each is sent and shown what they may see
    "stream_events": EVERYBODY,
    "list_events": OFFICE,
    "list_webhooks": ADMINS,
    "create_webhook": ADMINS,
    "get_webhook": ADMINS,
    "delete_webhook": ADMINS,
    "list_webhook_deliveries": ADMINS,
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
    "list_absences": EVERYBODY,
    "get_absence": EVERYBODY,
    "create_absence": OFFICE,
    "delete_absence": OFFICE,
    # data of the whole organisation: changed by those who see all of it
    "list_segments": OFFICE,
    "get_segment": OFFICE,
    "list_segment_customers": OFFICE,
    "create_segment": MANAGERS,
    "update_segment": MANAGERS,
    "delete_segment": MANAGERS,
    "list_assignment_rules": OFFICE,
    "get_assignment_rule": OFFICE,
    "create_assignment_rule": MANAGERS,
    "update_assignment_rule": MANAGERS,
    "delete_assignment_rule": MANAGERS,
    "run_assignment_rules": MANAGERS,
    "list_policies": OFFICE,
    "get_policy": OFFICE,
    "update_policy": MANAGERS,
    "create_import": MANAGERS,
    "list_imports": MANAGERS,
    "get_import": MANAGERS,
    "undo_import": MANAGERS,
    # figures
    "get_kpis": OFFICE,
    "get_forecast": OFFICE,
    # other territories: proposed, edited, published
    "create_territory_proposal": MANAGERS,
    "list_territory_proposals": MANAGERS,
    "get_territory_proposal": MANAGERS,
    "discard_territory_proposal": MANAGERS,
    "get_territory_proposal_customers": MANAGERS,
    "approve_territory_proposal": MANAGERS,
    "publish_territory_proposal": MANAGERS,
    "roll_back_territory_proposal": MANAGERS,
    "get_territory_alternative": MANAGERS,
    "list_territory_hand_overs": MANAGERS,
    "get_territory_boundaries": MANAGERS,
    "validate_territory_alternative": MANAGERS,
    "compare_territory_alternatives": MANAGERS,
    "preview_territories": MANAGERS,
    "begin_territory_draft": MANAGERS,
    "edit_territory_draft": MANAGERS,
    "undo_territory_draft": MANAGERS,
    "get_white_space": MANAGERS,
    "suggest_bases": MANAGERS,
    "get_workload": MANAGERS,
    "fit_workload": MANAGERS,
}
"""Every operation by its operation_id. An operation that is not here does not start the service."""

CONTACTS = "contacts"
"""The scope that lets a key see phone numbers and mail addresses; it opens no operation by itself."""

SCOPES: dict[str, frozenset[str]] = {
    "plans:read": frozenset(
        {
            "get_rep_plan",
            "get_rep_plan_file",
            "list_plans",
            "get_board",
            "get_board_week",
            "list_drive_lines",
            "list_unplanned",
            "get_map",
            "get_tile",
        }
    ),
    "visits:read": frozenset({"list_visits", "get_visit", "get_visit_history", "explain_visit", "explain_customer"}),
    "visits:write": frozenset(
        {
            "promise_visit",
            "depart_for_visit",
            "arrive_at_visit",
            "complete_visit",
            "cancel_visit",
            "record_no_show",
            "skip_visit",
            "report_late",
            "take_fill_in",
        }
    ),
    "planning": frozenset(
        {
            "create_plan_run",
            "list_plan_runs",
            "get_plan_run",
            "cancel_plan_run",
            "list_plan_drafts",
            "get_plan_drafts",
            "list_drafted_plans",
            "list_drafted_lines",
            "publish_plan_drafts",
            "discard_plan_drafts",
            "compare_plan_run",
            "create_proposal",
            "list_proposals",
            "get_proposal",
            "get_proposal_lines",
            "commit_proposal",
            "discard_proposal",
            "undo_plan",
        }
    ),
    "slots": frozenset({"quote_slots", "hold_slot", "book_slot", "release_slot"}),
    "events:read": frozenset({"stream_events", "list_events"}),
    "data:read": frozenset(
        {
            "list_customers",
            "get_customer",
            "search_customers",
            "list_reps",
            "get_rep",
            "list_territories",
            "get_territory",
            "list_absences",
            "get_absence",
            "list_segments",
            "get_segment",
            "list_segment_customers",
            "list_assignment_rules",
            "get_assignment_rule",
            "list_policies",
            "get_policy",
        }
    ),
    "data:write": frozenset(
        {
            "create_customer",
            "update_customer",
            "create_rep",
            "update_rep",
            "create_territory",
            "update_territory",
            "create_absence",
            "delete_absence",
            "create_segment",
            "update_segment",
            "delete_segment",
            "create_assignment_rule",
            "update_assignment_rule",
            "delete_assignment_rule",
            "run_assignment_rules",
            "update_policy",
        }
    ),
    "imports": frozenset({"create_import", "list_imports", "get_import", "undo_import"}),
    "reports:read": frozenset({"get_kpis", "get_forecast"}),
    "territories": frozenset(
        {
            "create_territory_proposal",
            "list_territory_proposals",
            "get_territory_proposal",
            "discard_territory_proposal",
            "get_territory_proposal_customers",
            "approve_territory_proposal",
            "publish_territory_proposal",
            "roll_back_territory_proposal",
            "get_territory_alternative",
            "list_territory_hand_overs",
            "get_territory_boundaries",
            "validate_territory_alternative",
            "compare_territory_alternatives",
            "preview_territories",
            "begin_territory_draft",
            "edit_territory_draft",
            "undo_territory_draft",
            "get_white_space",
            "suggest_bases",
            "get_workload",
            "fit_workload",
        }
    ),
    CONTACTS: frozenset(),
}
"""What an API key may be for, and the operations that each scope opens. Every key may ask who it is."""


def permits(operation: str, viewer: Viewer) -> bool:
    """Whether the viewer's role, and an API key's scopes, open this operation. Raises KeyError without a policy."""
    roles = POLICIES[operation].roles
    if roles is None:
        return True
    if viewer.role not in roles:
        return False
    if viewer.scopes is None or operation == "get_me":
        return True
    return any(operation in SCOPES.get(scope, ()) for scope in viewer.scopes)


def sees_contacts(viewer: Viewer, roles: frozenset[Role]) -> bool:
    """Whether phone numbers and mail addresses are shown to the viewer; `roles` are those who may see them."""
    return viewer.role in roles and (viewer.scopes is None or CONTACTS in viewer.scopes)
