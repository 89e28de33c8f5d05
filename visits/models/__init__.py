"""The tables, one noun per file."""

from __future__ import annotations

from visits.models.absence import Absence
from visits.models.base import Table, new_id, utc_now
from visits.models.customer import Customer
from visits.models.event import Event
from visits.models.idempotency_key import IdempotencyKey
from visits.models.person import Person, Role
from visits.models.plan import Plan, PlanVersion, StoredProblem
from visits.models.plan_part import PlanPart
from visits.models.plan_run import JobQueue, PlanRun, RunState
from visits.models.policy import Policy
from visits.models.rep import Rep
from visits.models.territory import Territory
from visits.models.visit import CLOSED_STATES, OPEN_STATES, UNDER_WAY_STATES, Visit, VisitState
from visits.models.webhook import DeliveryState, Webhook, WebhookDelivery
from visits.models.worker import Worker

__all__ = [
    "CLOSED_STATES",
    "OPEN_STATES",
    "UNDER_WAY_STATES",
    "Absence",
    "Customer",
    "DeliveryState",
    "Event",
    "IdempotencyKey",
    "JobQueue",
    "Person",
    "Plan",
    "PlanPart",
    "PlanRun",
    "PlanVersion",
    "Policy",
    "Rep",
    "Role",
    "RunState",
    "StoredProblem",
    "Table",
    "Territory",
    "Visit",
    "VisitState",
    "Webhook",
    "WebhookDelivery",
    "Worker",
    "new_id",
    "utc_now",
]
