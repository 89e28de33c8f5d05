"""What signing in needs while the service runs, opened once."""

from __future__ import annotations

from dataclasses import dataclass

from api.auth.passwords import Passwords
from api.auth.people import LastUses
from api.auth.provider import Provider
from api.auth.throttle import CallerThrottle, SignInThrottle
from api.settings import Settings
from visits.models import Role
from visits.store import Store


@dataclass(frozen=True, slots=True)
class SignInDesk:
    """Passwords, limits, the provider where one is configured, and who may see contact fields."""

    passwords: Passwords
    attempts: SignInThrottle
    calls: CallerThrottle
    uses: LastUses
    provider: Provider | None
    contact_roles: frozenset[Role]


def open_desk(settings: Settings, store: Store) -> SignInDesk:
    """The desk of these settings; nothing is asked of anybody yet."""
    provider = None
    if settings.oidc_issuer:
        provider = Provider(
            settings.oidc_issuer,
            settings.oidc_client_id,
            settings.oidc_client_secret.get_secret_value(),
            name=settings.oidc_name,
            trust_email=settings.oidc_trust_email,
        )
    roles = frozenset(Role(name) for name in settings.contact_roles.split(",") if name)
    return SignInDesk(
        Passwords(),
        SignInThrottle(settings.sign_in_attempts, store),
        CallerThrottle(settings.requests_per_minute),
        LastUses(),
        provider,
        roles,
    )
