"""Integration: entries become tiles, and a checkpoint is signed, all in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from azukari.errors import NotFoundError, SignatureError, StateError, TileError
from azukari.ledger.bundles import BUNDLE_ENTRIES, parse_bundle
from azukari.ledger.checkpoint import Checkpoint, sign_checkpoint
from azukari.ledger.note import Signer
from azukari.ledger.tiles import TileReader, TileRow
from azukari.ledger.tree import EMPTY_ROOT, leaf_hash, verify_consistency
from azukari.web.sequencer import edge, queries, rows
from azukari.web.sequencer.models import BUNDLES, Entry, Log, SignedCheckpoint


def integrate(*, log_id: UUID, signer: Signer, by: UUID, at: datetime) -> queries.Signed:
    """Sign a checkpoint over all entries and return it; with nothing new, the last one.

    1. Take the entries after the last checkpoint; their stored leaf hashes must be theirs. 2. Write the rows
    that change. 3. Compute the root from the stored rows. 4. Compute it again from the bundles just written,
    by ``edge``. 5. Prove that the last checkpoint is a prefix. 6. Sign. 7. Insert as the one successor of the
    last checkpoint. TileError or ProofError if anything differs: then nothing is signed and nothing written.
    SignatureError for another log's key, StateError if another writer was first, NotFoundError without a log.
    """
    with transaction.atomic():
        log = _lock(log_id, signer)
        last = SignedCheckpoint.objects.filter(log=log).order_by("-size").first()
        old = last or SignedCheckpoint(size=0, previous_size=-1, root=EMPTY_ROOT, edge=b"")
        entries = _entries_from(log, old.size)  # 1
        if last is None or entries:
            _insert(_next(log, old, last is None, entries, signer), by, at)
    return queries.checkpoint(log_id)


def _lock(log_id: UUID, signer: Signer) -> Log:
    log = Log.objects.select_for_update().filter(id=log_id).first()
    if log is None:
        raise NotFoundError("there is no such log")
    if log.vkey != signer.vkey:
        raise SignatureError("the signer is not that of the log")
    return log


def _entries_from(log: Log, start: int) -> list[bytes]:
    found = Entry.objects.filter(log=log, index__gte=start).order_by("index")
    entries = []
    for position, row in enumerate(found.values_list("index", "data", "leaf_hash").iterator(), start=start):
        index, data, stored = row[0], bytes(row[1]), bytes(row[2])
        if index != position:
            raise TileError(f"entry {position} is missing", kind="missing", level="entries", index=position)
        if leaf_hash(data) != stored:
            raise TileError(f"entry {index} was altered", kind="entry-altered", level="entries", index=index)
        entries.append(data)
    return entries


def _next(log: Log, old: SignedCheckpoint, first: bool, entries: Sequence[bytes], signer: Signer) -> SignedCheckpoint:
    size = old.size + len(entries)
    changed = rows.changed_rows(log.id, old.size, entries)
    rows.store(log.id, log.body, changed)  # 2
    reader = TileReader(rows.tile_reader(log.id), size)
    root = reader.root()  # 3
    grown = _second_path(old, changed)  # 4
    if edge.root(grown) != root:
        raise TileError("two ways to compute the root differ; nothing was signed", kind="root-differs")
    verify_consistency(old.size, bytes(old.root), size, root, reader.consistency_path(old.size))  # 5
    note = sign_checkpoint(Checkpoint(log.origin, size, root), [signer])  # 6
    previous = -1 if first else old.size
    return SignedCheckpoint(log=log, body=log.body, size=size, previous_size=previous, root=root, edge=grown, note=note)


def _second_path(old: SignedCheckpoint, changed: Sequence[TileRow]) -> bytes:
    """From the bundle bytes that were handed to storage, after the entries of the last checkpoint."""
    if edge.root(bytes(old.edge)) != bytes(old.root):
        raise TileError("the edge of the last checkpoint was altered", kind="edge-altered")
    written = [entry for row in changed if row.level == BUNDLES for entry in parse_bundle(row.data)]
    return edge.grow(bytes(old.edge), old.size, written[old.size % BUNDLE_ENTRIES :])


def _insert(signed: SignedCheckpoint, by: UUID, at: datetime) -> None:
    signed.signed_at, signed.signed_by = at, by
    try:
        with transaction.atomic():
            signed.save(force_insert=True)  # 7
    except IntegrityError:
        raise StateError("another writer signed a checkpoint first") from None
