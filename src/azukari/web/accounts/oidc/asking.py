"""The way to the provider: what a browser is sent with, and what is kept of it in the session until it comes back."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Self
from urllib.parse import urlencode

from authlib.oauth2.rfc7636 import create_s256_code_challenge

from azukari.errors import SignInError
from azukari.web.accounts.oidc.discovery import Metadata

LASTS: Final = timedelta(minutes=10)
SECRET_BYTES: Final = 32


@dataclass(frozen=True)
class Pending:
    """提供元へ行っている間の控え。 One way to a provider and back; good once, for ``LASTS``.

    ``purpose``: sign-in, link (``person`` links the account to themselves) or first (``invited``: the moment at which
    the invitation that was shown was made). ``at``: POSIX seconds.
    """

    provider: str
    purpose: str
    at: float
    person: str = ""
    invited: str = ""
    back: str = ""
    state: str = field(default_factory=lambda: secrets.token_urlsafe(SECRET_BYTES), repr=False)
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(SECRET_BYTES), repr=False)
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(SECRET_BYTES), repr=False)

    def kept(self) -> dict[str, Any]:
        """What the session keeps."""
        return asdict(self)

    @classmethod
    def of(cls, kept: Mapping[str, Any] | None, at: datetime) -> Self:
        """What the session kept; SignInError if it kept nothing, or for too long."""
        if kept is None:
            raise SignInError("nobody was sent to a provider from here")
        found = cls(**kept)
        if not 0 <= at.timestamp() - found.at <= LASTS.total_seconds():
            raise SignInError("it took too long")
        return found


def address(metadata: Metadata, client_id: str, redirect_uri: str, pending: Pending) -> str:
    """Where the browser goes (OpenID Connect Core 3.1.2.1, RFC 7636): the code flow, and ``openid`` is all it asks for."""
    asked = {
        "response_type": "code",
        "scope": "openid",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "state": pending.state,
        "nonce": pending.nonce,
        "code_challenge": create_s256_code_challenge(pending.verifier),
        "code_challenge_method": "S256",
    }
    page = metadata.authorization_endpoint
    return f"{page}{'&' if '?' in page else '?'}{urlencode(asked)}"
