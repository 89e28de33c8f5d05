"""How often somebody may try to sign in, and how often a caller may call.

Attempts to sign in are counted in the database, for all processes of the service together. Requests are counted in the
memory of each process: a write to the database for every read would cost more than the read.
"""

from __future__ import annotations

import ipaddress
import math
import time
from dataclasses import dataclass

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from api.auth.shared_counts import SharedCounts
from api.errors import ApiError
from visits.store import Store

WINDOW_MINUTES = 15
ADDRESS_FACTOR = 30
"""An address may try so many times as often as one person from there: a whole office may share it."""
NAME_FACTOR = 5
"""So many times as often may one person be tried from everywhere; one address alone cannot lock them out."""


@dataclass(frozen=True, slots=True)
class _Rule:
    item: RateLimitItem
    identifiers: tuple[str, ...]


class SignInThrottle:
    """Counts attempts to sign in. `attempts` are allowed per person and address in 15 minutes."""

    def __init__(self, attempts: int, store: Store) -> None:
        self._limiter = FixedWindowRateLimiter(SharedCounts(store))
        self._pair, self._name, self._address = (
            RateLimitItemPerMinute(attempts * factor, WINDOW_MINUTES, namespace)
            for factor, namespace in ((1, "pair"), (NAME_FACTOR, "name"), (ADDRESS_FACTOR, "address"))
        )

    def attempt(self, address: str, name: str | None = None) -> None:
        """Count an attempt from an address, at a person where one is named. Raises ApiError 429 when it is too many.

        It is counted before anything is checked, so that attempts at the same moment count too. Writes to the
        database: call it in a thread. Raises StoreError.
        """
        origin = network_of(address)
        rules = [_Rule(self._address, (origin,))]
        if name is not None:
            rules = [_Rule(self._pair, (origin, name)), _Rule(self._name, (name,)), *rules]
        for rule in rules:
            if not self._limiter.hit(rule.item, *rule.identifiers):
                reset = self._limiter.get_window_stats(rule.item, *rule.identifiers).reset_time
                raise _too_many("attempts to sign in", reset)

    def succeeded(self, address: str, name: str) -> None:
        """Forget the attempts of a person from an address: they are who they say."""
        self._limiter.clear(self._pair, network_of(address), name)


class CallerThrottle:
    """Counts the requests of each signed-in caller; `per_minute` 0 lets all pass."""

    def __init__(self, per_minute: int) -> None:
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._item = RateLimitItemPerMinute(per_minute, namespace="calls") if per_minute else None

    def call(self, caller: str) -> None:
        """Count one request. Raises ApiError 429 when it is one too many for this minute."""
        if self._item is not None and not self._limiter.hit(self._item, caller):
            raise _too_many("requests", self._limiter.get_window_stats(self._item, caller).reset_time)


def _too_many(what: str, reset: float) -> ApiError:
    seconds = max(1, math.ceil(reset - time.time()))
    return ApiError(
        429, f"Too many {what}; wait {seconds} seconds and try again.", headers={"Retry-After": str(seconds)}
    )


def network_of(address: str) -> str:
    """What counts as one origin: an IPv4 address, or the /64 network of an IPv6 address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
