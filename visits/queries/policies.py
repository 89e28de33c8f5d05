"""The policy: what visits are worth."""

from __future__ import annotations

from sqlmodel import Session

from visits.errors import StaleError
from visits.models import Policy
from visits.models.customer import TIERS
from visits.queries.events import record
from visits.scope import Viewer
from visits.value import ValuePolicy, policy_from

POLICY_ID = "policy"


def current_policy(session: Session) -> Policy:
    """The stored policy, or the default one, not stored, as version 0."""
    return session.get(Policy, POLICY_ID) or Policy(version=0)


def change_policy(session: Session, viewer: Viewer, policy: Policy, *, expected: int) -> Policy:
    """Store a policy in place of the one with the version `expected` (0: none stored yet).

    Raises InputError for numbers that make no sense, StaleError when it was changed meanwhile.
    """
    policy_from(policy)
    stored = session.get(Policy, POLICY_ID)
    found = stored.version if stored else 0
    if found != expected:
        raise StaleError("somebody else changed the policy meanwhile; load it again and repeat the change", found)
    row = stored or Policy()
    row.tier_minutes = {tier: policy.tier_minutes.get(tier, 0) for tier in TIERS}
    row.due_from, row.overdue_slope = policy.due_from, policy.overdue_slope
    row.highest_factor = policy.highest_factor
    session.add(row)
    session.flush()
    record(session, viewer, "policy.changed", POLICY_ID, row.model_dump(mode="json", include={*_NUMBERS}))
    return row


def value_policy(session: Session) -> ValuePolicy:
    """The numbers that planning works with."""
    return policy_from(session.get(Policy, POLICY_ID))


_NUMBERS = ("tier_minutes", "due_from", "overdue_slope", "highest_factor", "version")
