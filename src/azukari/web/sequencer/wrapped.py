"""The wrapped secrets of this room."""

from __future__ import annotations

from typing import Final

from azukari.web.sequencer.models import Log, RetiredKey
from azukari.web.sequencer.queries.signing import purpose
from azukari.web.wrapping import WrappedField

WRAPPED: Final = (
    WrappedField(Log, "wrapped_key", lambda row: purpose(row.id)),
    WrappedField(RetiredKey, "wrapped_key", lambda row: purpose(row.log_id)),
)
