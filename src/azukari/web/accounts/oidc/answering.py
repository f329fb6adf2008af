"""The way back: an answer, a code, a token, an account. Steps are numbered as in docs/spec/sign-in.md.

No exception carries a code, a token or anything of the account.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from authlib.oauth2.rfc7523 import private_key_jwt_sign
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey, import_key

from azukari.errors import FormatError, SignInError
from azukari.stores.remote import call
from azukari.web.accounts.oidc.asking import Pending
from azukari.web.accounts.oidc.discovery import Metadata, got, parse_object

SKEW: Final = 120  # seconds by which the clocks of office and provider may differ
OLDEST: Final = 600  # seconds since a token was made; it is fetched at once
ASSERTION_LASTS: Final = 60  # seconds
SUBJECT_MAX: Final = 255  # ASCII characters, OpenID Connect Core 2
_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_PARTS: Final[tuple[str, ...]] = ("kty", "n", "e", "crv", "x", "y")
_RSA_BITS: Final = 2048


@dataclass(frozen=True)
class Client:
    """提供元から見たこの機関。 ``secret``: a PEM private key or a client secret."""

    client_id: str
    method: str
    algorithm: str
    secret: bytes = field(repr=False)


def code_of(answer: Mapping[str, str], pending: Pending, metadata: Metadata) -> str:
    """Steps 1-3: the code of an answer, if it is the answer to what was asked of this provider. SignInError."""
    if not hmac.compare_digest(answer.get("state", "").encode(), pending.state.encode()):
        raise SignInError("step 1: not the state that was sent")
    named = answer.get("iss")
    if named != metadata.issuer and (named is not None or metadata.names_itself):
        raise SignInError("step 2: another issuer answers")
    code = answer.get("code", "")
    if "error" in answer or not 0 < len(code) <= 4096 or "id_token" in answer or "access_token" in answer:
        raise SignInError("step 3: no code")
    return code


def token_of(code: str, pending: Pending, metadata: Metadata, client: Client, redirect_uri: str) -> str:
    """Step 4: the id token for a code. SignInError if the provider gives none, NotFoundError, FormatError, LimitError."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": pending.verifier,
    }
    headers: dict[str, str] = {}
    if client.method == "private_key_jwt":
        form |= {"client_id": client.client_id, "client_assertion_type": _TYPE}
        form["client_assertion"] = _assertion(client, metadata.token_endpoint)
    else:
        headers["Authorization"] = _basic(client)
    answer = call(metadata.token_endpoint, form, headers)
    if answer.status in (400, 401):
        raise SignInError("step 4: the provider refuses the code")
    token = parse_object(got(answer)).get("id_token")
    if not isinstance(token, str):
        raise FormatError("the provider gave no id token")
    return token


def keys_of(metadata: Metadata) -> list[dict[str, Any]]:
    """The public keys that the provider publishes, unverified. NotFoundError, FormatError, LimitError."""
    keys = parse_object(got(call(metadata.jwks_uri))).get("keys")
    if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
        raise FormatError("the provider's keys are no list")
    return keys


def subject_of(
    token: str, keys: list[dict[str, Any]], metadata: Metadata, client_id: str, nonce: str, at: datetime
) -> str:
    """Steps 5-9: the subject of an id token that holds (OpenID Connect Core 3.1.3.7). SignInError names the step."""
    header = _header(token)
    algorithm = header.get("alg")
    if algorithm not in metadata.algorithms or "crit" in header:
        raise SignInError("step 5: a signature that is not taken")
    key = _key(keys, header.get("kid"), str(algorithm))
    try:
        claims = jwt.decode(token, key, algorithms=[str(algorithm)]).claims
    except (JoseError, ValueError, TypeError, RecursionError):
        raise SignInError("step 6: the signature does not verify") from None
    _check(claims, header, metadata.issuer, client_id, nonce, int(at.timestamp()))
    return str(claims["sub"])


def _check(claims: dict[str, Any], header: dict[str, Any], issuer: str, client_id: str, nonce: str, now: int) -> None:
    if claims.get("iss") != issuer or claims.get("aud") not in (client_id, [client_id]):
        raise SignInError("step 7: a token of another issuer, or for somebody else")
    made, ends = claims.get("iat"), claims.get("exp")
    if type(made) is not int or type(ends) is not int or not now - OLDEST - SKEW <= made <= now + SKEW:
        raise SignInError("step 8: a token of another time")
    if ends + SKEW <= now:
        raise SignInError("step 8: a token that has ended")
    said = claims.get("nonce")
    if not isinstance(said, str) or not hmac.compare_digest(said.encode(), nonce.encode()):
        raise SignInError("step 9: not the nonce that was sent")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_MAX or not subject.isascii():
        raise SignInError("step 9: no subject")
    _check_rest(claims, header, client_id, now)


def _check_rest(claims: dict[str, Any], header: dict[str, Any], client_id: str, now: int) -> None:
    """What else OpenID Connect says of a token (azp, nbf, auth_time, amr), in Authlib's words."""
    try:
        CodeIDToken(claims, header, params={"client_id": client_id}).validate(now, SKEW)
    except (JoseError, ValueError, TypeError):
        raise SignInError("step 9: a claim that does not fit") from None


def _header(token: str) -> dict[str, Any]:
    first, dots = token.partition(".")[0], token.count(".")
    try:
        header = json.loads(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    except (ValueError, RecursionError):
        raise SignInError("step 5: no signed token") from None
    if dots != 2 or not isinstance(header, dict):
        raise SignInError("step 5: no signed token")
    return header


def _key(keys: list[dict[str, Any]], kid: object, algorithm: str) -> RSAKey | ECKey:
    """The one published key that fits; with several that do a token must say which."""
    fitting = [key for key in keys if _fits(key, algorithm) and (kid is None or key.get("kid") == kid)]
    if len(fitting) != 1:
        raise SignInError("step 6: no key of the provider, or several")
    parts: dict[str, Any] = {name: fitting[0][name] for name in _PARTS if name in fitting[0]}
    try:
        key = ECKey.import_key(parts) if algorithm == "ES256" else RSAKey.import_key(parts)
    except (JoseError, ValueError, TypeError):
        raise SignInError("step 6: a key that cannot be read") from None
    if isinstance(key, RSAKey) and key.public_key.key_size < _RSA_BITS:
        raise SignInError("step 6: a key that is too short")
    return key


def _fits(key: dict[str, Any], algorithm: str) -> bool:
    """Whether a published key may verify a signature of this algorithm."""
    kind, curve = ("EC", "P-256") if algorithm == "ES256" else ("RSA", key.get("crv"))
    meant = key.get("use", "sig") == "sig" and key.get("alg", algorithm) == algorithm
    return meant and (key.get("kty"), key.get("crv")) == (kind, curve)


def _assertion(client: Client, audience: str) -> str:
    key = import_key(client.secret, "EC" if client.algorithm == "ES256" else "RSA")
    signed: str = private_key_jwt_sign(
        key,
        client_id=client.client_id,
        token_endpoint=audience,
        alg=client.algorithm,
        header={"kid": key.thumbprint()},
        expires_in=ASSERTION_LASTS,
    )
    return signed


def _basic(client: Client) -> str:
    """RFC 6749, 2.3.1: both parts form-encoded first."""
    pair = f"{quote(client.client_id, safe='')}:{quote(client.secret.decode(), safe='')}"
    return "Basic " + base64.b64encode(pair.encode()).decode()
