"""Tiles as in C2SP tlog-tiles 0.1.0: the Merkle tree as append-only rows of up to 256 hashes.

A row is named (level, index). It only ever grows, so the partial tile of an earlier size is a prefix of the
row and is served from it. Level 0 holds leaf hashes; a level above holds the roots of FULL tiles below. Rows
come through a callable ``(level, index) -> bytes`` that may return more than is needed and raises a
LookupError for a row it does not have.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from azukari.errors import FormatError, TileError

from .limits import LIMITS
from .tree import (
    EMPTY_ROOT,
    HASH_BYTES,
    Tree,
    check_hashes,
    consistency_ranges,
    inclusion_ranges,
    node_hash,
    root_of,
)

TILE_WIDTH: Final = 256
TILE_BYTES: Final = TILE_WIDTH * HASH_BYTES
_MAX_LEVEL: Final = 63
_PATH: Final = re.compile(
    r"tile/(?P<level>entries|0|[1-9][0-9]?)/(?P<index>(?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)

ReadTile = Callable[[int, int], bytes]


@dataclass(frozen=True, slots=True)
class TileRow:
    """タイル。 One stored row: level, index and its hashes (32..8,192 bytes)."""

    level: int
    index: int
    data: bytes


@dataclass(frozen=True, slots=True)
class TileName:
    """タイルの名。 What a path names: level (None for an entry bundle), index, width in hashes or entries."""

    level: int | None
    index: int
    width: int

    @property
    def path(self) -> str:
        """Path such as `tile/0/x001/x234/067.p/12` (C2SP tlog-tiles, Parameters)."""
        groups = f"{self.index:d}"
        groups = groups.zfill(-(-len(groups) // 3) * 3)
        *most, last = [groups[at : at + 3] for at in range(0, len(groups), 3)]
        number = "".join(f"x{group}/" for group in most) + last
        partial = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return f"tile/{'entries' if self.level is None else self.level}/{number}{partial}"


def tile_path(level: int, index: int, width: int = TILE_WIDTH) -> str:
    """Path of a tile under the log's prefix. FormatError unless level 0..63, index >= 0, width 1..256."""
    return _checked(TileName(level, index, width)).path


def bundle_path(index: int, width: int = TILE_WIDTH) -> str:
    """Path of an entry bundle, relative to the log's prefix. FormatError unless index >= 0, width 1..256."""
    return _checked(TileName(None, index, width)).path


def parse_path(path: str) -> TileName:
    """Read a path of `tile_path` or `bundle_path`; FormatError for any other spelling."""
    match = _PATH.fullmatch(path)
    if not match:
        raise FormatError("this is no path of a tile or of an entry bundle")
    level = None if match["level"] == "entries" else int(match["level"])
    index = int(match["index"].replace("x", "").replace("/", ""))
    name = _checked(TileName(level, index, int(match["width"] or TILE_WIDTH)))
    if name.path != path:  # one spelling each: no padding group x000/, no .p/256
        raise FormatError("this path is not the canonical one")
    return name


def tile_widths(size: int) -> list[tuple[int, int]]:
    """Per level, from 0: (number of full tiles, width of the partial one or 0) of a log of `size` entries."""
    widths = []
    while size > 0:
        widths.append(divmod(size, TILE_WIDTH))
        size //= TILE_WIDTH
    return widths


def new_tiles(old_size: int, read_tile: ReadTile, leaf_hashes: Sequence[bytes]) -> list[TileRow]:
    """Rows that change when `leaf_hashes` (32 bytes each) follow the first `old_size` entries.

    Whole rows, by level, then index; nothing is read but the last, partial row of each level, whose bytes
    beyond `old_size` are replaced. Raises TileError if such a row is missing or short, FormatError for a
    hash of another length.
    """
    check_hashes(leaf_hashes)
    rows: list[TileRow] = []
    level, start, fresh = 0, old_size, b"".join(leaf_hashes)
    while fresh:
        index, kept = divmod(start, TILE_WIDTH)
        row = (read_row(read_tile, level, index, kept) if kept else b"") + fresh
        tiles = [row[at : at + TILE_BYTES] for at in range(0, len(row), TILE_BYTES)]
        rows += (TileRow(level, index + offset, tile) for offset, tile in enumerate(tiles))
        fresh = b"".join(tile_root(tile) for tile in tiles if len(tile) == TILE_BYTES)
        level, start = level + 1, index
    return rows


class TileReader:
    """タイルの読み手。 Root and proofs of one log size out of stored rows; keeps some expanded tiles.

    It trusts the rows: a damaged row shows in a root or proof that does not verify, or in `check_tiles`.
    All methods raise TileError for a row that is missing or malformed.
    """

    def __init__(self, read_tile: ReadTile, size: int) -> None:
        """`size` is that of a checkpoint, in entries; rows may hold more."""
        self._read = read_tile
        self._size = size
        self._expanded: dict[tuple[int, int], Tree] = {}
        self._nodes: dict[tuple[int, int], bytes] = {}

    def root(self) -> bytes:
        """Root hash of the log at this size, 32 bytes."""
        return self._node(0, self._size) if self._size else EMPTY_ROOT

    def inclusion_path(self, index: int) -> list[bytes]:
        """Inclusion path of entry `index` (RFC 9162 2.1.3.1); ProofError if there is none.

        Below a full tile's root the path is what the tile holds; only the hashes above it follow the ranges.
        """
        ranges = inclusion_ranges(index, self._size)
        path: list[bytes] = []
        level, number = 0, index
        while (self._size >> 8 * level) - (number & ~(TILE_WIDTH - 1)) >= TILE_WIDTH:
            path += self._tile(level, number // TILE_WIDTH).siblings(number % TILE_WIDTH)
            level, number = level + 1, number // TILE_WIDTH
        return path + [self._node(low, high) for low, high in ranges[len(path) :]]

    def consistency_path(self, old_size: int) -> list[bytes]:
        """Consistency path from `old_size` to this size (RFC 9162 2.1.4.1), or ProofError."""
        return [self._node(low, high) for low, high in consistency_ranges(old_size, self._size)]

    def _node(self, low: int, high: int) -> bytes:
        """Root over entries low..high-1: whole subtrees from tiles, joined from the right."""
        found = self._nodes.get((low, high))
        if found is not None:
            return found
        height = (high - low).bit_length() - 1
        found = self._whole(low >> height, height)
        middle = low + (1 << height)
        if middle != high:
            found = node_hash(found, self._node(middle, high))
        if len(self._nodes) >= LIMITS.cached_nodes:
            self._nodes.clear()
        self._nodes[low, high] = found
        return found

    def _whole(self, number: int, height: int) -> bytes:
        """Root of the `number`-th whole subtree of 2**height entries."""
        level, inside = divmod(height, 8)
        index, low = divmod(number << inside, TILE_WIDTH)
        return self._tile(level, index).node(low, low + (1 << inside))

    def _tile(self, level: int, index: int) -> Tree:
        """An expanded tile; those asked for last are kept."""
        tree = self._expanded.pop((level, index), None)
        if tree is None:
            width = min(TILE_WIDTH, (self._size >> 8 * level) - index * TILE_WIDTH)
            tree = Tree.of_row(read_row(self._read, level, index, width))
            if len(self._expanded) >= LIMITS.cached_tiles:
                del self._expanded[next(iter(self._expanded))]
        self._expanded[level, index] = tree
        return tree


def read_row(read_tile: ReadTile, level: int, index: int, width: int) -> bytes:
    """First `width` hashes of a stored row; TileError (kind missing or tile-altered) if it has none such."""
    name = tile_path(level, index, width)
    try:
        data = read_tile(level, index)
    except LookupError:
        raise TileError(f"{name}: missing", kind="missing", level=level, index=index) from None
    if len(data) % HASH_BYTES or len(data) > TILE_BYTES:
        raise TileError(f"{name}: tile altered", kind="tile-altered", level=level, index=index)
    if len(data) < width * HASH_BYTES:
        raise TileError(f"{name}: missing hashes", kind="missing", level=level, index=index)
    return data[: width * HASH_BYTES]


def split_hashes(data: bytes) -> list[bytes]:
    """Hashes of a tile (a multiple of 32 bytes)."""
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]


def tile_root(data: bytes) -> bytes:
    """Root over the hashes of a tile, 32 bytes; for a full tile it is a hash of the level above."""
    return root_of(split_hashes(data))


def _checked(name: TileName) -> TileName:
    if not (0 <= (name.level or 0) <= _MAX_LEVEL and 0 <= name.index <= LIMITS.tree_size):
        raise FormatError("a tile level or index is out of range")
    if not 1 <= name.width <= TILE_WIDTH:
        raise FormatError("the width of a tile is not 1..256")
    return name
