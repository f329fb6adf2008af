"""What a provider says of itself (OpenID Connect Discovery 1.0, section 4), read anew each time: a changed key is seen."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from azukari.errors import FormatError, NotFoundError, OptionError, SignInError
from azukari.ledger.witnessing import Answer
from azukari.stores.remote import call, require_private

ALGORITHMS: Final = ("RS256", "PS256", "ES256")
"""Signatures of an id token that are taken: asymmetric ones, so that no key of ours or of theirs can be a secret."""
_PATH: Final = "/.well-known/openid-configuration"


@dataclass(frozen=True)
class Metadata:
    """提供元の自己紹介。 The checked part of a discovery document."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    algorithms: tuple[str, ...]
    names_itself: bool  # RFC 9207: every answer carries ``iss``


def discover(issuer: str, method: str) -> Metadata:
    """Fetch and check the description of ``issuer``; ``method`` is how the office will show who it is.

    NotFoundError if it cannot be reached, FormatError and LimitError for what is no description, SignInError for one
    that does not fit: of another issuer, without the code flow, PKCE S256, the method or a signature that is taken.
    """
    said = parse_object(got(call(issuer.rstrip("/") + _PATH)))
    if said.get("issuer") != issuer:
        raise SignInError("the provider's description names another issuer")
    _require(said, "response_types_supported", "code", ())
    _require(said, "code_challenge_methods_supported", "S256", ("S256",))  # some leave it out and do it all the same
    _require(said, "token_endpoint_auth_methods_supported", method, ("client_secret_basic",))
    taken = tuple(name for name in ALGORITHMS if name in _list(said, "id_token_signing_alg_values_supported", ()))
    if not taken:
        raise SignInError("the provider signs with nothing that is taken")
    token, keys = (_address(said, name) for name in ("token_endpoint", "jwks_uri"))
    names_itself = said.get("authorization_response_iss_parameter_supported") is True
    return Metadata(issuer, _page(said), token, keys, taken, names_itself)


def got(answer: Answer) -> bytes:
    """The body of an answer 200; NotFoundError for any other status."""
    if answer.status != 200:
        raise NotFoundError(f"the provider answers {answer.status}")
    return answer.body


def parse_object(data: bytes) -> dict[str, Any]:
    """A JSON object, or FormatError."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise FormatError("the provider's answer is no JSON") from None
    if not isinstance(found, dict):
        raise FormatError("the provider's answer is no JSON object")
    return found


def _list(said: Mapping[str, Any], name: str, default: tuple[str, ...]) -> list[str]:
    found = said.get(name, list(default))
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise FormatError(f"{name} is no list of words")
    return found


def _require(said: Mapping[str, Any], name: str, wanted: str, default: tuple[str, ...]) -> None:
    if wanted not in _list(said, name, default):
        raise SignInError(f"the provider does not offer {wanted}")


def _text(said: Mapping[str, Any], name: str) -> str:
    found = said.get(name)
    if not isinstance(found, str):
        raise FormatError(f"{name} is missing")
    return found


def _address(said: Mapping[str, Any], name: str) -> str:
    """Where this machine itself will call."""
    found = _text(said, name)
    try:
        require_private(found)
    except OptionError:
        raise FormatError(f"{name} is no address that is called") from None
    return found


def _page(said: Mapping[str, Any]) -> str:
    """Where a browser is sent; alone of the addresses it may have a query of its own."""
    found = _text(said, "authorization_endpoint")
    try:
        require_private(found.partition("?")[0])
    except OptionError:
        raise FormatError("authorization_endpoint is no address that a browser is sent to") from None
    if urlsplit(found).fragment or not found.isascii() or not found.isprintable() or " " in found:
        raise FormatError("authorization_endpoint is no address")
    return found
