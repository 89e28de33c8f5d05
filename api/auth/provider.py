"""Sign-in at an OpenID Connect provider: the code flow with PKCE, state and nonce, by authlib."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from routing.errors import BeatplanError

log = logging.getLogger("beatplan.api")
TIMEOUT_S = 10.0
FRESH_S = 3600.0
"""How long the provider's description and keys are taken as they were."""
LEEWAY_S = 60
"""How far the provider's clock may be from ours."""
SIGNATURES = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""Signatures by a key that only the provider has; never `none`, never one by a shared secret."""
_NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri", "issuer")


class ProviderError(BeatplanError):
    """The OpenID provider does not answer, or answers what it must not."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the provider says it is. `subject` is unique over all providers; `email` only where it is verified."""

    subject: str
    email: str | None


class Provider:
    """One OpenID provider, found by its issuer. Safe to share between threads. It is asked when first needed."""

    def __init__(
        self, issuer: str, client_id: str, client_secret: str, *, name: str = "", trust_email: bool = False
    ) -> None:
        self.name = name or issuer.partition("://")[2].partition("/")[0]
        self._issuer = issuer
        self._client_id = client_id
        self._secret = client_secret or None
        self._trust_email = trust_email
        self._lock = threading.Lock()
        self._known: tuple[float, dict[str, Any], KeySet] | None = None

    def depart(self, state: str, redirect_uri: str, nonce: str, code_verifier: str) -> str:
        """The address that the browser goes to. Raises ProviderError."""
        described, _ = self._description()
        url, _ = self._session(described, redirect_uri).create_authorization_url(
            described["authorization_endpoint"], state=state, nonce=nonce, code_verifier=code_verifier
        )
        return str(url)

    def identify(self, code: str, redirect_uri: str, nonce: str, code_verifier: str) -> Identity:
        """Who came back with this code. Raises ProviderError when the provider's answer does not hold."""
        described, keys = self._description()
        try:
            with self._session(described, redirect_uri) as session:
                tokens = session.fetch_token(
                    described["token_endpoint"],
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=code_verifier,
                    redirect_uri=redirect_uri,
                    timeout=TIMEOUT_S,
                )
                claims = self._claims(tokens, keys, nonce)
                if "email" not in claims and "userinfo_endpoint" in described:
                    claims = {**_userinfo(session, described["userinfo_endpoint"], claims["sub"]), **claims}
        except (AuthlibBaseError, JoseError, requests.RequestException, ValueError, TypeError, KeyError) as error:
            log.warning("sign-in at %s failed: %s: %s", self.name, type(error).__name__, error)
            raise ProviderError(f"{self.name} did not confirm who you are; try again") from error
        email = claims.get("email")
        verified = claims.get("email_verified") is True or self._trust_email
        return Identity(f"{self._issuer} {claims['sub']}", email if isinstance(email, str) and verified else None)

    def _claims(self, tokens: Mapping[str, Any], keys: KeySet, nonce: str) -> dict[str, Any]:
        """The claims of the ID token, each checked. Raises JoseError, ValueError, KeyError, TypeError."""
        raw = tokens["id_token"]
        try:
            token = jwt.decode(raw, keys, algorithms=SIGNATURES)
        except (JoseError, ValueError):
            _, fresh = self._description(anew=True)  # the provider may have changed its keys since
            token = jwt.decode(raw, fresh, algorithms=SIGNATURES)
        claims = CodeIDToken(
            token.claims,
            token.header,
            {
                "iss": {"essential": True, "value": self._issuer},
                "aud": {"essential": True, "value": self._client_id},
                "sub": {"essential": True},
                "exp": {"essential": True},
                "nonce": {"essential": True, "value": nonce},
            },
            {"nonce": nonce, "client_id": self._client_id, "access_token": tokens.get("access_token")},
        )
        claims.validate(leeway=LEEWAY_S)
        if not isinstance(claims["sub"], str) or not claims["sub"]:
            raise ValueError("sub is no text")
        return dict(claims)

    def _session(self, described: Mapping[str, Any], redirect_uri: str) -> OAuth2Session:
        offered = described.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        way = "client_secret_basic" if "client_secret_basic" in offered else "client_secret_post"
        return OAuth2Session(
            self._client_id,
            self._secret,
            token_endpoint_auth_method=way if self._secret else "none",
            scope="openid email profile",
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
        )

    def _description(self, *, anew: bool = False) -> tuple[dict[str, Any], KeySet]:
        """The provider's own description and its keys. Raises ProviderError."""
        with self._lock:
            if self._known is not None and not anew and time.monotonic() - self._known[0] < FRESH_S:
                return self._known[1], self._known[2]
            try:
                described = _described(self._issuer)
                keys = KeySet.import_key_set(_fetch(described["jwks_uri"]))  # type: ignore[arg-type]  # checked inside
            except (requests.RequestException, JoseError, ValueError, TypeError, KeyError) as error:
                log.warning("the OpenID provider %s: %s", self._issuer, error)
                raise ProviderError(
                    f"{self.name} cannot be asked now; try again in a moment, or sign in another way"
                ) from error
            self._known = (time.monotonic(), described, keys)
            return described, keys


def new_secrets() -> tuple[str, str]:
    """A fresh nonce and PKCE code verifier."""
    return generate_token(32), generate_token(64)


def _described(issuer: str) -> dict[str, Any]:
    """What the provider says of itself, by OpenID Connect Discovery. Raises RequestException, ValueError, TypeError."""
    found = _fetch(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    missing = [name for name in _NEEDED if not isinstance(found.get(name), str)]
    if missing or found["issuer"] != issuer:
        raise ValueError(f"its description lacks {missing}" if missing else "it calls itself otherwise")
    return found


def _fetch(url: str) -> dict[str, Any]:
    reply = requests.get(url, timeout=TIMEOUT_S)
    reply.raise_for_status()
    found = reply.json()
    if not isinstance(found, dict):
        raise TypeError("no JSON object")
    return found


def _userinfo(session: OAuth2Session, url: str, subject: str) -> dict[str, Any]:
    """What the provider tells of the same subject; nothing where it tells of another."""
    reply = session.get(url, timeout=TIMEOUT_S)
    reply.raise_for_status()
    told = reply.json()
    return dict(told) if isinstance(told, dict) and told.get("sub") == subject else {}
