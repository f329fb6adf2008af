"""What an access token looks like, and what is kept of one."""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

PREFIX: Final = "azukari_"
"""How a token begins, so that one that was left in a file is found and known for what it is."""


def new_token() -> str:
    """A token: the prefix and 256 random bits, base64url."""
    return PREFIX + secrets.token_urlsafe(32)


def digest_of(token: str) -> bytes:
    """What is kept of a token: SHA-256, 32 bytes."""
    return hashlib.sha256(token.encode()).digest()
