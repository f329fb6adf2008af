"""A small OpenID provider on loopback that signs real tokens; it checks what it is asked, and can be told to misbehave."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey, import_key

CLIENT = "azukari-test"
SECRET = "himitsu: to/be=encoded"
SUBJECT = "a7c1-minasoko-0001"


@cache
def signing_key() -> RSAKey:
    return RSAKey.generate_key(2048)


@cache
def other_key() -> RSAKey:
    return RSAKey.generate_key(2048)


@dataclass
class Provider:
    """What it knows of its one client, and how it misbehaves."""

    issuer: str = ""
    subject: str = SUBJECT
    client_jwk: dict[str, Any] | None = None
    said: dict[str, Any] = field(default_factory=dict)  # over the discovery document
    claims: dict[str, Any] = field(default_factory=dict)  # over those of a token; None takes one away
    sign: Callable[[Provider, dict[str, Any]], str] | None = None
    answer: dict[str, str | None] = field(default_factory=dict)  # over the parameters of an answer
    keys: list[dict[str, Any]] | None = None
    token: bytes | None = None  # instead of a token response
    grants: dict[str, dict[str, str]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def description(self) -> dict[str, Any]:
        told = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize?tenant=minasoko",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["private_key_jwt", "client_secret_basic"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
            "authorization_response_iss_parameter_supported": True,
        } | self.said
        return {name: value for name, value in told.items() if value is not None}

    def published(self) -> list[dict[str, Any]]:
        if self.keys is not None:
            return self.keys
        return [signing_key().as_dict(private=False) | {"kid": "one", "use": "sig"}]

    def authorize(self, asked: dict[str, str]) -> str:
        """The address to which a browser goes back; whoever is asked says yes."""
        assert asked["response_type"] == "code" and asked["client_id"] == CLIENT and asked["scope"] == "openid"
        assert asked["code_challenge_method"] == "S256" and asked["tenant"] == "minasoko"
        code = secrets.token_urlsafe(16)
        self.grants[code] = asked | {"subject": self.subject}
        given = {"code": code, "state": asked["state"], "iss": self.issuer} | self.answer
        return f"{asked['redirect_uri']}?{urlencode({k: v for k, v in given.items() if v is not None})}"

    def exchange(self, form: dict[str, str], authorization: str) -> bytes | None:
        """A token response, or None for a request that is refused."""
        grant = self.grants.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        for wrong, why in (
            (not self._known(form, authorization), "client"),
            (grant is None, "code"),
            (grant is not None and grant["redirect_uri"] != form.get("redirect_uri"), "redirect"),
            (grant is not None and grant["code_challenge"] != challenge.decode().rstrip("="), "pkce"),
        ):
            if wrong:
                self.refused.append(why)
                return None
        assert grant is not None
        return (
            self.token
            or json.dumps({"id_token": self.id_token(grant), "access_token": "a", "token_type": "Bearer"}).encode()
        )

    def id_token(self, grant: dict[str, str]) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "sub": grant["subject"], "iat": now, "exp": now + 300}
        claims |= {"nonce": grant["nonce"]} | self.claims
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.sign is not None:
            return self.sign(self, claims)
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, signing_key())

    def _known(self, form: dict[str, str], authorization: str) -> bool:
        if authorization:
            login, _, secret = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
            return (unquote(login), unquote(secret)) == (CLIENT, SECRET)
        if self.client_jwk is None:
            return False
        key = import_key({k: v for k, v in self.client_jwk.items() if k in ("kty", "n", "e", "crv", "x", "y")})
        shown = jwt.decode(form["client_assertion"], key, algorithms=[self.client_jwk["alg"]])
        claims, now = shown.claims, time.time()
        fits = claims["iss"] == claims["sub"] == CLIENT and claims["aud"] == f"{self.issuer}/token"
        fits = fits and now - 5 <= claims["iat"] <= now + 5 and now < claims["exp"] <= now + 65
        fits = fits and claims["jti"] not in self.seen and shown.header["kid"] == self.client_jwk["kid"]
        self.seen.add(claims["jti"])
        return fits


class _Handler(BaseHTTPRequestHandler):
    provider: Provider

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path.endswith("/.well-known/openid-configuration"):
            self._send(200, json.dumps(self.provider.description()).encode())
        elif parts.path == "/keys":
            self._send(200, json.dumps({"keys": self.provider.published()}).encode())
        elif parts.path == "/authorize":
            self.send_response(302)
            self.send_header("Location", self.provider.authorize(dict(parse_qsl(parts.query))))
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self._send(404, b"{}")

    def do_POST(self) -> None:
        form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        given = self.provider.exchange(form, self.headers.get("Authorization", ""))
        self._send(400 if given is None else 200, given or b'{"error":"invalid_grant"}')

    def _send(self, status: int, data: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: Any) -> None:
        pass


@contextmanager
def running() -> Iterator[Provider]:
    provider = Provider()
    handler = type("Handler", (_Handler,), {"provider": provider})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    provider.issuer = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def sent_back(address: str) -> str:
    """Go where the office sends a browser, and return the address, without its host, to which it is sent back."""
    parts = urlsplit(address)
    assert parts.hostname == "127.0.0.1"
    connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=10)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}")
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 302
        back = urlsplit(answer.headers["Location"])
    finally:
        connection.close()
    assert back.netloc == "testserver"
    return f"{back.path}?{back.query}"


# ---- Ways to sign a token that must not be taken ------------------------------------------------------------------


def unsigned(provider: Provider, claims: dict[str, Any]) -> str:
    return f"{_signed_part('none', claims)}."


def under_the_public_key(provider: Provider, claims: dict[str, Any]) -> str:
    """HS256, the secret being the provider's public key as everybody can write it; joserfc itself refuses to do this."""
    part, secret = _signed_part("HS256", claims), signing_key().as_pem(private=False)
    return f"{part}.{_plain(hmac.digest(secret, part.encode(), 'sha256'))}"


def _signed_part(algorithm: str, claims: dict[str, Any]) -> str:
    return ".".join(_plain(json.dumps(part).encode()) for part in ({"alg": algorithm, "kid": "one"}, claims))


def _plain(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def under_another_key(provider: Provider, claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "RS256", "kid": "one"}, claims, other_key())


def under_a_key_of_its_own(provider: Provider, claims: dict[str, Any]) -> str:
    header = {"alg": "RS256", "jwk": other_key().as_dict(private=False)}
    return jwt.encode(header, claims, other_key())


def with_an_unknown_key(provider: Provider, claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "RS256", "kid": "two"}, claims, signing_key())


def elliptic(provider: Provider, claims: dict[str, Any]) -> str:
    """ES256 under a fresh key that is published beside the other: this one is good."""
    key = ECKey.generate_key("P-256")
    provider.keys = [*provider.published(), key.as_dict(private=False) | {"kid": "ec"}]
    return jwt.encode({"alg": "ES256", "kid": "ec"}, claims, key)
