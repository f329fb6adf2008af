"""A log of many entries, written as a folder of tiles with the functions of `azukari.ledger` alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from azukari.ledger import (
    Checkpoint,
    Signer,
    TileReader,
    bundle_path,
    encode_bundle,
    leaf_hash,
    new_tiles,
    sign_checkpoint,
    tile_path,
)

SIGNER = Signer("ledger.seiran.example/log1", b"\x07" * 32)


@dataclass(frozen=True)
class Exported:
    """Entries, tile rows by (level, index), checkpoint and its signed note."""

    entries: list[bytes]
    rows: dict[tuple[int, int], bytes]
    checkpoint: Checkpoint
    note: bytes

    def reader(self, size: int) -> TileReader:
        return TileReader(lambda level, index: self.rows[level, index], size)

    def at(self, size: int) -> bytes:
        """The signed checkpoint of an earlier size."""
        return sign_checkpoint(Checkpoint(SIGNER.name, size, self.reader(size).root()), [SIGNER])


@cache
def many(size: int) -> Exported:
    """A log of so many entries."""
    entries = [b'{"type":"azukari/test/v1","number":%d}' % number for number in range(size)]
    rows = {(row.level, row.index): row.data for row in new_tiles(0, no_row, list(map(leaf_hash, entries)))}
    root = TileReader(lambda level, index: rows[level, index], size).root()
    checkpoint = Checkpoint(SIGNER.name, size, root)
    return Exported(entries, rows, checkpoint, sign_checkpoint(checkpoint, [SIGNER]))


def no_row(level: int, index: int) -> bytes:
    raise LookupError


def exported(folder: Path, size: int) -> Exported:
    """Write the log of this size as C2SP tlog-tiles under a folder."""
    log = many(size)
    files = {tile_path(level, index, len(data) // 32): data for (level, index), data in log.rows.items()}
    for index in range(-(-size // 256)):
        entries = log.entries[256 * index : 256 * index + 256]
        files[bundle_path(index, len(entries))] = encode_bundle(entries)
    files["checkpoint"] = log.note
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return log
