"""The copy record: what the office keeps of a copy it sealed, in one encrypted columnar file (docs/spec/package.md, section 9).

No clear value is in it: keyed linkage digests, salted cell commitments, source row numbers and the
local ids that the way back needs. Classed personal, with an expiry. Sections are cut into chunks that
are encrypted one by one, so that a trace reads only the parts it needs.
"""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Iterable
from typing import BinaryIO, Final

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from numpy.typing import NDArray

from azukari.errors import FormatError, WrongKeyError
from azukari.ledger.entry import canonical

MAGIC: Final = b"azukari/copy-record/v1\n"
SMALL_CHUNK: Final = 16_384  # clear bytes per encrypted chunk of a section that is read row by row
LARGE_CHUNK: Final = 1 << 20  # of a section that is read whole
_ROW_BY_ROW: Final = frozenset({"cells", "local-id/text"})
TAG: Final = 16
_DIRECTORY: Final = 0xFFFFFFFF
_TRAILER: Final = struct.Struct(">Q")
MAX_DIRECTORY: Final = 1 << 20  # bytes


class RecordWriter:
    """写しの控えの書き手。 Writes sections one after the other; `close` writes the directory.

    ``key``: 32 fresh random bytes, used for this file only, so that counters serve as nonces.
    """

    def __init__(self, out: BinaryIO, key: bytes, hand_over: str) -> None:
        self._out = out
        self._aead = AESGCM(key)
        self._hand_over = hand_over
        self._sections: list[tuple[str, int, int]] = []  # name, offset, clear bytes
        self._offset = out.write(MAGIC)

    def section(self, name: str, data: Iterable[bytes]) -> None:
        """Write one section from pieces of any size."""
        start, number, step = self._offset, len(self._sections), _chunk(name)
        size, chunk, rest = 0, 0, b""
        for piece in data:
            rest += piece
            size += len(piece)
            whole = len(rest) // step * step
            for i in range(0, whole, step):
                self._write(number, chunk, rest[i : i + step])
                chunk += 1
            rest = rest[whole:]
        if rest:
            self._write(number, chunk, rest)
        self._sections.append((name, start, size))

    def close(self) -> None:
        """Write the directory. The file is of no use before."""
        directory = canonical([list(section) for section in self._sections])
        sealed = self._aead.encrypt(_nonce(_DIRECTORY, 0), directory, _context(self._hand_over, _DIRECTORY))
        self._out.write(sealed)
        self._out.write(_TRAILER.pack(len(sealed)))

    def _write(self, section: int, chunk: int, clear: bytes) -> None:
        self._offset += self._out.write(
            self._aead.encrypt(_nonce(section, chunk), clear, _context(self._hand_over, section))
        )


class RecordReader:
    """写しの控えの読み手。 Reads sections, or parts of them. Raises FormatError, WrongKeyError."""

    def __init__(self, source: BinaryIO, key: bytes, hand_over: str) -> None:
        self._source = source
        self._aead = AESGCM(key)
        self._hand_over = hand_over
        self._sections = {name: (i, offset, size) for i, (name, offset, size) in enumerate(self._directory())}

    @property
    def names(self) -> list[str]:
        """The sections that are there."""
        return list(self._sections)

    def read(self, name: str, start: int = 0, size: int | None = None) -> bytes:
        """``size`` bytes of a section from ``start``; all of it by default."""
        return bytes(self._read(name, start, size))

    def _read(self, name: str, start: int = 0, size: int | None = None) -> memoryview:
        if name not in self._sections:
            raise FormatError(f"no section {name}")
        section, offset, total = self._sections[name]
        stop = total if size is None else start + size
        if not 0 <= start <= stop <= total:
            raise FormatError("outside of the section")
        step = _chunk(name)
        first, last = start // step, -(-stop // step)
        clear = np.empty(min(last * step, total) - first * step, dtype=np.uint8).data
        sealed = memoryview(bytearray(step + TAG))  # used again for every chunk: memory costs more than AES here
        self._source.seek(offset + first * (step + TAG))
        for chunk in range(first, last):
            part = clear[(chunk - first) * step : (chunk - first + 1) * step]
            read = self._source.readinto(sealed[: len(part) + TAG])  # type: ignore[attr-defined] # a binary file has it
            self._open_into(section, chunk, sealed[:read], part)
        return clear[start - first * step : stop - first * step]

    def numbers(self, name: str, dtype: str) -> NDArray[np.generic]:
        """A section of numbers as an array."""
        return np.frombuffer(self._read(name), dtype=np.dtype(dtype))

    def _directory(self) -> list[tuple[str, int, int]]:
        end = self._source.seek(0, io.SEEK_END)
        self._source.seek(0)
        if self._source.read(len(MAGIC)) != MAGIC or end < len(MAGIC) + _TRAILER.size:
            raise FormatError("copy record")
        self._source.seek(end - _TRAILER.size)
        (length,) = _TRAILER.unpack(self._source.read(_TRAILER.size))
        if length > min(MAX_DIRECTORY, end):
            raise FormatError("copy record")
        self._source.seek(end - _TRAILER.size - length)
        return [
            (name, offset, size)
            for name, offset, size in json.loads(self._open(_DIRECTORY, 0, self._source.read(length)))
        ]

    def _open(self, section: int, chunk: int, sealed: bytes) -> bytes:
        clear = bytearray(max(0, len(sealed) - TAG))
        self._open_into(section, chunk, sealed, memoryview(clear))
        return bytes(clear)

    def _open_into(self, section: int, chunk: int, sealed: bytes | memoryview, clear: memoryview) -> None:
        if len(sealed) != len(clear) + TAG:
            raise FormatError("copy record cut short")
        try:
            self._aead.decrypt_into(_nonce(section, chunk), sealed, _context(self._hand_over, section), clear)
        except InvalidTag as error:
            raise WrongKeyError("copy record") from error


def _chunk(name: str) -> int:
    return SMALL_CHUNK if name in _ROW_BY_ROW else LARGE_CHUNK


def _nonce(section: int, chunk: int) -> bytes:
    return struct.pack(">IQ", section, chunk)


def _context(hand_over: str, section: int) -> bytes:
    return MAGIC + f"{hand_over}/{section}".encode()
