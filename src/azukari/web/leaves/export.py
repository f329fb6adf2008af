"""The index as static files beside the exported log: the two newest, as in ``index/<size>/``."""

from __future__ import annotations

import shutil
from pathlib import Path
from uuid import UUID

from azukari.errors import StorageError
from azukari.stores.files import PUBLIC, make_folders, replacing
from azukari.web.leaves import files, indexing
from azukari.web.leaves.queries import epochs


def export_index(log_id: UUID, folder: Path) -> int:
    """Write the files of the indexes that are shown, remove those of older ones; how many were written.

    Idempotent. Raises NotFoundError, NotWitnessedError, StorageError.
    """
    sizes, written = epochs.shown(log_id), 0
    for size in sizes:
        indexing.opened(log_id, size)  # rebuilt where its files are gone
        written += sum(
            _copy(files.epoch(log_id, size) / name, folder / "index" / str(size) / name) for name in indexing.FILES
        )
    _prune(folder / "index", {str(size) for size in sizes})
    return written


def _copy(source: Path, path: Path) -> bool:
    """A file of an index never changes: one of this length is it."""
    if path.is_file() and path.stat().st_size == source.stat().st_size:
        return False
    make_folders(path.parent)
    try:
        with source.open("rb") as held, replacing(path, mode=PUBLIC) as file:
            shutil.copyfileobj(held, file, 1 << 20)
    except OSError as error:
        raise StorageError(path.name) from error
    return True


def _prune(above: Path, kept: set[str]) -> None:
    for folder in above.iterdir() if above.is_dir() else ():
        if folder.name.isdecimal() and folder.name not in kept:
            shutil.rmtree(folder, ignore_errors=True)
