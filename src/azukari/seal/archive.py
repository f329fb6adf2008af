"""Plain tar files with exactly the members that are named, in order; nothing else is ever unpacked."""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, BinaryIO, Final

from azukari.errors import FormatError

MAX_MEMBER: Final = 8**11 - 1  # bytes: what the size of a header can say
_SIZE: Final = re.compile(rb"[0-7]{11}\0")


def write_member(archive: tarfile.TarFile, name: str, size: int, data: BinaryIO | IO[bytes]) -> None:
    """Add one member with fixed owner, mode and time, so that equal contents give equal archives."""
    archive.addfile(_info(name, size), data)


def _info(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size = size
    info.mode = 0o600
    return info


def write_archive(out: BinaryIO | IO[bytes], members: Sequence[tuple[str, int, BinaryIO | IO[bytes]]]) -> None:
    """Write a ustar archive of (name, size in bytes, data)."""
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, size, data in members:
            write_member(archive, name, size, data)


def archive_blocks(members: Iterable[tuple[str, int, Iterable[bytes]]]) -> Iterator[bytes]:
    """The same archive as ``write_archive`` makes, block by block, for whoever sends it on without keeping it.

    Each member: name, size in bytes (at most ``MAX_MEMBER``), and data of exactly that size.
    """
    length = 0
    for name, size, data in members:
        yield _info(name, size).tobuf(tarfile.USTAR_FORMAT)
        yield from data
        yield bytes(-size % tarfile.BLOCKSIZE)
        length += tarfile.BLOCKSIZE + _padded(size)
    yield bytes(closing_zeros(length))


def closing_zeros(length: int) -> int:
    """How many zero bytes follow the members, whose headers and data take ``length`` bytes."""
    return _recorded(length) - length


def _recorded(length: int) -> int:
    """The length of a whole archive: two blocks of zeros at least, up to a full record."""
    return -(-(length + 2 * tarfile.BLOCKSIZE) // tarfile.RECORDSIZE) * tarfile.RECORDSIZE


def size_in(header: bytes) -> int:
    """What a header says of the size of its member, nothing else of it verified. Raises FormatError."""
    if not _SIZE.fullmatch(header[124:136]):
        raise FormatError("archive header")
    return int(header[124:135], 8)


def verify_header(header: bytes, name: str, size: int) -> None:
    """The header is, byte for byte, the one that ``write_member`` writes for this name and size. Raises FormatError."""
    if size > MAX_MEMBER or header not in _headers(name, size):
        raise FormatError("archive header")


def member_offsets(source: BinaryIO | IO[bytes], names: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Where each member's bytes lie: name -> (offset, size). Raises FormatError unless exactly ``names`` are there."""
    total = source.seek(0, io.SEEK_END)
    found: dict[str, tuple[int, int]] = {}
    at = 0
    for name in names:
        source.seek(at)
        size = _size_in(source.read(tarfile.BLOCKSIZE), name)
        found[name] = (at + tarfile.BLOCKSIZE, size)
        at = _padded(at + tarfile.BLOCKSIZE + size)
        if at > total:
            raise FormatError("archive cut short")
    _verify_filler(source, list(found.values()), total)
    return found


def _size_in(header: bytes, name: str) -> int:
    """The size in a header that is, byte for byte, the one `write_member` writes for this name."""
    size = size_in(header)
    verify_header(header, name, size)
    return size


def _headers(name: str, size: int) -> tuple[bytes, bytes]:
    """What a member's header may be: Pythons differ in how they write the device numbers that a plain file has not."""
    header = _info(name, size).tobuf(tarfile.USTAR_FORMAT)
    without, zero = (_summed(header[:329] + device + header[345:]) for device in (bytes(16), b"0000000\0" * 2))
    return without, zero


def _summed(header: bytes) -> bytes:
    """The header with its checksum, which is taken over itself with blanks in that place."""
    blank = header[:148] + b" " * 8 + header[156:]
    return header[:148] + b"%06o\0 " % sum(blank) + header[156:]


def _padded(end: int) -> int:
    return end + -end % tarfile.BLOCKSIZE


def _verify_filler(source: BinaryIO | IO[bytes], places: Sequence[tuple[int, int]], total: int) -> None:
    """Between and after the members there is nothing but the zeros that tar needs, so no byte goes unchecked."""
    ends = [offset + size for offset, size in places]
    filler = []
    for end in ends:
        source.seek(end)
        filler.append(source.read(-end % tarfile.BLOCKSIZE))
    closing = _padded(max(ends))
    if total != _recorded(closing):
        raise FormatError("archive length")
    source.seek(closing)
    filler.append(source.read(total - closing))
    if any(b"".join(filler)):
        raise FormatError("archive filler")


def read_member(source: BinaryIO | IO[bytes], place: tuple[int, int], limit: int) -> bytes:
    """The bytes of a member of at most ``limit`` bytes. Raises FormatError."""
    offset, size = place
    if size > limit:
        raise FormatError("archive member too large")
    source.seek(offset)
    data = source.read(size)
    if len(data) != size:
        raise FormatError("archive cut short")
    return data
