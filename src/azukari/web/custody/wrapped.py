"""The wrapped secrets of this room."""

from __future__ import annotations

from typing import Final

from azukari.web.custody import vault
from azukari.web.custody.models import Consignment, Document, HandOver, Party, Snapshot
from azukari.web.custody.queries import documents
from azukari.web.wrapping import WrappedField

WRAPPED: Final = (
    WrappedField(Party, "wrapped_challenge", lambda row: vault.challenge_purpose(row.id)),
    WrappedField(Snapshot, "wrapped_index_key", lambda row: vault.index_purpose(row.id)),
    WrappedField(HandOver, "wrapped_key", lambda row: vault.hand_over_purpose(row.id)),
    WrappedField(HandOver, "wrapped_data_key", lambda row: vault.record_purpose(row.id)),
    WrappedField(Consignment, "wrapped_seed", lambda row: vault.seed_purpose(row.id)),
    WrappedField(Document, "wrapped_key", lambda row: documents.purpose(row.id)),
)
