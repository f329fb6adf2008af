"""The wrapped secrets of this room."""

from __future__ import annotations

from typing import Final

from azukari.web.keyring.models import DerivationRoot
from azukari.web.keyring.queries import root_purpose
from azukari.web.wrapping import WrappedField

WRAPPED: Final = (WrappedField(DerivationRoot, "wrapped_root", lambda row: root_purpose(row.body_id)),)
