"""The log as static files in the layout of C2SP tlog-tiles, which any web server or USB stick can serve."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

from azukari.errors import AzukariError, StateError, StorageError
from azukari.ledger.bundles import BUNDLE_ENTRIES
from azukari.ledger.checkpoint import open_checkpoint
from azukari.ledger.tiles import TILE_WIDTH, TileReader, bundle_path, read_row, tile_path, tile_widths
from azukari.ledger.tree import verify_consistency
from azukari.stores.files import PUBLIC, replacing
from azukari.web.sequencer import queries, rows
from azukari.web.sequencer.models import SignedCheckpoint
from azukari.web.sequencer.queries import witnessing
from azukari.web.sequencer.queries.signing import verifiers

CHECKPOINT = "checkpoint"


def export_log(
    log_id: UUID, folder: Path, *, whole: bool = True, progress: Callable[[int], None] = lambda files: None
) -> int:
    """Write the log under ``folder``: bundles, tiles, then the checkpoint; returns how many files changed.

    Idempotent; interrupted anywhere it goes on when repeated. Partial tiles are written for every signed size until
    their full tile is there, and nothing is ever deleted. ``whole`` compares every file with the rows and mends it;
    else only what is new since the checkpoint in the folder is written. ``progress`` gets the number of files so far.

    NotFoundError before the first checkpoint, NotWitnessedError while too few witnesses have cosigned one; StateError
    if the folder holds a checkpoint that is no past of this log (a restored database, a damaged file); StorageError
    if the disk refuses.
    """
    signed = witnessing.published(log_id)
    old = _exported_size(log_id, signed, folder)
    changed = 0
    for number, (path, data) in enumerate(_files(log_id, 0 if whole else old, signed.size), start=1):
        changed += _write(folder / path, data)
        progress(number)
    return changed + _write(folder / CHECKPOINT, signed.note)


def _files(log_id: UUID, old: int, size: int) -> Iterator[tuple[str, bytes]]:
    """Paths and contents of what a log of ``size`` has, and one of ``old`` entries had not."""
    read = rows.tile_reader(log_id)
    before = dict(enumerate(full for full, _ in tile_widths(old)))
    for level, (full, _) in enumerate(tile_widths(size)):
        for index in range(before.get(level, 0), full):
            yield tile_path(level, index), read_row(read, level, index, TILE_WIDTH)
            if level == 0:
                yield bundle_path(index), queries.bundle(log_id, index, BUNDLE_ENTRIES)
    for level, index, width in sorted(_partials(log_id, old, size)):
        yield tile_path(level, index, width), read_row(read, level, index, width)
        if level == 0:
            yield bundle_path(index, width), queries.bundle(log_id, index, width)


def _partials(log_id: UUID, old: int, size: int) -> set[tuple[int, int, int]]:
    """Level, index and width of each partial tile of a signed size above ``old`` whose full tile does not exist yet."""
    last = {level: full for level, (full, _) in enumerate(tile_widths(size))}
    found = set()
    signed = SignedCheckpoint.objects.filter(log_id=log_id, size__gt=old, size__lte=size)
    for past in signed.values_list("size", flat=True).iterator():
        for level, (full, width) in enumerate(tile_widths(past)):
            if width and full == last[level]:
                found.add((level, full, width))
    return found


def _exported_size(log_id: UUID, signed: queries.Signed, folder: Path) -> int:
    """Size of the checkpoint in the folder, 0 without one.

    A folder that holds a later or another history must not be overwritten: somebody has seen it.
    """
    try:
        found = (folder / CHECKPOINT).read_bytes()
    except FileNotFoundError:
        return 0
    except OSError:
        raise StorageError("the checkpoint in the folder cannot be read") from None
    try:
        old = open_checkpoint(found, queries.log(log_id).origin, verifiers(log_id))
        path = TileReader(rows.tile_reader(log_id), signed.size).consistency_path(old.size)
        verify_consistency(old.size, old.root, signed.size, signed.root, path)
    except AzukariError as error:
        raise StateError(f"the folder holds a checkpoint that is no past of this log: {error.word}") from error
    return old.size


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
