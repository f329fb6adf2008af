"""The wrapped secrets of this room."""

from __future__ import annotations

from typing import Final

from azukari.web.jobs.models import Upload
from azukari.web.jobs.uploads import purpose
from azukari.web.wrapping import WrappedField

WRAPPED: Final = (WrappedField(Upload, "wrapped_key", lambda row: purpose(row.id)),)
