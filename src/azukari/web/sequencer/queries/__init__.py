"""Reading the ledger: logs, entries, checkpoints, batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from azukari.errors import NotFoundError, TileError
from azukari.ledger.bundles import BUNDLE_ENTRIES, encode_bundle
from azukari.ledger.tiles import TileReader
from azukari.web.sequencer import rows
from azukari.web.sequencer.models import Batch, BatchRun, Log, SignedCheckpoint


@dataclass(frozen=True)
class LogInfo:
    """台帳。 A log; ``wrapped_key`` is its signing seed, wrapped for the purpose ``log/<id>/key``; empty in a mirror."""

    id: UUID
    body: UUID
    origin: str
    vkey: str
    wrapped_key: bytes = field(repr=False)

    @property
    def signs(self) -> bool:
        """Whether it grows here; a mirror of one that grows elsewhere signs nothing."""
        return bool(self.wrapped_key)


@dataclass(frozen=True)
class Signed:
    """署名済みチェックポイント。 Size in entries, root (32 bytes), signed note, moment of signing."""

    log: UUID
    size: int
    root: bytes
    note: bytes
    signed_at: datetime


@dataclass(frozen=True)
class BatchInfo:
    """一括記載。 Status, leaves in all and appended so far, and runs of them as (offset, first index, count)."""

    id: UUID
    log: UUID
    status: str
    total: int
    appended: int
    runs: tuple[tuple[int, int, int], ...]


def log(log_id: UUID) -> LogInfo:
    """The log of this id, or NotFoundError."""
    return _log(Log.objects.filter(id=log_id).first())


def log_of(body_id: UUID) -> LogInfo:
    """The one log of a body, or NotFoundError."""
    return _log(Log.objects.filter(body=body_id).first())


def log_at(origin: str) -> LogInfo:
    """The log of this origin, or NotFoundError."""
    return _log(Log.objects.filter(origin=origin).first())


def latest(log_id: UUID) -> Signed | None:
    """The newest checkpoint; None before the first."""
    row = SignedCheckpoint.objects.filter(log_id=log_id).order_by("-size").first()
    return None if row is None else _signed(row)


def checkpoint(log_id: UUID, size: int | None = None) -> Signed:
    """The checkpoint of this size, or the newest; NotFoundError if none was signed."""
    found = SignedCheckpoint.objects.filter(log_id=log_id).order_by("-size")
    row = (found if size is None else found.filter(size=size)).first()
    if row is None:
        raise NotFoundError("no checkpoint of this size was signed")
    return _signed(row)


def checkpoints(log_id: UUID) -> Iterator[Signed]:
    """All checkpoints, smallest first."""
    return map(_signed, SignedCheckpoint.objects.filter(log_id=log_id).order_by("size").iterator())


def count(log_id: UUID) -> int:
    """Number of entries, also those that no checkpoint covers yet."""
    return rows.count(log_id)


def entry(log_id: UUID, index: int) -> bytes:
    """The bytes of one entry, or NotFoundError."""
    found = rows.read_entries(log_id, index, index + 1)
    if not found:
        raise NotFoundError(f"the log has no entry {index}")
    return found[0][1]


def entries(log_id: UUID, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
    """The bytes of the entries from ``start`` to before ``stop`` (None: to the end), in order."""
    found = rows.stream_entries(log_id, start, rows.count(log_id) if stop is None else stop)
    return (data for _, data, _ in found)


def bundle(log_id: UUID, index: int, width: int) -> bytes:
    """The first ``width`` (1..256) entries of bundle ``index`` (C2SP tlog-tiles), made from the entry rows.

    TileError of kind ``missing`` if the log does not hold them all.
    """
    start = index * BUNDLE_ENTRIES
    found = [data for _, data, _ in rows.read_entries(log_id, start, start + width)]
    if len(found) != width:
        raise TileError(f"entry {start + len(found)} is missing", kind="missing", level="entries", index=index)
    return encode_bundle(found)


def batch(batch_id: UUID) -> BatchInfo:
    """How far a bulk append has come, and where its leaves stand; NotFoundError."""
    row = Batch.objects.filter(id=batch_id).first()
    if row is None:
        raise NotFoundError("there is no such batch")
    runs = row.runs.order_by("offset").values_list("offset", "first", "count")
    return BatchInfo(row.id, row.log_id, row.status, row.total, row.appended, tuple(runs))


def has_batch(batch_id: UUID) -> bool:
    """Whether a bulk append of this id was prepared."""
    return Batch.objects.filter(id=batch_id).exists()


def batch_at(log_id: UUID, index: int) -> UUID | None:
    """The bulk append to which the entry at ``index`` belongs, if it belongs to one."""
    run = BatchRun.objects.filter(batch__log_id=log_id, first__lte=index).order_by("-first").first()
    return run.batch_id if run is not None and index < run.first + run.count else None


def inclusion(log_id: UUID, index: int, size: int) -> list[bytes]:
    """The inclusion path of an entry under the checkpoint of ``size`` (RFC 9162 2.1.3). ProofError, TileError."""
    return TileReader(rows.tile_reader(log_id), size).inclusion_path(index)


def consistency(log_id: UUID, old: int, new: int) -> list[bytes]:
    """The consistency path between two sizes, old <= new <= entries under a checkpoint (RFC 9162 2.1.4)."""
    return TileReader(rows.tile_reader(log_id), new).consistency_path(old)


def _log(row: Log | None) -> LogInfo:
    if row is None:
        raise NotFoundError("there is no such log")
    return LogInfo(row.id, row.body, row.origin, row.vkey, bytes(row.wrapped_key or b""))


def _signed(row: SignedCheckpoint) -> Signed:
    return Signed(row.log_id, row.size, bytes(row.root), bytes(row.note), row.signed_at)
