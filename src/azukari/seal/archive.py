"""Plain tar files with exactly the members that are named, in order; nothing else is ever unpacked."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Sequence
from typing import IO, BinaryIO, Final

from azukari.errors import FormatError

_PLAIN: Final = (tarfile.REGTYPE, tarfile.AREGTYPE)


def write_member(archive: tarfile.TarFile, name: str, size: int, data: BinaryIO | IO[bytes]) -> None:
    """Add one member with fixed owner, mode and time, so that equal contents give equal archives."""
    info = tarfile.TarInfo(name)
    info.size = size
    info.mode = 0o600
    archive.addfile(info, data)


def write_archive(out: BinaryIO | IO[bytes], members: Sequence[tuple[str, int, BinaryIO | IO[bytes]]]) -> None:
    """Write a ustar archive of (name, size in bytes, data)."""
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, size, data in members:
            write_member(archive, name, size, data)


def member_offsets(source: BinaryIO | IO[bytes], names: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Where each member's bytes lie: name -> (offset, size). Raises FormatError unless exactly ``names`` are there."""
    found: dict[str, tuple[int, int]] = {}
    source.seek(0, io.SEEK_END)
    total = source.tell()
    source.seek(0)
    try:
        with tarfile.open(fileobj=source, mode="r:") as archive:
            for info in archive:
                _verify_member(info, names, found, total)
                found[info.name] = (info.offset_data, info.size)
    except (tarfile.TarError, OSError, ValueError, EOFError, RecursionError, OverflowError) as error:
        raise FormatError("archive") from error
    if list(found) != list(names):
        raise FormatError("archive members")
    _verify_filler(source, list(found.values()), total)
    return found


def _verify_member(info: tarfile.TarInfo, names: Sequence[str], found: dict[str, tuple[int, int]], total: int) -> None:
    """A plain file under a name that is wanted and new, whose one header follows the member before it, whole."""
    if info.type not in _PLAIN or info.name in found or info.name not in names:
        raise FormatError("archive member")
    end = max((_padded(offset + size) for offset, size in found.values()), default=0)
    if (info.offset, info.offset_data) != (end, end + tarfile.BLOCKSIZE):
        raise FormatError("archive header")  # a record that tar reads silently stands before it: pax, a long name
    if info.offset_data + info.size > total:
        raise FormatError("archive cut short")


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
    records = -(-(closing + 2 * tarfile.BLOCKSIZE) // tarfile.RECORDSIZE)
    if total != records * tarfile.RECORDSIZE:
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
