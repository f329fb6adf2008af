"""The wrapped secrets of this room, but for those of one-time codes, which lie in allauth's table as text."""

from __future__ import annotations

from typing import Final

from azukari.web.accounts.models import SignInProvider
from azukari.web.accounts.queries import provider_purpose
from azukari.web.wrapping import WrappedField

WRAPPED: Final = (WrappedField(SignInProvider, "wrapped_secret", lambda row: provider_purpose(row.id)),)
