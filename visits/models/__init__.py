"""The tables, one noun per file."""

from __future__ import annotations

from visits.models.absence import Absence
from visits.models.base import Table, new_id, utc_now
from visits.models.customer import Customer
from visits.models.event import Event
from visits.models.idempotency_key import IdempotencyKey
from visits.models.person import Person, Role
from visits.models.plan import Plan, PlanVersion, StoredProblem
from visits.models.plan_change import PlanChange
from visits.models.plan_run import PlanRun, RunState
from visits.models.policy import Policy
from visits.models.proposal import Proposal, ProposalState
from visits.models.rep import Rep
from visits.models.slot_hold import HoldState, SlotHold
from visits.models.territory import Territory
from visits.models.visit import CLOSED_STATES, OPEN_STATES, UNDER_WAY_STATES, Visit, VisitState
from visits.models.visit_transition import VisitTransition

__all__ = [
    "CLOSED_STATES",
    "OPEN_STATES",
    "UNDER_WAY_STATES",
    "Absence",
    "Customer",
    "Event",
    "HoldState",
    "IdempotencyKey",
    "Person",
    "Plan",
    "PlanChange",
    "PlanRun",
    "PlanVersion",
    "Policy",
    "Proposal",
    "ProposalState",
    "Rep",
    "Role",
    "RunState",
    "SlotHold",
    "StoredProblem",
    "Table",
    "Territory",
    "Visit",
    "VisitState",
    "VisitTransition",
    "new_id",
    "utc_now",
]
