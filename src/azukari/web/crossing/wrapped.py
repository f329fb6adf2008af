"""The wrapped secrets of this room."""

from __future__ import annotations

from typing import Final

from azukari.web.crossing.models import Peer
from azukari.web.crossing.vault import identity_purpose
from azukari.web.wrapping import WrappedField

WRAPPED: Final = (WrappedField(Peer, "wrapped_identity", lambda row: identity_purpose(row.body)),)
