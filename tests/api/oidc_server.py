"""A small OpenID provider on the loopback interface: approves everybody, checks the client as a real one does."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "beatplan-test", "a secret + with / odd = signs"


class OidcServer:
    """Who is at the provider's screen is `who`; `lies` are claims that replace its own."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, auto_kid=True)
        self.signing = self.key
        self.algorithm = "RS256"
        self.who = {"sub": "subject-1", "email": "dispatcher@example.com", "email_verified": True}
        self.lies: dict = {}
        self.email_by_userinfo = False
        self.userinfo_sub: str | None = None
        self.down = False
        self.codes: dict[str, dict] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                outer.get(self)

            def do_POST(self) -> None:
                outer.token(self)

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.http.server_port}"

    def get(self, request: BaseHTTPRequestHandler) -> None:
        asked = urlsplit(request.path)
        query = {name: values[0] for name, values in parse_qs(asked.query).items()}
        if self.down:
            return _say(request, 503, {})
        if asked.path == "/.well-known/openid-configuration":
            places = {
                "authorization_endpoint": "authorize",
                "token_endpoint": "token",
                "jwks_uri": "keys",
                "userinfo_endpoint": "userinfo",
            }
            return _say(
                request, 200, {"issuer": self.issuer, **{name: f"{self.issuer}/{at}" for name, at in places.items()}}
            )
        if asked.path == "/keys":
            return _say(request, 200, {"keys": [self.key.as_dict(private=False)]})
        if asked.path == "/userinfo":
            return _say(request, 200, {**self.who, "sub": self.userinfo_sub or self.who["sub"]})
        if asked.path == "/authorize" and query.get("client_id") == CLIENT and query.get("response_type") == "code":
            assert "openid" in query["scope"].split()
            assert query["code_challenge_method"] == "S256"
            code = secrets.token_urlsafe(8)
            self.codes[code] = query
            back = f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"
            request.send_response(302)
            request.send_header("Location", back)
            request.end_headers()
            return None
        return _say(request, 400, {"error": "invalid_request"})

    def token(self, request: BaseHTTPRequestHandler) -> None:
        sent = request.rfile.read(int(request.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(sent).items()}
        asked = self.codes.pop(form.get("code", ""), None)
        user = base64.b64decode(request.headers.get("Authorization", "").removeprefix("Basic ")).decode()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if user != f"{CLIENT}:{SECRET}":
            return _say(request, 401, {"error": "invalid_client"})
        if (
            asked is None
            or form["redirect_uri"] != asked["redirect_uri"]
            or challenge.decode().rstrip("=") != asked["code_challenge"]
        ):
            return _say(request, 400, {"error": "invalid_grant"})
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        claims |= {"sub": self.who["sub"]} if self.email_by_userinfo else self.who
        claims |= self.lies
        signed = jwt.encode({"alg": self.algorithm, "kid": self.key.kid}, claims, self.signing)
        return _say(
            request, 200, {"access_token": secrets.token_urlsafe(8), "token_type": "Bearer", "id_token": signed}
        )


def _say(request: BaseHTTPRequestHandler, status: int, body: dict) -> None:
    raw = json.dumps(body).encode()
    request.send_response(status)
    request.send_header("Content-Type", "application/json")
    request.send_header("Content-Length", str(len(raw)))
    request.end_headers()
    request.wfile.write(raw)


@contextmanager
def oidc_server() -> Iterator[OidcServer]:
    server = OidcServer()
    thread = threading.Thread(target=server.http.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.http.shutdown()
        server.http.server_close()
        thread.join()
