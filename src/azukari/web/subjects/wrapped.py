"""The wrapped secrets of this room."""

from __future__ import annotations

from typing import Final

from azukari.web.subjects.models import Subject
from azukari.web.subjects.queries import key_purpose
from azukari.web.wrapping import WrappedField

WRAPPED: Final = (WrappedField(Subject, "wrapped_key", lambda row: key_purpose(row.id)),)
