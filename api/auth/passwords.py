"""Passwords: Argon2id hashes, made and checked beside the event loop, few at a time because each takes 64 MB."""

from __future__ import annotations

import anyio
import anyio.to_thread
from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError

from visits.errors import InputError

SHORTEST, LONGEST = 10, 200
_AT_ONCE = 2


class Passwords:
    """Hashes and checks passwords. `absent` is a hash that no password fits, for people who have none."""

    def __init__(self) -> None:
        self._scheme = PasswordHash.recommended()
        self._slots = anyio.CapacityLimiter(_AT_ONCE)
        self._absent: str | None = None

    def hash(self, password: str) -> str:
        """The hash to store. Takes a third of a second of one core."""
        return self._scheme.hash(password)

    def check(self, password: str, stored: str | None) -> str | None:
        """The hash to keep from now on (another where its cost is out of date); None when the password is wrong.

        Without a stored hash it takes as long as with one, so that the time does not tell who is known.
        """
        try:
            fits, renewed = self._scheme.verify_and_update(password, stored or self._nobody())
        except UnknownHashError:
            return None
        return (renewed or stored) if fits and stored is not None else None

    async def hash_aside(self, password: str) -> str:
        """`hash` in a thread of its own kind, so that requests that wait for it hold no other's thread."""
        return await anyio.to_thread.run_sync(self.hash, password, limiter=self._slots)

    async def check_aside(self, password: str, stored: str | None) -> str | None:
        """`check` in such a thread."""
        return await anyio.to_thread.run_sync(self.check, password, stored, limiter=self._slots)

    def _nobody(self) -> str:
        if self._absent is None:
            self._absent = self._scheme.hash("nobody has this one")
        return self._absent


def require_good(password: str, email: str) -> None:
    """Raises InputError for a password that is too short, too long, or as good as written on the door."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise InputError(f"password has {len(password)} characters; choose {SHORTEST} to {LONGEST}")
    if not password.isprintable():
        raise InputError("password holds characters that cannot be typed; choose others")
    if password.lower() in {email.lower(), email.lower().partition("@")[0] * 2} or len(set(password)) < 4:
        raise InputError("password is too easy to guess; choose several words that do not belong together")
