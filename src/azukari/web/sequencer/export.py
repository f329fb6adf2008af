"""The log as static files in the layout of C2SP tlog-tiles, which any web server or USB stick can serve."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from azukari.errors import AzukariError, StateError, StorageError
from azukari.ledger.bundles import BUNDLE_ENTRIES
from azukari.ledger.checkpoint import open_checkpoint
from azukari.ledger.note import Verifier
from azukari.ledger.tiles import TILE_WIDTH, TileReader, bundle_path, read_row, tile_path, tile_widths
from azukari.ledger.tree import verify_consistency
from azukari.stores.files import PUBLIC, replacing
from azukari.web.sequencer import queries, rows
from azukari.web.sequencer.models import SignedCheckpoint

CHECKPOINT = "checkpoint"


def export_log(log_id: UUID, folder: Path) -> int:
    """Write the log under ``folder``: bundles, tiles, then the checkpoint; returns how many files changed.

    Idempotent. Partial tiles are written for every signed size until their full tile is there, and nothing is
    ever deleted. NotFoundError before the first checkpoint; StateError if the folder holds a checkpoint that is
    no past of this log (a restored database, a damaged file); StorageError if the disk refuses.
    """
    signed = queries.checkpoint(log_id)
    _refuse_rollback(log_id, signed, folder)
    changed = sum(_write(folder / path, data) for path, data in _files(log_id, signed.size))
    return changed + _write(folder / CHECKPOINT, signed.note)


def _files(log_id: UUID, size: int) -> Iterator[tuple[str, bytes]]:
    read = rows.tile_reader(log_id)
    for level, (full, _) in enumerate(tile_widths(size)):
        for index in range(full):
            yield tile_path(level, index), read_row(read, level, index, TILE_WIDTH)
            if level == 0:
                yield bundle_path(index), _bundle(log_id, index, BUNDLE_ENTRIES)
    for level, index, width in sorted(_partials(log_id, size)):
        yield tile_path(level, index, width), read_row(read, level, index, width)
        if level == 0:
            yield bundle_path(index, width), _bundle(log_id, index, width)


def _partials(log_id: UUID, size: int) -> set[tuple[int, int, int]]:
    """Level, index and width of each partial tile of a signed size whose full tile does not exist yet."""
    last = {level: full for level, (full, _) in enumerate(tile_widths(size))}
    found = set()
    sizes = SignedCheckpoint.objects.filter(log_id=log_id).values_list("size", flat=True)
    for past in sizes.iterator():
        for level, (full, width) in enumerate(tile_widths(past)):
            if width and full == last[level]:
                found.add((level, full, width))
    return found


def _bundle(log_id: UUID, index: int, width: int) -> bytes:
    return queries.bundle(log_id, index, width)


def _refuse_rollback(log_id: UUID, signed: queries.Signed, folder: Path) -> None:
    """A folder that holds a later or another history must not be overwritten: somebody has seen it."""
    log = queries.log(log_id)
    try:
        found = (folder / CHECKPOINT).read_bytes()
    except FileNotFoundError:
        return
    except OSError:
        raise StorageError("the checkpoint in the folder cannot be read") from None
    try:
        old = open_checkpoint(found, log.origin, [Verifier.parse(log.vkey)])
        path = TileReader(rows.tile_reader(log_id), signed.size).consistency_path(old.size)
        verify_consistency(old.size, old.root, signed.size, signed.root, path)
    except AzukariError as error:
        raise StateError(f"the folder holds a checkpoint that is no past of this log: {error.word}") from error


def _write(path: Path, data: bytes) -> bool:
    try:
        if path.is_file() and path.read_bytes() == data:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError:
        raise StorageError(f"{path.name}: the folder refuses") from None
    with replacing(path, mode=PUBLIC) as file:
        file.write(data)
    return True
