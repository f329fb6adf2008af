"""Entry bundles as in C2SP tlog-tiles 0.1.0: up to 256 entries, each after its uint16 length."""

from __future__ import annotations

from collections.abc import Iterable
from struct import Struct
from typing import Final

from azukari.errors import FormatError, LimitError

from .limits import LIMITS

BUNDLE_ENTRIES: Final = 256
_LENGTH: Final = Struct(">H")


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """Concatenate 1..256 entries, each as big-endian uint16 length || bytes (C2SP tlog-tiles).

    Appending entries appends bytes: the encoding of fewer entries is a prefix. Raises LimitError for an
    entry over 65,535 bytes or more than 256 of them, FormatError for none.
    """
    parts: list[bytes] = []
    for entry in entries:
        if len(entry) > LIMITS.entry_bytes:
            raise LimitError(f"an entry is larger than {LIMITS.entry_bytes} bytes")
        parts += (_LENGTH.pack(len(entry)), entry)
    if len(parts) > 2 * BUNDLE_ENTRIES:
        raise LimitError(f"a bundle has more than {BUNDLE_ENTRIES} entries")
    if not parts:
        raise FormatError("a bundle without entries is never stored")
    return b"".join(parts)


def parse_bundle(data: bytes, width: int | None = None) -> list[bytes]:
    """Entries of a bundle; with `width` (1..256) the first `width` of them, whatever follows.

    Raises FormatError for a cut entry, fewer than `width` entries, none at all, or more than 256.
    """
    if width is not None and not 1 <= width <= BUNDLE_ENTRIES:
        raise FormatError("the width of a bundle is not 1..256")
    entries: list[bytes] = []
    at = 0
    while at < len(data) and len(entries) != width:
        if len(entries) == BUNDLE_ENTRIES:
            raise FormatError(f"a bundle has more than {BUNDLE_ENTRIES} entries")
        start = at + _LENGTH.size
        if start > len(data):
            raise FormatError("a bundle is cut inside a length")
        at = start + _LENGTH.unpack_from(data, at)[0]
        if at > len(data):
            raise FormatError("a bundle is cut inside an entry")
        entries.append(data[start:at])
    if len(entries) < (width or 1):
        raise FormatError("a bundle has fewer entries than it should")
    return entries
