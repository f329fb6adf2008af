"""The log as static files in the layout of C2SP tlog-tiles, which any web server or USB stick can serve."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

from azukari.errors import AzukariError, StateError, StorageError
from azukari.ledger.checkpoint import open_checkpoint
from azukari.ledger.tiles import TILE_WIDTH, TileReader, bundle_path, read_row, tile_path, tile_widths
from azukari.ledger.tree import verify_consistency
from azukari.stores.files import PUBLIC, make_folders, replacing
from azukari.web.sequencer import queries, rows
from azukari.web.sequencer.models import SignedCheckpoint
from azukari.web.sequencer.queries import witnessing
from azukari.web.sequencer.queries.signing import verifiers

CHECKPOINT = "checkpoint"


def export_log(
    log_id: UUID,
    folder: Path,
    *,
    whole: bool = True,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """Write the log under ``folder``: bundles, tiles, then the checkpoint; returns how many files changed.

    Idempotent; interrupted anywhere it goes on when repeated. Partial tiles are written for every signed size until
    their full tile is there, and nothing is ever deleted. ``whole`` compares every file with the rows and mends it;
    else only what is new since the checkpoint in the folder is written. ``progress`` gets the files seen so far and
    their number.

    NotFoundError before the first checkpoint, NotWitnessedError while too few witnesses have cosigned one; StateError
    if the folder holds a checkpoint that is no past of this log (a restored database, a damaged file, another export
    that was faster); StorageError if the disk refuses.
    """
    signed = witnessing.published(log_id)
    old = _exported_size(log_id, signed, folder)
    names = _Names(log_id, 0 if whole else old, signed.size)
    changed = 0
    for number, (path, data) in enumerate(_files(log_id, names), start=1):
        changed += _write(folder / path, data)
        progress(number, names.files)
    _exported_size(log_id, signed, folder)  # what another export has shown meanwhile must not be taken back
    return changed + _write(folder / CHECKPOINT, signed.note)


class _Names:
    """Which tiles a log of ``size`` has, and one of ``old`` entries had not: full ones by level, and partial ones."""

    def __init__(self, log_id: UUID, old: int, size: int) -> None:
        before = dict(enumerate(full for full, _ in tile_widths(old)))
        self.full = [range(before.get(level, 0), full) for level, (full, _) in enumerate(tile_widths(size))]
        self.partial = sorted(_partials(log_id, old, size))

    @property
    def files(self) -> int:
        """Tiles, and a bundle beside each of level 0."""
        full = sum(map(len, self.full)) + sum(map(len, self.full[:1]))
        return full + len(self.partial) + sum(level == 0 for level, _, _ in self.partial)

    def __iter__(self) -> Iterator[tuple[int, int, int]]:
        """Level, index and width of each."""
        for level, indexes in enumerate(self.full):
            yield from ((level, index, TILE_WIDTH) for index in indexes)
        yield from self.partial


def _files(log_id: UUID, names: _Names) -> Iterator[tuple[str, bytes]]:
    """Paths and contents."""
    read = rows.tile_reader(log_id)
    for level, index, width in names:
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
    except OSError:
        raise StorageError(f"{path.name}: the folder refuses") from None
    make_folders(path.parent)
    with replacing(path, mode=PUBLIC) as file:
        file.write(data)
    return True
