"""The tables, one noun per file."""

from __future__ import annotations

from visits.models.absence import Absence
from visits.models.api_key import ApiKey
from visits.models.base import Table, new_id, utc_now
from visits.models.customer import Customer
from visits.models.event import Event
from visits.models.idempotency_key import IdempotencyKey
from visits.models.person import Person, Role
from visits.models.plan import Plan, PlanVersion, StoredProblem
from visits.models.plan_run import PlanRun, RunState
from visits.models.policy import Policy
from visits.models.privacy import Consent, Position, PrivacySettings
from visits.models.rep import Rep
from visits.models.sign_in import ProviderVisit, SignIn, SignInKind, SignInLink
from visits.models.territory import Territory
from visits.models.visit import CLOSED_STATES, OPEN_STATES, UNDER_WAY_STATES, Visit, VisitState

__all__ = [
    "CLOSED_STATES",
    "OPEN_STATES",
    "UNDER_WAY_STATES",
    "Absence",
    "ApiKey",
    "Consent",
    "Customer",
    "Event",
    "IdempotencyKey",
    "Person",
    "Plan",
    "PlanRun",
    "PlanVersion",
    "Policy",
    "Position",
    "PrivacySettings",
    "ProviderVisit",
    "Rep",
    "Role",
    "RunState",
    "SignIn",
    "SignInKind",
    "SignInLink",
    "StoredProblem",
    "Table",
    "Territory",
    "Visit",
    "VisitState",
    "new_id",
    "utc_now",
]
