"""The audit of a log from its rows: everything is computed again, the first bad position is named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final
from uuid import UUID

from django.db.models.functions import Length

from azukari.errors import ForkError, NotFoundError, ProofError, TileError
from azukari.ledger.checkpoint import Checkpoint, open_checkpoint
from azukari.ledger.note import Verifier
from azukari.ledger.tiles import TILE_WIDTH, TileReader, read_row, split_hashes, tile_root, tile_widths
from azukari.ledger.tree import EMPTY_ROOT, HASH_BYTES, leaf_hash
from azukari.web.sequencer import edge, rows
from azukari.web.sequencer.models import Log, SignedCheckpoint, Tile

_PAGE: Final = 1_000  # checkpoints read at a time


def check_log(log_id: UUID, vkeys: Sequence[str], against: bytes | None = None) -> int:
    """Verify the log ``log_id`` under its verifier keys and return the size that is proven.

    1. Every checkpoint is signed, says what its row says, and is the one successor of another. 2. The entries have
    no gap and their leaf hashes. 3. Level by level, the tiles hold what lies below them. 4. Every checkpoint has the
    root of the entries before it, and ``against``, a signed checkpoint that somebody else kept, has so too. 5. There
    is no row too many. Memory does not grow with the log, and no lock is held: others append and sign meanwhile.

    Raises SignatureError, TileError (``facts`` name kind, level and index), ProofError, and ForkError where
    ``against`` was signed by this log and is no past of what is stored.
    """
    log = Log.objects.filter(id=log_id).first()
    if log is None:
        raise NotFoundError("there is no such log")
    verifiers = [Verifier.parse(vkey) for vkey in vkeys]
    kept = None if against is None else open_checkpoint(against, log.origin, verifiers)
    size = _newest_size(log)
    _check_entries(log, size, _verified_checkpoints(log, verifiers, size))  # 1, 2, 4
    _check_tiles(log, size)  # 3
    if kept is not None:
        _check_against(log, size, kept)  # 4
    _check_no_row_too_many(log, verifiers, size)  # 5
    return size


def _newest_size(log: Log) -> int:
    return SignedCheckpoint.objects.filter(log=log).order_by("-size").values_list("size", flat=True).first() or 0


def _verified_checkpoints(log: Log, verifiers: Sequence[Verifier], size: int) -> Iterator[SignedCheckpoint]:
    """Those up to ``size``, smallest first; there may be one for each second of many years."""
    found = SignedCheckpoint.objects.filter(log=log, size__lte=size).order_by("size")
    previous = -1
    while page := list(found.filter(size__gt=previous)[:_PAGE]):
        for row in page:
            opened = _opened(log, verifiers, row)
            if row.previous_size != previous or edge.root(bytes(row.edge)) != opened.root:
                raise TileError(f"checkpoint {row.size} is out of line", kind="checkpoint-altered", size=row.size)
            previous = row.size
            yield row


def _opened(log: Log, verifiers: Sequence[Verifier], row: SignedCheckpoint) -> Checkpoint:
    opened = open_checkpoint(bytes(row.note), log.origin, verifiers)
    if (opened.size, opened.root) != (row.size, bytes(row.root)):
        raise TileError(f"checkpoint {row.size} is not its row", kind="checkpoint-altered", size=row.size)
    return opened


def _check_entries(log: Log, size: int, signed: Iterator[SignedCheckpoint]) -> None:
    """Entries in order, their stored hashes, and the root at each signed size, in one pass and without a tile."""
    grown, at = b"", 0
    ahead = next(signed, None)
    for hashes in _verified_blocks(log, size):
        while ahead is not None and ahead.size <= at + len(hashes):
            grown, hashes, at = edge.grow(grown, at, hashes[: ahead.size - at]), hashes[ahead.size - at :], ahead.size
            if edge.root(grown) != bytes(ahead.root):
                raise _blame(log, ahead)
            ahead = next(signed, None)
        grown, at = edge.grow(grown, at, hashes), at + len(hashes)
    if ahead is not None:  # only the checkpoint of size 0 has no block of entries
        if ahead.size == 0 and bytes(ahead.root) == EMPTY_ROOT:
            return
        raise _blame(log, ahead)


def _blame(log: Log, signed: SignedCheckpoint) -> TileError | ProofError:
    """The first entry that is not that of its tile, if the tiles lead to the signed root; else nobody can tell."""
    wrong = ProofError(f"checkpoint {signed.size} does not have the root of its entries", size=signed.size)
    read = rows.tile_reader(log.id)
    try:
        if TileReader(read, signed.size).root() != bytes(signed.root):
            return wrong
    except TileError:
        return wrong
    for start in range(0, signed.size, TILE_WIDTH):
        width = min(TILE_WIDTH, signed.size - start)
        tile = split_hashes(read_row(read, 0, start // TILE_WIDTH, width))
        for index, (row, held) in enumerate(zip(rows.read_entries(log.id, start, start + width), tile, strict=True)):
            if row[2] != held:
                index += start
                return TileError(f"entry {index} was rewritten", kind="entry-altered", level="entries", index=index)
    return wrong


def _verified_blocks(log: Log, size: int) -> Iterator[list[bytes]]:
    """Leaf hashes, a block at a time, also of entries that no checkpoint covers yet."""
    block, position = [], 0
    for index, data, stored in rows.stream_entries(log.id, 0, rows.count(log.id)):
        if index != position:
            raise TileError(f"entry {position} is missing", kind="missing", level="entries", index=position)
        computed = leaf_hash(data)
        if stored != computed:
            raise TileError(f"entry {position} was altered", kind="entry-altered", level="entries", index=position)
        position += 1
        if position <= size:
            block.append(computed)
        if len(block) == TILE_WIDTH:
            yield block
            block = []
    if position < size:
        raise TileError(f"entry {position} is missing", kind="missing", level="entries", index=position)
    yield block


def _check_tiles(log: Log, size: int) -> None:
    """Each stored tile is what its entries, or the tiles below it, say."""
    read = rows.tile_reader(log.id)
    for level, (full, partial) in enumerate(tile_widths(size)):
        for index in range(full + bool(partial)):
            width = TILE_WIDTH if index < full else partial
            below = _entry_hashes if level == 0 else _tile_hashes
            if read_row(read, level, index, width) != below(log, level, index, width):
                raise TileError(f"tile {level}/{index} was altered", kind="tile-altered", level=level, index=index)


def _entry_hashes(log: Log, level: int, index: int, width: int) -> bytes:
    start = index * TILE_WIDTH
    return b"".join(stored for _, _, stored in rows.read_entries(log.id, start, start + width))


def _tile_hashes(log: Log, level: int, index: int, width: int) -> bytes:
    read = rows.tile_reader(log.id)
    start = index * TILE_WIDTH
    return b"".join(tile_root(read_row(read, level - 1, child, TILE_WIDTH)) for child in range(start, start + width))


def _check_against(log: Log, size: int, kept: Checkpoint) -> None:
    if kept.size > size:
        raise ForkError(
            f"a checkpoint of size {kept.size} was signed, and the database holds {size}", kind="rollback", size=size
        )
    if kept.size and TileReader(rows.tile_reader(log.id), kept.size).root() != kept.root:
        raise ForkError(f"another root was signed for size {kept.size}", kind="fork", size=kept.size)


def _check_no_row_too_many(log: Log, verifiers: Sequence[Verifier], size: int) -> None:
    """No tile row is longer than the log has hashes for it.

    What a checkpoint of meanwhile accounts for is right: it was committed together with its rows.
    """
    found = Tile.objects.filter(log=log).order_by("level", "index").annotate(length=Length("data"))
    for level, index, length in found.values_list("level", "index", "length").iterator():
        if length > _row_bytes(size, level, index):
            row = SignedCheckpoint.objects.filter(log=log).order_by("-size").first()
            size = size if row is None else max(size, _opened(log, verifiers, row).size)
        if length > _row_bytes(size, level, index):
            detail = f"a row too many or too long at level {level}, index {index}"
            raise TileError(detail, kind="extra", level=level, index=index)


def _row_bytes(size: int, level: int, index: int) -> int:
    """Length of a tile row in a log of ``size`` entries; 0 where there is none."""
    return HASH_BYTES * min(TILE_WIDTH, max(0, (size >> 8 * level) - index * TILE_WIDTH))
