"""Crossings as one file (.azx): a tar archive of the very folders, for who has a browser and a stick (docs/spec/crossing.md, 6).

It is written and read from the first byte to the last, without going back, so that neither a download nor an upload
that lies encrypted has to be laid out on a disk first. What is unpacked becomes folders again, and is taken as those are.
"""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from azukari.errors import FormatError, IncompleteCrossingError, LimitError, StorageError
from azukari.seal.archive import MAX_MEMBER, archive_blocks, closing_zeros, size_in, verify_header
from azukari.seal.crossing import (
    FILES,
    MAX_BYTES,
    MAX_NOTE,
    NOTE_FILE,
    Crossing,
    Listed,
    parse_crossing,
    verify_file,
)
from azukari.stores.crossing import PIECE, Progress, folder_name
from azukari.stores.files import creating, replacing

SUFFIX: Final = ".azx"
MAX_CROSSINGS: Final = 1_000  # in one file
Source = bytes | Path
Crossings = Sequence[tuple[bytes, Iterable[tuple[str, Source]]]]
"""Of each crossing its note, and of each of its files the name with the bytes or their place."""
_BLOCK: Final = tarfile.BLOCKSIZE
_BEGINNING: Final = b"azukari-"


def file_name(note: bytes) -> str:
    """What a file is called whose last crossing has this note; names nobody."""
    return folder_name(parse_crossing(note)) + SUFFIX


def file_bytes(notes: Iterable[bytes]) -> int:
    """How many bytes a file with these crossings has. LimitError for a file of more than 8 GiB in one of them."""
    length = 0
    for note in notes:
        sizes = [len(note), *(_sized(item).bytes for item in parse_crossing(note).items)]
        length += sum(_BLOCK + size + -size % _BLOCK for size in sizes)
    return length + closing_zeros(length)


def blocks_of(crossings: Crossings) -> Iterator[bytes]:
    """A file with these crossings, which follow one another, block by block. LimitError as above, StorageError."""
    if len(crossings) > MAX_CROSSINGS:
        raise LimitError(f"more than {MAX_CROSSINGS} crossings in one file")
    yield from archive_blocks(member for note, sources in crossings for member in _members(note, sources))


def write_file(path: Path, crossings: Crossings, *, over: bool = False) -> None:
    """Write such a file, whole or not at all; ``over`` another one, or StateError where there is one already.

    LimitError as above, StorageError.
    """
    file_bytes(note for note, _ in crossings)
    with (replacing if over else creating)(path) as file:
        for block in blocks_of(crossings):
            file.write(block)


def files_in(folder: Path) -> list[Path]:
    """The files of crossings at this place, by name; none that is being written. StorageError."""
    try:
        return sorted(path for path in folder.glob(f"[!.]*{SUFFIX}") if path.is_file())
    except OSError:
        raise StorageError("the folder cannot be read") from None


def unpack(blocks: Iterable[bytes], size: int, to: Path, progress: Progress = lambda done, total: None) -> list[Path]:
    """Lay the crossings of a file of ``size`` bytes into the private folder ``to``, as folders; returns these in order.

    The steps of section 6: nothing in the file has another name, place or size than the signed lists say. What was laid
    down until a refusal is the caller's to remove. FormatError, LimitError, IncompleteCrossingError, CrossingFileError,
    StorageError, and what ``blocks`` raises.
    """
    stream, found = _Stream(blocks, size, progress), list[Crossing]()
    header = stream.first()
    while not found or any(header):
        if len(found) == MAX_CROSSINGS:
            raise LimitError(f"more than {MAX_CROSSINGS} crossings in one file")
        found.append(_unpack_one(stream, header, to, found))
        header = stream.take(_BLOCK)
    stream.close()
    return [to / folder_name(one) for one in found]


def _unpack_one(stream: _Stream, header: bytes, to: Path, before: Sequence[Crossing]) -> Crossing:
    if (size := size_in(header)) > MAX_NOTE:  # step a
        raise LimitError(f"a crossing of more than {MAX_NOTE} bytes")
    note = b"".join(stream.member(size))
    crossing = parse_crossing(note)
    name = folder_name(crossing)
    verify_header(header, f"{name}/{NOTE_FILE}", size)
    _verify_place(crossing, before)  # step b
    stream.require(sum(_sized(item).bytes for item in crossing.items))  # step c
    try:
        (to / name / FILES).mkdir(parents=True)
        for item in crossing.items:  # step d
            verify_header(stream.take(_BLOCK), f"{name}/{FILES}/{item.name}", item.bytes)
            _lay(stream, item, to / name / FILES / item.name)
        (to / name / NOTE_FILE).write_bytes(note)
    except OSError as error:
        raise StorageError((error.strerror or "input/output error").lower()) from None
    return crossing


def _verify_place(crossing: Crossing, before: Sequence[Crossing]) -> None:
    """Of one body and side, each follows the one before it, and all together are no larger than one may be."""
    if not before:
        return
    last = before[-1]
    if (crossing.body, crossing.side, crossing.sequence) != (last.body, last.side, last.sequence + 1):
        raise FormatError("the crossings of a file follow one another")
    if sum(item.bytes for one in (*before, crossing) for item in one.items) > MAX_BYTES:
        raise LimitError(f"more than {MAX_BYTES} bytes")


def _lay(stream: _Stream, item: Listed, path: Path) -> None:
    digest = hashlib.sha256()
    with path.open("xb") as file:
        for piece in stream.member(item.bytes):
            digest.update(piece)
            file.write(piece)
    verify_file(item, digest.hexdigest())


def _members(note: bytes, sources: Iterable[tuple[str, Source]]) -> Iterator[tuple[str, int, Iterable[bytes]]]:
    crossing = parse_crossing(note)
    name, given = folder_name(crossing), dict(sources)
    yield f"{name}/{NOTE_FILE}", len(note), [note]
    for item in crossing.items:
        yield f"{name}/{FILES}/{item.name}", _sized(item).bytes, _pieces(given[item.name], item)


def _pieces(source: Source, item: Listed) -> Iterator[bytes]:
    """The bytes of a file, exactly as many as the list says: the archive would not be one otherwise."""
    left = item.bytes
    try:
        for piece in [source] if isinstance(source, bytes) else _read(source):
            left -= len(piece)
            yield piece
    except OSError:
        left = -1
    if left:
        raise StorageError(f"{item.name} is not what it was when it was listed")


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def _sized(item: Listed) -> Listed:
    if item.bytes > MAX_MEMBER:
        raise LimitError("a file of more than 8 GiB crosses in a folder alone")
    return item


class _Stream:
    """A file of known size, read once from the first byte to the last."""

    def __init__(self, blocks: Iterable[bytes], size: int, progress: Progress) -> None:
        self._blocks, self._rest, self._size, self._progress = iter(blocks), b"", size, progress
        self._length = 0  # of what was read

    def first(self) -> bytes:
        """The first header; what does not begin as one was no crossing, however short it is."""
        with suppress(StopIteration):
            self._rest = next(self._blocks)
        if not _BEGINNING.startswith(self._rest[: len(_BEGINNING)]):
            raise FormatError("no crossing in one file")
        return self.take(_BLOCK)

    def take(self, size: int) -> bytes:
        """So many bytes. IncompleteCrossingError where the file ends before."""
        return b"".join(self._pieces(size))

    def member(self, size: int) -> Iterator[bytes]:
        """The data of a member, and behind it the zeros that fill its last block. FormatError for anything else."""
        yield from self._pieces(size)
        if any(self.take(-size % _BLOCK)):
            raise FormatError("archive filler")
        self._progress(self._length, self._size)

    def require(self, size: int) -> None:
        """IncompleteCrossingError unless so many bytes are left: asked before the first of them is written."""
        if self._length + size > self._size:
            raise IncompleteCrossingError("the file is cut short")

    def close(self) -> None:
        """After the first block of zeros: the rest of them, and then nothing more."""
        left = closing_zeros(self._length - _BLOCK) - _BLOCK
        if any(self.take(left)) or self._rest or any(self._blocks):
            raise FormatError("archive length")

    def _pieces(self, size: int) -> Iterator[bytes]:
        left = size
        while left:
            piece, self._rest = self._rest[:left], self._rest[left:]
            if not piece:
                self._rest = self._next()
                continue
            left -= len(piece)
            self._length += len(piece)
            yield piece

    def _next(self) -> bytes:
        block = next(self._blocks, None)
        if block is None:
            raise IncompleteCrossingError("the file is cut short")
        return block
