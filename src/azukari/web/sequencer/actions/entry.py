"""Appending to a log, inside the caller's transaction: the change and its entry stand or fall together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from django.db import transaction

from azukari.errors import LimitError, NotFoundError, StateError
from azukari.web.sequencer import hold, rows
from azukari.web.sequencer.models import ENTRY_BYTES, Log


def append(*, log_id: UUID, data: bytes, by: UUID, at: datetime) -> int:
    """Append an entry (at most 65,535 bytes, no personal data) and return its index, which has no gap before it.

    StateError outside a transaction or while the log is held (``hold``), LimitError for a larger entry, NotFoundError without such a log.
    """
    return append_many(log_id=log_id, entries=[data], by=by, at=at).start


def append_many(*, log_id: UUID, entries: Sequence[bytes], by: UUID, at: datetime) -> range:
    """Append entries in their order and return their indexes. Raises what ``append`` raises, for all or none.

    The log's row is locked until the caller's transaction ends, so keep that short: other writers wait. Whoever locks
    or changes other rows that several processes may want does so before, so that no two wait for each other.
    """
    if not transaction.get_connection().in_atomic_block:
        raise StateError("an entry is appended only inside the transaction of its change")
    if max(map(len, entries), default=0) > ENTRY_BYTES:
        raise LimitError(f"an entry is larger than {ENTRY_BYTES} bytes")
    hold.require_free(log_id)
    # On SQLite locking a row is a no-op: the transaction took the one write lock when it began. On PostgreSQL the lock
    # lets others refer to the row (no_key), so that a checkpoint can be signed meanwhile.
    if not Log.objects.select_for_update(no_key=True).filter(id=log_id).values_list("id").first():
        raise NotFoundError("there is no such log")
    first = rows.count(log_id)
    hashes = [sha256(b"\x00" + data).digest() for data in entries]  # leaf_hash, inlined: the call costs a third
    rows.insert_entries(log_id, first, entries, hashes, by, at)
    return range(first, first + len(entries))
