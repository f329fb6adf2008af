"""The wrapped secrets of this room."""

from __future__ import annotations

from typing import Final

from azukari.web.citizens.models import Citizen
from azukari.web.citizens.vault import purpose
from azukari.web.wrapping import WrappedField

WRAPPED: Final = (WrappedField(Citizen, "wrapped_keys", lambda row: purpose(row.id)),)
