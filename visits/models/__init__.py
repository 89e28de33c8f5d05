"""The tables, one noun per file."""

from __future__ import annotations

from visits.models.absence import Absence
from visits.models.api_key import ApiKey
from visits.models.assignment_rule import AssignmentRule
from visits.models.base import Table, new_id, utc_now
from visits.models.customer import Customer
from visits.models.event import Event
from visits.models.idempotency_key import IdempotencyKey
from visits.models.import_batch import ImportBatch
from visits.models.person import Person, Role
from visits.models.plan import Plan, PlanVersion, StoredProblem
from visits.models.plan_change import PlanChange
from visits.models.plan_draft import PlanDraft
from visits.models.plan_part import PlanPart
from visits.models.plan_run import JobQueue, PlanRun, RunState
from visits.models.policy import Policy
from visits.models.privacy import Consent, Position, PrivacySettings
from visits.models.proposal import Proposal, ProposalState
from visits.models.rate_count import RateCount
from visits.models.rep import Rep
from visits.models.segment import Segment
from visits.models.sign_in import ProviderVisit, SignIn, SignInKind, SignInLink
from visits.models.slot_hold import HoldState, SlotHold
from visits.models.territory import Territory
from visits.models.territory_proposal import (
    HandOver,
    TerritoryAlternative,
    TerritoryApproval,
    TerritoryProposal,
    TerritoryProposalState,
    TerritoryTask,
    WorkloadFit,
)
from visits.models.visit import CLOSED_STATES, OPEN_STATES, UNDER_WAY_STATES, Visit, VisitState
from visits.models.visit_transition import VisitTransition
from visits.models.webhook import DeliveryState, Webhook, WebhookDelivery
from visits.models.worker import Worker

__all__ = [
    "CLOSED_STATES",
    "OPEN_STATES",
    "UNDER_WAY_STATES",
    "Absence",
    "ApiKey",
    "AssignmentRule",
    "Consent",
    "Customer",
    "DeliveryState",
    "Event",
    "HandOver",
    "HoldState",
    "IdempotencyKey",
    "ImportBatch",
    "JobQueue",
    "Person",
    "Plan",
    "PlanChange",
    "PlanDraft",
    "PlanPart",
    "PlanRun",
    "PlanVersion",
    "Policy",
    "Position",
    "PrivacySettings",
    "Proposal",
    "ProposalState",
    "ProviderVisit",
    "RateCount",
    "Rep",
    "Role",
    "RunState",
    "Segment",
    "SignIn",
    "SignInKind",
    "SignInLink",
    "SlotHold",
    "StoredProblem",
    "Table",
    "Territory",
    "TerritoryAlternative",
    "TerritoryApproval",
    "TerritoryProposal",
    "TerritoryProposalState",
    "TerritoryTask",
    "Visit",
    "VisitState",
    "VisitTransition",
    "Webhook",
    "WebhookDelivery",
    "Worker",
    "WorkloadFit",
    "new_id",
    "utc_now",
]
