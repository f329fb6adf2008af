"""The indexes of a log that grows elsewhere: the newest are rebuilt from the leaves that came, and compared with what the log says."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from azukari.completeness.index_entry import INDEX, IndexEntry
from azukari.errors import FormatError, IndexRootError
from azukari.ledger.entry import canonical
from azukari.web.leaves import indexing
from azukari.web.leaves.actions.epoch import prune
from azukari.web.leaves.models import Epoch
from azukari.web.leaves.queries import epochs
from azukari.web.sequencer import queries as sequencer

_TYPED: Final = canonical({"type": INDEX})[1:-1]  # every entry of that type holds these bytes


def follow(*, log_id: UUID, by: UUID, at: datetime) -> IndexRootError | None:
    """Rebuild what is new of the newest indexes under the checkpoint that is shown, in the caller's transaction.

    Returns the error of one that the leaves do not lead to, or that cannot be read: it is shown to nobody, and those before
    stay. Raises StorageError, TileError.
    """
    log = sequencer.log(log_id)
    signed = sequencer.latest(log_id)
    last = Epoch.objects.filter(body_id=log.body).order_by("-size").first()
    start = 0 if last is None else last.entry_index + 1
    if signed is None or signed.size <= start:
        return None
    entries = enumerate(sequencer.entries(log_id, start, signed.size), start)
    found = [(index, data) for index, data in entries if _TYPED in data]
    try:
        for index, data in found[-epochs.KEPT :]:
            _take(log, index, data, by, at)
    except IndexRootError as error:
        return error
    finally:
        prune(body_id=log.body, log_id=log_id, by=by, at=at)
    return None


def _take(log: sequencer.LogInfo, index: int, data: bytes, by: UUID, at: datetime) -> None:
    try:
        claimed = IndexEntry.parse(data)
    except FormatError as error:
        raise IndexRootError(f"an index entry that cannot be read: {index}", index=index, kind="format") from error
    last = Epoch.objects.filter(body_id=log.body).order_by("-size").first()
    if claimed.size > index or (last is not None and claimed.size <= last.size):
        raise IndexRootError(f"an index entry that is out of order: {index}", index=index, kind="order")
    built = indexing.build(log.id, claimed.size, None if last is None else last.size)
    if (built.count, built.depth, built.root) != (claimed.count, claimed.depth, claimed.root):
        raise IndexRootError(f"an index entry that the leaves do not lead to: {index}", index=index, kind="root")
    indexing.write(log.id, claimed.size, built)
    Epoch.objects.create(
        body_id=log.body,
        size=claimed.size,
        count=claimed.count,
        depth=claimed.depth,
        root=claimed.root,
        entry_index=index,
        made_at=claimed.at,
        made_by=by,
    )
