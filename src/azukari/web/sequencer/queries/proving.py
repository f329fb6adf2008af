"""Offline proofs out of tile rows, under checkpoints that may be shown."""

from __future__ import annotations

from uuid import UUID

from azukari.ledger.proof import Proof, encode_proof
from azukari.ledger.tiles import TileReader
from azukari.web.sequencer import rows
from azukari.web.sequencer.queries import witnessing


def proof(log_id: UUID, index: int, size: int | None = None, extra: bytes = b"", covering: int = 0) -> bytes:
    """A ``.tlog-proof`` of entry ``index`` against the newest checkpoint that may be shown, or that of ``size``.

    ``extra`` is carried along and NOT authenticated. ``covering``: the checkpoint is one of at least so many entries. NotFoundError without such a checkpoint, NotWitnessedError if
    too few witnesses have cosigned one that covers the entry, ProofError if that of ``size`` does not cover it,
    TileError for rows that are missing.
    """
    found = (
        witnessing.published(log_id, covering=max(index + 1, covering))
        if size is None
        else witnessing.cosigned(log_id, size)
    )
    path = TileReader(rows.tile_reader(log_id), found.size).inclusion_path(index)
    return encode_proof(Proof(index, tuple(path), found.note, extra))
