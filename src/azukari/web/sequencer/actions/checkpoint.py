"""Integration: entries become tiles, and a checkpoint is signed, in one transaction for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction

from azukari.errors import NotFoundError, SignatureError, StateError, TileError
from azukari.fields.days import day_of
from azukari.ledger.checkpoint import Checkpoint, sign_checkpoint
from azukari.ledger.note import Signer
from azukari.ledger.tiles import TILE_WIDTH, TileReader, TileRow, new_tiles
from azukari.ledger.tree import EMPTY_ROOT, verify_consistency
from azukari.web.sequencer import edge, hold, queries, rows
from azukari.web.sequencer.models import Log, RetiredKey, SignedCheckpoint

STEP: Final = 16 * TILE_WIDTH
"""Most entries under one new checkpoint: a longer transaction would hold up other writers."""
TRIES: Final = 20
"""How often another writer may be first before this one gives up."""


def integrate(
    *,
    log_id: UUID,
    signers: Sequence[Signer],
    by: UUID,
    at: datetime,
    going_on: Callable[[], bool] = lambda: True,
) -> queries.Signed:
    """Sign checkpoints until all entries are covered, and return the last; with nothing new, the one there is.

    ``going_on`` is asked before each but the very first of a log; at a no, the last one so far is returned.

    For each: 1. Take the entries after the last checkpoint; their stored leaf hashes must be theirs. 2. Make the
    tile rows that change out of the stored hashes. 3. Compute the root once more from the entries' own bytes, by
    ``edge``. 4. Store the rows, read the root from what is stored now; it must be the same. 5. Prove that the last
    checkpoint is a prefix. 6. Sign, by every key in force. 7. Insert as the one successor of the last checkpoint.

    TileError or ProofError if anything differs: then nothing is signed and nothing written. SignatureError unless
    ``signers`` are the log's key and every key that it replaced and whose overlap lasts; StateError if other
    writers were first again and again, or the log is held (``hold``); NotFoundError without a log.
    """
    log = _log(log_id)
    hold.require_free(log_id)
    _check_signers(log, signers, at)
    signed, tries = queries.latest(log_id), TRIES
    while signed is None or (rows.count(log_id) > signed.size and going_on()):
        try:
            signed = _step(log, signers, by, at)
        except StateError:  # overtaken: what the other writer signed may cover all that we wanted
            tries -= 1
            if not tries:
                raise
            signed = queries.latest(log_id)
    return signed


def _log(log_id: UUID) -> Log:
    log = Log.objects.filter(id=log_id).first()
    if log is None:
        raise NotFoundError("there is no such log")
    return log


def _check_signers(log: Log, signers: Sequence[Signer], at: datetime) -> None:
    retired = RetiredKey.objects.filter(log=log, until__gte=day_of(at)).order_by("-id").values_list("vkey", flat=True)
    if [signer.vkey for signer in signers] != [log.vkey, *retired]:
        raise SignatureError("the signers are not those of the log")


def _step(log: Log, signers: Sequence[Signer], by: UUID, at: datetime) -> queries.Signed:
    """One checkpoint. Only steps 4 to 7 hold a lock: until then nothing is read that could still change."""
    last = SignedCheckpoint.objects.filter(log=log).order_by("-size").defer("note").first()
    old = last or SignedCheckpoint(size=0, previous_size=-1, root=EMPTY_ROOT, edge=b"")
    found = rows.read_entries(log.id, old.size, old.size + STEP)
    if last is not None and not found:
        raise _nothing_follows(log, old.size)
    # Once more, after the entries were read: one of them may be a change of keys that came in between.
    _check_signers(_log(log.id), signers, at)
    hashes = rows.verified_hashes(found, old.size)  # 1
    changed = new_tiles(old.size, rows.tile_reader(log.id), [row[2] for row in found])  # 2
    grown = _second_path(old, hashes)  # 3
    size = old.size + len(found)
    try:
        with transaction.atomic():
            root = _stored_root(log, old, size, changed, grown)  # 4, 5
            note = sign_checkpoint(Checkpoint(log.origin, size, root), signers)  # 6
            SignedCheckpoint.objects.create(  # 7
                log=log,
                body=log.body,
                size=size,
                previous_size=-1 if last is None else old.size,
                root=root,
                edge=grown,
                note=note,
                signed_at=at,
                signed_by=by,
            )
    except IntegrityError:
        raise StateError("another writer signed a checkpoint first") from None
    return queries.Signed(log.id, size, root, note, at)


def _nothing_follows(log: Log, size: int) -> TileError | StateError:
    """Why there is no entry after the last checkpoint, although there was one: signed meanwhile, or moved away."""
    if rows.count(log.id) > size:
        return TileError(f"entry {size} is missing", kind="missing", level="entries", index=size)
    return StateError("another writer signed a checkpoint first")


def _second_path(old: SignedCheckpoint, hashes: Sequence[bytes]) -> bytes:
    if edge.root(bytes(old.edge)) != bytes(old.root):
        raise TileError("the edge of the last checkpoint was altered", kind="edge-altered")
    return edge.grow(bytes(old.edge), old.size, hashes)


def _stored_root(log: Log, old: SignedCheckpoint, size: int, changed: Sequence[TileRow], grown: bytes) -> bytes:
    rows.store_tiles(log.id, log.body, changed)
    reader = TileReader(rows.tile_reader(log.id), size)
    root = reader.root()
    if edge.root(grown) != root:
        raise TileError("two ways to compute the root differ; nothing was signed", kind="root-differs")
    verify_consistency(old.size, bytes(old.root), size, root, reader.consistency_path(old.size))
    return root
