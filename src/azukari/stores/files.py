"""Whole files or none: written under a temporary name in the same folder, synced, then renamed.

After a crash at any step a reader finds the old file whole or the new file whole; what may be left beside
it is a temporary file, which ``sweep_temporary`` removes. Nothing here needs POSIX.
"""

from __future__ import annotations

import errno
import glob
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from azukari.errors import StateError, StorageError

TEMPORARY_SUFFIX = ".azukari-tmp"
PRIVATE = 0o600  # for the owner only
PUBLIC = 0o644  # what is meant to be published: exported tiles and checkpoints

# File systems that cannot sync a folder, or know no hard links, answer with one of these.
_CANNOT = {errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EPERM}


@contextmanager
def replacing(path: Path, *, mode: int = PRIVATE) -> Iterator[BinaryIO]:
    """Give a binary file that takes the place of ``path`` when the block ends, and not before.

    On any exception in the block the temporary file is removed and ``path`` is as it was. Every OSError,
    also one raised inside the block, becomes StorageError.
    """
    with _publishing(path, mode, os.replace, undo=lambda: None) as file:
        yield file


@contextmanager
def creating(path: Path, *, mode: int = PRIVATE) -> Iterator[BinaryIO]:
    """Like ``replacing``, but StateError if there is a file of this name already, or one appears meanwhile.

    On any exception, also where the folder cannot be synced, there is no such file afterwards.
    """
    if os.path.lexists(path):
        raise _taken(path)
    with _publishing(path, mode, _move_without_overwriting, undo=path.unlink) as file:
        yield file


def create_together(contents: Mapping[Path, bytes]) -> None:
    """Several new files, all or none. Raises StateError, StorageError."""
    made: list[Path] = []
    try:
        for path, data in contents.items():
            with creating(path) as file:
                file.write(data)
            made.append(path)
    except BaseException:
        for path in made:
            with suppress(StorageError):
                remove(path)
        raise


def put_in_place(made: Path, path: Path) -> None:
    """Move a finished file of the same file system to its place, over whatever is there; durable. Raises StorageError."""
    try:
        with made.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(made, path)
        sync_folder(path.parent)
    except OSError as error:
        raise _storage_error(path, error) from None


def remove(path: Path) -> None:
    """Delete a file and sync its folder; a file that is not there is no error. Raises StorageError."""
    try:
        path.unlink(missing_ok=True)
        sync_folder(path.parent)
    except OSError as error:
        raise _storage_error(path, error) from None


def make_folders(folder: Path) -> None:
    """Make a folder and those above it, each durable before anything stands in it. Raises StorageError."""
    if folder.is_dir():
        return
    make_folders(folder.parent)
    try:
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)
    except OSError as error:
        raise _storage_error(folder, error) from None


def sweep_temporary(folder: Path, *, name: str | None = None, before: float | None = None) -> int:
    """Remove what a crash left under temporary names in ``folder`` (not below it); returns how many.

    ``name``: only what was to become the file of this name. ``before``: only files last written before this POSIX time in seconds; give it when another process may
    be writing in the folder. Raises StorageError.
    """
    count = 0
    try:
        pattern = f".{glob.escape(name) if name else ''}*{TEMPORARY_SUFFIX}"
        for leftover in sorted(folder.glob(pattern)):
            if before is None or leftover.stat().st_mtime < before:
                leftover.unlink(missing_ok=True)
                count += 1
    except OSError as error:
        raise _storage_error(folder, error) from None
    return count


@contextmanager
def _publishing(
    path: Path, mode: int, publish: Callable[[Path, Path], None], undo: Callable[[], None]
) -> Iterator[BinaryIO]:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}{TEMPORARY_SUFFIX}")
    try:
        try:
            with _open_new(temporary, mode) as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            publish(temporary, path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
        try:
            sync_folder(path.parent)
        except BaseException:
            with suppress(OSError):
                undo()
            raise
    except OSError as error:
        raise _storage_error(path, error) from None


def _open_new(path: Path, mode: int) -> BinaryIO:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    return os.fdopen(os.open(path, flags, mode), "wb")


def _move_without_overwriting(temporary: Path, path: Path) -> None:
    """A rename that never overwrites: Windows refuses by itself, elsewhere a hard link does."""
    try:
        if os.name == "nt":
            os.rename(temporary, path)
        else:
            _link_or_rename(temporary, path)
    except FileExistsError:
        raise _taken(path) from None


def _link_or_rename(temporary: Path, path: Path) -> None:
    try:
        os.link(temporary, path)
    except OSError as error:
        if error.errno not in _CANNOT:
            raise
        os.rename(temporary, path)  # no hard links here: ``creating`` looked before it began
    else:
        _unlink_or_undo(temporary, path)


def _unlink_or_undo(temporary: Path, path: Path) -> None:
    try:
        os.unlink(temporary)
    except BaseException:
        with suppress(OSError):
            os.unlink(path)
        raise


def sync_folder(folder: Path) -> None:
    """Make a rename durable. Windows cannot open a folder; some network file systems cannot sync one."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _CANNOT:
            raise
    finally:
        os.close(descriptor)


def _taken(path: Path) -> StateError:
    return StateError(f"{path.name} is there already and is not overwritten", file=path.name)


def _storage_error(path: Path, error: OSError) -> StorageError:
    reason = os.strerror(error.errno) if error.errno else "input/output error"
    return StorageError(f"{path.name}: {reason.lower()}", file=path.name)
