"""Bulk appends: many leaves in short transactions with pauses between them, so that no other writer is held up.

A batch is prepared, filled and finished. Its row says how far it got, in the same transaction as the leaves, so that a
process that was killed goes on exactly there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F

from azukari.errors import NotFoundError, OptionError, StateError
from azukari.web.sequencer import queries
from azukari.web.sequencer.actions import entry
from azukari.web.sequencer.models import Batch, BatchRun, Log

CHUNK: Final = 2_000
"""Most leaves that are appended at a time; of one transaction, too, but in a batch of more than ``MOST_RUNS`` such chunks."""
_LEAST: Final = 50
MOST_RUNS: Final = 2_500
"""Transactions of one batch at most, so that one entry can say where its leaves are (``azukari/leaves/v1``)."""
_HELD: Final = 0.006  # seconds that one transaction may hold the write lock while others want it
_PAUSE: Final = 1.0  # the pause after a transaction while others write, as a share of the time that it took
_GAP: Final = 0.0025  # seconds of a pause at least: whoever waits asks every millisecond (``web.sqlite``)
_WAITED: Final = 0.001  # seconds; whoever waits longer for the lock is not alone
_CROWDED: Final = 0.5  # seconds for which that is remembered

Read = Callable[[int, int], Sequence[bytes]]
"""Leaves of the batch from offset ``start`` on, at most ``count``; the same ones whenever it is asked."""


def prepare(*, log_id: UUID, total: int, by: UUID, at: datetime, batch_id: UUID | None = None) -> UUID:
    """Begin a batch of ``total`` leaves and return its id. OptionError for a negative number, NotFoundError."""
    if total < 0:
        raise OptionError("a batch has no negative number of leaves")
    log = queries.log(log_id)
    return Batch.objects.create(
        id=batch_id or uuid4(),
        log_id=log.id,
        body=log.body,
        status=Batch.Status.PREPARED,
        total=total,
        appended=0,
        prepared_at=at,
        prepared_by=by,
    ).id


def append_chunk(*, batch_id: UUID, offset: int, leaves: Sequence[bytes], by: UUID, at: datetime) -> range:
    """Append the next leaves of a batch, which start at ``offset``; returns their indexes in the log.

    StateError unless the batch is prepared, stands at this offset and has room for them: after a crash read
    ``queries.batch`` and go on there. Raises what ``entry.append_many`` raises.
    """
    if len(leaves) > CHUNK:
        raise OptionError(f"a chunk has at most {CHUNK} leaves")
    with transaction.atomic():
        batch = _prepared(batch_id)
        if offset != batch.appended or offset + len(leaves) > batch.total:
            raise StateError(f"the batch stands at {batch.appended} of {batch.total} leaves")
        indexes = entry.append_many(log_id=batch.log_id, entries=leaves, by=by, at=at)
        _note_run(batch, offset, indexes)
        batch.appended += len(leaves)
        batch.save(update_fields=["appended"])
    return indexes


def append_all(
    *,
    batch_id: UUID,
    read: Read,
    by: UUID,
    at: datetime,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Append all leaves that are still missing, from wherever the batch stands, politely.

    A chunk grows and shrinks so that one transaction holds the write lock for some milliseconds, and is followed
    by a pause in which others get it: a short one, or one as long as the transaction once others were met. Raises what
    ``append_chunk`` raises, StateError if ``read`` ends too early.
    """
    batch = queries.batch(batch_id)
    pace = _Pace(-(-batch.total // MOST_RUNS))
    offset = batch.appended
    while offset < batch.total:
        leaves = read(offset, min(pace.size, batch.total - offset))
        if not leaves:
            raise StateError(f"the leaves of the batch end at {offset} of {batch.total}")
        asked = time.monotonic()
        with transaction.atomic():
            _lock(batch_id)
            locked = time.monotonic()
            for first in range(0, len(leaves), CHUNK):
                chunk = leaves[first : first + CHUNK]
                append_chunk(batch_id=batch_id, offset=offset + first, leaves=chunk, by=by, at=at)
        offset += len(leaves)
        progress(offset, batch.total)
        time.sleep(pace.after(asked, locked, time.monotonic()))


def _lock(batch_id: UUID) -> None:
    """What an append locks, in its order: so that the wait for others can be told from the work."""
    log_id = _prepared(batch_id).log_id
    Log.objects.select_for_update(no_key=True).filter(id=log_id).values_list("id").first()


class _Pace:
    """一括記載の歩調。 How many leaves go into the next transaction, and how long the pause before it is."""

    def __init__(self, least: int) -> None:
        self.size = self._least = max(_LEAST, least)
        self._crowded = float("-inf")

    def after(self, asked: float, locked: float, done: float) -> float:
        """The pause in seconds after a transaction that asked for the lock, had it and was done at these moments."""
        if locked - asked > _WAITED:
            self._crowded = done
        if done - self._crowded >= _CROWDED:  # alone: fewer leaves would only mean more syncs
            self.size = max(CHUNK, self._least)
            return _GAP
        self.size = max(self._least, _next_size(self.size, done - locked))
        return max(_GAP, (done - locked) * _PAUSE)


def _next_size(size: int, held: float) -> int:
    """Half as many after a transaction that held the lock too long, a quarter more after a short one."""
    if held > _HELD:
        return max(_LEAST, size // 2)
    return min(CHUNK, size + size // 4) if held < _HELD / 2 else size


def release(*, batch_id: UUID, data: bytes, by: UUID, at: datetime) -> int:
    """The last, short transaction of a whole batch: log the entry that says so; returns its index.

    StateError unless the batch is prepared and has all its leaves.
    """
    return _finish(batch_id, Batch.Status.RELEASED, data, by=by, at=at)


def void(*, batch_id: UUID, data: bytes, by: UUID, at: datetime) -> int:
    """Give a batch up, with an entry that says so; its leaves stay where they are. StateError unless prepared."""
    return _finish(batch_id, Batch.Status.VOID, data, by=by, at=at)


def _finish(batch_id: UUID, status: str, data: bytes, *, by: UUID, at: datetime) -> int:
    with transaction.atomic():
        batch = _prepared(batch_id)
        if status == Batch.Status.RELEASED and batch.appended != batch.total:
            raise StateError(f"the batch stands at {batch.appended} of {batch.total} leaves")
        index = entry.append(log_id=batch.log_id, data=data, by=by, at=at)
        Batch.objects.filter(id=batch_id).update(status=status)
    return index


def _prepared(batch_id: UUID) -> Batch:
    batch = Batch.objects.select_for_update(no_key=True).filter(id=batch_id).first()
    if batch is None:
        raise NotFoundError("there is no such batch")
    if batch.status != Batch.Status.PREPARED:
        raise StateError(f"the batch is {batch.status} already")
    return batch


def _note_run(batch: Batch, offset: int, indexes: range) -> None:
    """Where the leaves stand; a chunk that follows the one before it directly makes that run longer."""
    if not indexes:
        return
    last = batch.runs.order_by("-offset").first()
    if last is not None and last.first + last.count == indexes.start:
        BatchRun.objects.filter(id=last.id).update(count=F("count") + len(indexes))
    else:
        BatchRun.objects.create(batch=batch, body=batch.body, offset=offset, first=indexes.start, count=len(indexes))
