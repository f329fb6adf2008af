"""What of a log is to be shown elsewhere: its newest state that may be shown, and what leads there from an older one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from azukari.errors import NotFoundError, NotWitnessedError
from azukari.ledger.monitor import encode_hashes
from azukari.ledger.proof import Proof, encode_proof
from azukari.ledger.tiles import TILE_WIDTH, TileReader
from azukari.web.sequencer import rows
from azukari.web.sequencer.models import RetiredKey, SignedCheckpoint
from azukari.web.sequencer.queries import Signed
from azukari.web.sequencer.queries.witnessing import cosigned, published

PIECE_BYTES: Final = 200_000
"""Most bytes of the entries of one piece, their lengths not counted; an entry has 65,535 at most."""


@dataclass(frozen=True)
class Shipped:
    """送る台帳の状態。 A checkpoint note, and the proofs of the changes of its log's key up to there, oldest first.

    ``past`` is what ``ledger.monitor.verify_fork`` takes: the root of size ``since`` and the path from there; empty
    where ``since`` is 0 or the size itself.
    """

    note: bytes
    since: int
    past: bytes
    changes: tuple[bytes, ...]


def shown(log_id: UUID) -> Signed | None:
    """The newest checkpoint that may be shown; None while there is none."""
    try:
        return published(log_id)
    except (NotFoundError, NotWitnessedError):
        return None


def pieces(log_id: UUID, start: int, stop: int) -> Iterator[tuple[int, list[bytes]]]:
    """The entries from ``start`` to before ``stop`` in pieces of at most 256 and ``PIECE_BYTES``, each with its first index."""
    while start < stop:
        piece = _within([data for _, data, _ in rows.read_entries(log_id, start, min(stop, start + TILE_WIDTH))])
        if not piece:
            return  # a damaged log: `azukari ledger check` says where
        yield start, piece
        start += len(piece)


def shipped(log_id: UUID, signed: Signed, since: int) -> Shipped:
    """All that goes with a checkpoint for somebody who was shown ``since`` entries. TileError for rows that are missing."""
    return Shipped(signed.note, since, _past(log_id, since, signed.size), tuple(_changes(log_id, signed.size)))


def _within(entries: list[bytes]) -> list[bytes]:
    total = 0
    for number, data in enumerate(entries):
        total += len(data)
        if total > PIECE_BYTES:
            return entries[: max(number, 1)]
    return entries


def _past(log_id: UUID, since: int, size: int) -> bytes:
    if not 0 < since < size:
        return b""
    read = rows.tile_reader(log_id)
    return encode_hashes([TileReader(read, since).root(), *TileReader(read, size).consistency_path(since)])


def _changes(log_id: UUID, size: int) -> Iterator[bytes]:
    """Each under the first checkpoint that covers it, which the replaced key has signed too."""
    for retired in RetiredKey.objects.filter(log_id=log_id, entry_index__lt=size).order_by("id"):
        index = retired.entry_index
        found = SignedCheckpoint.objects.filter(log_id=log_id, size__gt=index).order_by("size")
        covering = cosigned(log_id, found.values_list("size", flat=True)[:1].get())
        path = TileReader(rows.tile_reader(log_id), covering.size).inclusion_path(index)
        entry = rows.read_entries(log_id, index, index + 1)[0][1]
        yield encode_proof(Proof(index, tuple(path), covering.note, entry))
