"""The wrapped secrets of this room."""

from __future__ import annotations

from typing import Final

from azukari.web.custody.models import Document
from azukari.web.custody.queries import documents
from azukari.web.wrapping import WrappedField

WRAPPED: Final = (WrappedField(Document, "wrapped_key", lambda row: documents.purpose(row.id)),)
