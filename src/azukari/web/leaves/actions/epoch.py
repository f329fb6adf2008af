"""Making the index: all labels so far, and the entry that fixes its root (docs/spec/completeness.md, 6)."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from azukari.completeness.index_entry import IndexEntry
from azukari.errors import StateError
from azukari.web.leaves import files, indexing
from azukari.web.leaves.models import Bulk, Epoch, Single
from azukari.web.leaves.queries import epochs
from azukari.web.sequencer import queries as sequencer
from azukari.web.sequencer.actions import entry

EVERY: Final = timedelta(hours=1)


def make(*, body_id: UUID, by: UUID, at: datetime) -> int:
    """Index all leaves of the body's log, write the files, log the entry; returns the size that it is of.

    1. Count the entries; from here on the index is of these. 2. No bulk may have been under way then: some of its numbers
    were taken before, and their leaves came later. 3. Build, and write files that nobody reads yet. 4. The entry and
    its row, in one transaction; whoever was faster wins. StateError for 2 and 4; TileError, StorageError.
    """
    log, moment = sequencer.log_of(body_id), at.replace(microsecond=0)
    last = Epoch.objects.filter(body_id=body_id).order_by("-size").first()
    size = sequencer.count(log.id)  # 1
    if _under_way(body_id, size):  # 2
        raise StateError("the leaves of a hand-over are on their way; the index waits for them")
    if last is not None and moment < last.made_at:
        raise StateError("the clock is behind that of the last index")
    built = indexing.build(log.id, size, None if last is None else last.size)  # 3
    indexing.write(log.id, size, built)
    made = IndexEntry(at=moment, count=built.count, depth=built.depth, root=built.root, size=size)
    with transaction.atomic():  # 4
        index = entry.append(log_id=log.id, data=made.encode(), by=by, at=at)
        if Epoch.objects.filter(body_id=body_id).order_by("-size").first() != last:
            raise StateError("another process has just made an index")
        Epoch.objects.create(
            body_id=body_id,
            size=size,
            count=built.count,
            depth=built.depth,
            root=built.root,
            entry_index=index,
            made_at=moment,
            made_by=by,
        )
    prune(body_id=body_id, log_id=log.id, by=by, at=at)
    return size


def make_due(*, body_id: UUID, every: timedelta = EVERY, by: UUID, at: datetime) -> bool:
    """Make an index if the last is older than ``every``; False if none is due, or it must wait. Raises what `make` raises."""
    last = Epoch.objects.filter(body_id=body_id).order_by("-size").first()
    if last is not None and at - last.made_at < every:
        return False
    if last is None and not _anybody(body_id):
        return False
    try:
        make(body_id=body_id, by=by, at=at)
    except StateError:
        return False
    return True


def _under_way(body_id: UUID, size: int) -> bool:
    """Whether a bulk is open, or its last entry is not among the first ``size``: it ended since they were counted."""
    known = Bulk.objects.filter(body_id=body_id)
    return known.filter(Q(state=Bulk.State.OPEN) | Q(entry_index__gte=size)).exists()


def _anybody(body_id: UUID) -> bool:
    """Whether anybody has a leaf yet, of a hand-over or of an event alone."""
    return any(model.objects.filter(body_id=body_id).exists() for model in (Bulk, Single))


def prune(*, body_id: UUID, log_id: UUID, by: UUID, at: datetime) -> None:
    """Remove the files of older epochs, and what a crash left of one that was never logged."""
    kept = Epoch.objects.filter(body_id=body_id).order_by("-size").values_list("size", flat=True)[: epochs.KEPT]
    names = {str(size) for size in kept}
    for folder in _folders(files.epochs(log_id)):
        if folder.name not in names:
            shutil.rmtree(folder, ignore_errors=True)  # whoever reads it holds it open; the next one tries again


def _folders(above: Path) -> list[Path]:
    return [folder for folder in above.iterdir() if folder.is_dir()] if above.is_dir() else []
