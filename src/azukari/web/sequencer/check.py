"""The audit of a log from its rows: everything is computed again, the first bad position is named."""

from __future__ import annotations

from uuid import UUID

from azukari.errors import FormatError, NotFoundError, ProofError, TileError
from azukari.ledger.bundles import BUNDLE_ENTRIES, parse_bundle
from azukari.ledger.check import check_tiles
from azukari.ledger.checkpoint import open_checkpoint
from azukari.ledger.note import Verifier
from azukari.ledger.tiles import TileReader, tile_widths
from azukari.ledger.tree import EMPTY_ROOT, leaf_hash
from azukari.web.sequencer import edge, queries, rows
from azukari.web.sequencer.models import BUNDLES, Entry, Log, SignedCheckpoint, Tile


def check_log(log_id: UUID, vkey: str) -> int:
    """Verify the log ``log_id`` under the verifier key ``vkey`` and return the size that is proven.

    1. Every checkpoint is signed, says what its row says, and is the one successor of another. 2. The entries
    have no gap and their leaf hashes. 3. Tiles and bundles lead to the newest root. 4. The bundles hold the
    entries, and there is no row too many. 5. Every older checkpoint is a prefix.

    Raises SignatureError, TileError or ProofError; ``facts`` name the size, or the level and index.
    """
    log = Log.objects.filter(id=log_id).first()
    if log is None:
        raise NotFoundError("there is no such log")
    signed = _check_checkpoints(log, Verifier.parse(vkey))  # 1
    _check_entries(log)  # 2
    size, root = (signed[-1].size, bytes(signed[-1].root)) if signed else (0, EMPTY_ROOT)
    read = rows.tile_reader(log_id)
    check_tiles(read, lambda index: read(BUNDLES, index), size, root)  # 3
    _check_bundles(log, size)  # 4
    _check_row_count(log, size)
    for row in signed:  # 5
        _check_prefix(log, row)
    return size


def _check_checkpoints(log: Log, verifier: Verifier) -> list[SignedCheckpoint]:
    signed = list(SignedCheckpoint.objects.filter(log=log).order_by("size"))
    previous = -1
    for row in signed:
        opened = open_checkpoint(bytes(row.note), log.origin, [verifier])
        if (opened.size, opened.root) != (row.size, bytes(row.root)):
            raise TileError(f"checkpoint {row.size} is not its row", kind="checkpoint-altered", size=row.size)
        if row.previous_size != previous or edge.root(bytes(row.edge)) != opened.root:
            raise TileError(f"checkpoint {row.size} is out of line", kind="checkpoint-altered", size=row.size)
        previous = row.size
    return signed


def _check_entries(log: Log) -> None:
    found = Entry.objects.filter(log=log).order_by("index").values_list("index", "data", "leaf_hash")
    for position, (index, data, stored) in enumerate(found.iterator()):
        if index != position:
            raise TileError(f"entry {position} is missing", kind="missing", level="entries", index=position)
        if leaf_hash(bytes(data)) != bytes(stored):
            raise TileError(f"entry {index} was altered", kind="entry-altered", level="entries", index=index)


def _check_bundles(log: Log, size: int) -> None:
    read = rows.tile_reader(log.id)
    for start in range(0, size, BUNDLE_ENTRIES):
        stop = min(start + BUNDLE_ENTRIES, size)
        stored = list(queries.entries(log.id, start, stop))
        bundled = _entries_of(read(BUNDLES, start // BUNDLE_ENTRIES), start // BUNDLE_ENTRIES)
        if stored == bundled:
            continue
        same = [a == b for a, b in zip(stored, bundled, strict=False)]
        index = start + (same.index(False) if False in same else len(same))
        raise TileError(f"entry {index} is not that of its bundle", kind="entry-altered", level="entries", index=index)


def _entries_of(bundle: bytes, index: int) -> list[bytes]:
    try:
        return parse_bundle(bundle)
    except FormatError:  # its first entries are sound, or step 3 had found it: there is something after them
        raise TileError("a bundle is too long", kind="extra", level="entries", index=index) from None


def _check_row_count(log: Log, size: int) -> None:
    expected = {level: full + bool(partial) for level, (full, partial) in enumerate(tile_widths(size))}
    expected[BUNDLES] = expected.get(0, 0)
    for row in Tile.objects.filter(log=log).order_by("level", "index").values_list("level", "index"):
        level, index = row
        if index >= expected.get(level, 0):
            raise TileError(f"a row too many at level {level}, index {index}", kind="extra", level=level, index=index)
    # A row that is too long shows here: its tail belongs to no checkpoint.
    for level, (full, partial) in enumerate(tile_widths(size)):
        if partial and len(rows.tile_reader(log.id)(level, full)) != 32 * partial:
            raise TileError(f"a row too long at level {level}", kind="extra", level=level, index=full)


def _check_prefix(log: Log, row: SignedCheckpoint) -> None:
    if TileReader(rows.tile_reader(log.id), row.size).root() != bytes(row.root):
        raise ProofError(f"checkpoint {row.size} is no past of the newest one", size=row.size)
