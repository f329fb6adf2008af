"""The ledger's own audit: recompute every row from the entries, and name the first that was changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

from azukari.errors import FormatError, TileError

from .bundles import parse_bundle
from .checkpoint import Checkpoint
from .tiles import (
    TILE_WIDTH,
    ReadTile,
    TileReader,
    TileRow,
    bundle_path,
    new_tiles,
    read_row,
    split_hashes,
    tile_path,
    tile_root,
    tile_widths,
)
from .tree import HASH_BYTES, leaf_hash

ReadBundle = Callable[[int], bytes]
Kind = Literal["bundle-altered", "tile-altered", "missing", "root-differs"]


def check_tiles(read_tile: ReadTile, read_bundle: ReadBundle, size: int, root: bytes) -> None:
    """Recompute the log of `size` entries from its bundles; compare every tile, and `root` (32 bytes).

    `read_bundle(index)` gives an entry bundle; both callables raise a LookupError for what they do not have.
    1. Every row is rebuilt from the entries and compared with the stored one. 2. The root of the rebuilt rows
    is compared with `root`. 3. If either differs, the root tells which of the two is the damaged one. Takes
    two hashes per entry and about 100 bytes of memory per 256 entries.

    Raises TileError; its facts hold `kind`, `level` ("entries" for a bundle) and `index` of the first damage:
    bundle-altered, tile-altered, missing, or root-differs when neither the entries nor the tiles lead to
    `root` (level and index then name the first row where the two disagree, or are None).
    """
    edge: dict[tuple[int, int], bytes] = {}
    first: TileRow | None = None
    for row in _rows_from_entries(read_bundle, size):  # 1
        width = len(row.data) // HASH_BYTES
        if first is None and read_row(read_tile, row.level, row.index, width) != row.data:
            first = row
        if width < TILE_WIDTH:  # the partial rows, one per level at most, make up the root
            edge[row.level, row.index] = row.data
    entries_root = TileReader(lambda level, index: edge[level, index], size).root()
    if entries_root == root:  # 2
        if first is None:
            return
        raise _damage("tile-altered", first.level, first.index)
    raise _blame(read_tile, size, root, first)  # 3


def check_growth(
    read_tile: ReadTile,
    read_bundle: ReadBundle,
    old: Checkpoint,
    new: Checkpoint,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Recompute a log from a state that is known: only what came after it is read.

    1. The last rows of the ``old`` state, read once, lead to its root. 2. They grow by the leaf hashes of the entries
    that follow. 3. What they have become leads to the root of the ``new`` state, which is at least as large. Memory is
    that of one row per level and one bundle; ``progress`` gets the entries read so far and in all.

    Raises TileError with ``check_tiles``'s facts; of kind ``root-differs`` where the tiles or entries do not lead to a
    root.
    """
    size = old.size
    widths = enumerate(tile_widths(size))
    edge = {level: read_row(read_tile, level, full, partial) for level, (full, partial) in widths if partial}
    _check_edge(edge, old)  # 1
    while size < new.size:
        index = size // TILE_WIDTH
        start = index * TILE_WIDTH
        entries = _entries(read_bundle, index, min(TILE_WIDTH, new.size - start))[size - start :]
        for row in new_tiles(size, lambda level, _: edge[level], [leaf_hash(entry) for entry in entries]):  # 2
            edge[row.level] = row.data
        size += len(entries)
        progress(size - old.size, new.size - old.size)
    _check_edge(edge, new)  # 3


def _check_edge(edge: dict[int, bytes], state: Checkpoint) -> None:
    """The last row of each level is all that a root is made of."""
    if TileReader(lambda level, _: edge[level], state.size).root() != state.root:
        raise TileError(f"nothing leads to the root of size {state.size}", kind="root-differs", level=None, index=None)


def _rows_from_entries(read_bundle: ReadBundle, size: int) -> Iterator[TileRow]:
    roots: list[bytes] = []
    for index, start in enumerate(range(0, size, TILE_WIDTH)):
        width = min(TILE_WIDTH, size - start)
        row = TileRow(0, index, b"".join(map(leaf_hash, _entries(read_bundle, index, width))))
        yield row
        if width == TILE_WIDTH:
            roots.append(tile_root(row.data))
    level = 1
    while roots:
        chunks = [roots[at : at + TILE_WIDTH] for at in range(0, len(roots), TILE_WIDTH)]
        rows = [TileRow(level, index, b"".join(chunk)) for index, chunk in enumerate(chunks)]
        yield from rows
        roots = [tile_root(row.data) for row in rows if len(row.data) == TILE_WIDTH * HASH_BYTES]
        level += 1


def _entries(read_bundle: ReadBundle, index: int, width: int) -> list[bytes]:
    try:
        return parse_bundle(read_bundle(index), width)
    except LookupError:
        raise _damage("missing", None, index) from None
    except FormatError:
        raise _damage("bundle-altered", None, index) from None


def _blame(read_tile: ReadTile, size: int, root: bytes, first: TileRow | None) -> TileError:
    """Which side is damaged, when the entries do not lead to the root."""
    if first is None:
        return TileError("root differs", kind="root-differs", level=None, index=None)
    if TileReader(read_tile, size).root() != root:
        return _damage("root-differs", first.level, first.index)
    # The stored tiles lead to the root: it vouches for the partial rows, and each row for those below it.
    broken = _broken_link(read_tile, size, first.level, first.index)
    if broken:
        return _damage("tile-altered", *broken)
    if first.level == 0:
        return _damage("bundle-altered", None, first.index)
    # The row is sound and yet not what lies below it: a bundle was changed together with its tiles.
    stored = split_hashes(read_row(read_tile, first.level, first.index, len(first.data) // HASH_BYTES))
    pairs = zip(stored, split_hashes(first.data), strict=True)
    child = first.index * TILE_WIDTH + next(at for at, (a, b) in enumerate(pairs) if a != b)
    if first.level == 1:
        return _damage("bundle-altered", None, child)
    return _damage("tile-altered", first.level - 1, child)


def _broken_link(read_tile: ReadTile, size: int, level: int, index: int) -> tuple[int, int] | None:
    """Topmost full row above or at (level, index) whose root is not the hash that its parent row holds."""
    broken = None
    while (size >> 8 * level) - index * TILE_WIDTH >= TILE_WIDTH:
        parent, slot = divmod(index, TILE_WIDTH)
        held = read_row(read_tile, level + 1, parent, slot + 1)[-HASH_BYTES:]
        if tile_root(read_row(read_tile, level, index, TILE_WIDTH)) != held:
            broken = (level, index)
        level, index = level + 1, parent
    return broken


def _damage(kind: Kind, level: int | None, index: int) -> TileError:
    path = bundle_path(index) if level is None else tile_path(level, index)
    place = "entries" if level is None else level
    return TileError(f"{path}: {kind.replace('-', ' ')}", kind=kind, level=place, index=index)
