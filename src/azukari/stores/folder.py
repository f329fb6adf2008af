"""A log as static files in the layout of C2SP tlog-tiles: what an export wrote, or somebody carried here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from azukari.errors import FormatError, TileError
from azukari.ledger import TILE_WIDTH, Checkpoint, bundle_path, check_tiles, tile_path
from azukari.ledger.bundles import encode_bundle, parse_bundle
from azukari.ledger.tiles import TileName, parse_path
from azukari.ledger.tree import HASH_BYTES


class FolderLog:
    """フォルダーの台帳。 Reads an exported ledger as ``remote.RemoteLog`` reads a served one; verifies nothing.

    LookupError for a file that is not there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def checkpoint(self) -> bytes:
        """The checkpoint, a signed note that nobody has verified yet."""
        return _read(self._folder, "checkpoint")

    def tile(self, level: int, index: int, width: int = TILE_WIDTH) -> bytes:
        """The first ``width`` hashes of a tile, from the full one where the partial one is gone."""
        try:
            return _read(self._folder, tile_path(level, index, width))
        except LookupError:
            return _read(self._folder, tile_path(level, index))[: width * HASH_BYTES]

    def bundle(self, index: int, width: int = TILE_WIDTH) -> bytes:
        """The first ``width`` entries of a bundle, encoded, or more; from the full one where the partial one is gone."""
        try:
            return _read(self._folder, bundle_path(index, width))
        except LookupError:
            return _read(self._folder, bundle_path(index))


def check_folder(folder: Path, checkpoint: Checkpoint) -> None:
    """Recompute every file of the log under ``folder`` against a verified checkpoint.

    Raises TileError, which names the first damaged file and its kind as ``ledger.check_tiles`` does.
    """
    check_tiles(
        lambda level, index: _read(folder, tile_path(level, index, _width(checkpoint.size, level, index))),
        lambda index: _read(folder, bundle_path(index, _width(checkpoint.size, 0, index))),
        checkpoint.size,
        checkpoint.root,
    )
    _check_past(folder, checkpoint.size)


def _check_past(folder: Path, size: int) -> None:
    """Tiles and bundles of this and earlier sizes, which stay there, begin the newest ones and end. TileError."""
    for path in sorted(path for path in (folder / "tile").rglob("*") if path.is_file()):
        try:
            name = parse_path(path.relative_to(folder).as_posix())
        except FormatError:
            continue  # no file of the ledger
        held = min((size >> 8 * (name.level or 0)) - name.index * TILE_WIDTH, TILE_WIDTH)
        if name.width > held:
            continue  # of a later size, whose checkpoint is not here
        if not _begins(_read(folder, replace(name, width=held).path), path.read_bytes(), name):
            raise TileError(f"{name.path}: tile altered", kind="tile-altered", level=name.level, index=name.index)


def _begins(newest: bytes, past: bytes, name: TileName) -> bool:
    if name.level is None:
        return encode_bundle(parse_bundle(newest, name.width)) == past
    return newest[: name.width * HASH_BYTES] == past


def _width(size: int, level: int, index: int) -> int:
    """How many hashes or entries the tile or bundle holds in a tree of this size: 256, or fewer at the right edge."""
    above = size >> (8 * level)
    return (above % TILE_WIDTH or TILE_WIDTH) if index == above // TILE_WIDTH else TILE_WIDTH


def _read(folder: Path, name: str) -> bytes:
    """The bytes of a tile or bundle. Raises LookupError."""
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        raise LookupError(name) from error
