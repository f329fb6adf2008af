"""Appending to a log, inside the caller's transaction: the change and its entry stand or fall together."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from azukari.errors import LimitError, NotFoundError, StateError
from azukari.ledger.tree import leaf_hash
from azukari.web.sequencer import queries
from azukari.web.sequencer.models import ENTRY_BYTES, Entry, Log


def append(*, log_id: UUID, data: bytes, by: UUID, at: datetime) -> int:
    """Append an entry (at most 65,535 bytes, no personal data) and return its index, which has no gap before it.

    StateError outside a transaction, LimitError for a larger entry, NotFoundError without such a log.
    """
    if not transaction.get_connection().in_atomic_block:
        raise StateError("an entry is appended only inside the transaction of its change")
    if len(data) > ENTRY_BYTES:
        raise LimitError(f"an entry is larger than {ENTRY_BYTES} bytes")
    log = Log.objects.select_for_update().filter(id=log_id).first()  # a no-op in SQLite: IMMEDIATE locks
    if log is None:
        raise NotFoundError("there is no such log")
    index = queries.count(log_id)
    Entry.objects.create(
        log=log,
        body=log.body,
        index=index,
        data=data,
        leaf_hash=leaf_hash(data),
        appended_at=at,
        appended_by=by,
    )
    return index
