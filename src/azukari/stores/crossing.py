"""Crossings as folders: written whole or not at all, and copied in while they are verified (docs/spec/crossing.md)."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO, Final

from azukari.errors import CrossingFileError, FormatError, IncompleteCrossingError, NotFoundError, StorageError
from azukari.seal.crossing import (
    FILES,
    MAX_NOTE,
    NOTE_FILE,
    Crossing,
    Listed,
    parse_crossing,
    verify_file,
    verify_listing,
)
from azukari.stores.files import TEMPORARY_SUFFIX, make_folders, sync_folder

PIECE: Final = 1 << 20
MAX_FOLDERS: Final = 10_000  # looked at in one place
Progress = Callable[[int, int], None]
_LINKS: Final = getattr(os, "O_NOFOLLOW", 0)


def folder_name(crossing: Crossing) -> str:
    """What the folder of a crossing is called: body, side and number; names nobody."""
    return f"azukari-{crossing.body[:16]}-{crossing.side.value}-{crossing.sequence:06}"


def crossings_in(folder: Path) -> list[Path]:
    """The folders of crossings at this place: itself, or those in it, by name; none that is being written.

    NotFoundError, StorageError.
    """
    try:
        if os.path.lexists(folder / NOTE_FILE):
            return [folder]
        seen = sorted(path for path in folder.iterdir() if not path.name.endswith(TEMPORARY_SUFFIX))
        found = [path for path in seen if os.path.lexists(path / NOTE_FILE)]
    except (FileNotFoundError, NotADirectoryError):
        raise NotFoundError("the folder") from None
    except OSError:
        raise StorageError("the folder cannot be read") from None
    return found[:MAX_FOLDERS]


def read_note(folder: Path) -> bytes:
    """The signed list of a crossing, at most a byte more than its limit. NotFoundError, CrossingFileError, StorageError."""
    try:
        with _open_plain(folder / NOTE_FILE) as file:
            return file.read(MAX_NOTE + 1)
    except FileNotFoundError:
        raise NotFoundError(NOTE_FILE) from None
    except OSError as error:
        raise _unreadable(error) from None


def listing(folder: Path) -> dict[str, int | None]:
    """Steps 6 and 7 are over this: what lies in ``files``, by name: size in bytes, None for what is no plain file.

    CrossingFileError if something else lies beside the two; StorageError.
    """
    try:
        if not stat.S_ISDIR(os.lstat(folder).st_mode) or {one.name for one in os.scandir(folder)} - {NOTE_FILE, FILES}:
            raise CrossingFileError("something lies beside the list and its files")
        if not os.path.lexists(folder / FILES):
            return {}
        if not stat.S_ISDIR(os.lstat(folder / FILES).st_mode):
            raise CrossingFileError("something that is no plain file")
        return {one.name: _size(one) for one in os.scandir(folder / FILES)}
    except OSError as error:
        raise _unreadable(error) from None


def copy_in(folder: Path, crossing: Crossing, to: Path, progress: Progress = lambda done, total: None) -> None:
    """Steps 6 to 8: copy the files of a crossing into the private folder ``to``, verified as they are read.

    What was verified is what lies there: nobody can change it between the two. CrossingFileError,
    IncompleteCrossingError, StorageError; what was copied until then is the caller's to remove.
    """
    verify_listing(crossing, listing(folder))
    total, done = sum(item.bytes for item in crossing.items), 0
    for item in crossing.items:
        _copy(folder / FILES / item.name, to / item.name, item)
        done += item.bytes
        progress(done, total)


def write_folder(
    parent: Path,
    note: bytes,
    sources: Iterable[tuple[str, bytes | Path]],
    progress: Progress = lambda done, total: None,
) -> Path:
    """Write a crossing under ``parent``: its folder appears whole, or not at all; returns it.

    If it is there already and whole, nothing is written; a damaged one is replaced, since a crossing has one content.
    Raises StorageError.
    """
    crossing = parse_crossing(note)
    target = parent / folder_name(crossing)
    if _is_whole(target, note):
        return target
    make_folders(parent)
    for left in parent.glob(f".{target.name}.*{TEMPORARY_SUFFIX}"):  # of a writer that died
        shutil.rmtree(left, ignore_errors=True)
    temporary = parent / f".{target.name}.{secrets.token_hex(6)}{TEMPORARY_SUFFIX}"
    try:
        _fill(temporary, note, sources, progress)
        if os.path.lexists(target):
            shutil.rmtree(target)
        os.rename(temporary, target)
        sync_folder(parent)
    except OSError as error:
        raise _storage(error) from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return target


def remove_folder(folder: Path) -> None:
    """Remove the folder of a crossing: its list first, so that what is left of a broken removal is no crossing.

    Raises StorageError.
    """
    try:
        (folder / NOTE_FILE).unlink(missing_ok=True)
        shutil.rmtree(folder)
    except OSError as error:
        raise _storage(error) from None


def _fill(temporary: Path, note: bytes, sources: Iterable[tuple[str, bytes | Path]], progress: Progress) -> None:
    (temporary / FILES).mkdir(parents=True)
    listed = {item.name: item for item in parse_crossing(note).items}
    total, done = sum(item.bytes for item in listed.values()), 0
    for name, source in sources:
        with (temporary / FILES / name).open("xb") as file:
            _write(file, source)
        done += listed[name].bytes
        progress(done, total)
    with (temporary / NOTE_FILE).open("xb") as file:  # the last: a folder without it is none
        _write(file, note)
    sync_folder(temporary / FILES)
    sync_folder(temporary)


def _write(file: BinaryIO, source: bytes | Path) -> None:
    if isinstance(source, bytes):
        file.write(source)
    else:
        with source.open("rb") as there:
            shutil.copyfileobj(there, file, PIECE)
    file.flush()
    os.fsync(file.fileno())


def _is_whole(target: Path, note: bytes) -> bool:
    """Whether this very crossing lies there with all its files, by their sizes."""
    try:
        if not os.path.lexists(target) or read_note(target) != note:
            return False
        verify_listing(parse_crossing(note), listing(target))
    except (CrossingFileError, IncompleteCrossingError, NotFoundError, FormatError):
        return False
    return True


def _copy(source: Path, to: Path, item: Listed) -> None:
    digest, left = hashlib.sha256(), item.bytes
    try:
        with _open_plain(source) as file, to.open("xb") as copy:
            while left and (piece := file.read(min(left, PIECE))):
                digest.update(piece)
                copy.write(piece)
                left -= len(piece)
            if file.read(1):
                raise CrossingFileError(item.name)
            copy.flush()
            os.fsync(copy.fileno())
    except FileNotFoundError:
        raise IncompleteCrossingError(item.name) from None
    except OSError as error:
        raise _unreadable(error) from None
    if left:
        raise IncompleteCrossingError(item.name)
    verify_file(item, digest.hexdigest())


def _open_plain(path: Path) -> BinaryIO:
    """A plain file, never what a link points to, and never one that blocks. OSError, CrossingFileError."""
    if not stat.S_ISREG(os.lstat(path).st_mode):
        raise CrossingFileError("something that is no plain file")
    return os.fdopen(os.open(path, os.O_RDONLY | _LINKS | getattr(os, "O_BINARY", 0)), "rb")


def _size(entry: os.DirEntry[str]) -> int | None:
    found = entry.stat(follow_symlinks=False)
    return found.st_size if stat.S_ISREG(found.st_mode) else None


def _storage(error: OSError) -> StorageError:
    return StorageError((error.strerror or "input/output error").lower())


def _unreadable(error: OSError) -> StorageError:
    return StorageError(f"the crossing cannot be read: {(error.strerror or 'input/output error').lower()}")
