"""The first look at a text file: in pieces of bounded size, before anything is loaded.

It decides the encoding, refuses NUL bytes and endless lines, and counts what the reader later compares.
"""

from __future__ import annotations

import codecs
import io
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, Literal, TypeAlias

from azukari.errors import LimitError, TableError
from azukari.tables.limits import Limits

Encoding: TypeAlias = Literal["utf-8", "utf-8-sig", "cp932", "utf-16"]

Source: TypeAlias = Path | bytes

_DELIMITERS: Final = ("\t", ",", ";")
# The bytes 80, A0, FD, FE and FF are no characters; Python's cp932 lets them pass as these.
_UNASSIGNED: Final = re.compile("[\x80\uf8f0-\uf8f3]")
_BOMS: Final[tuple[tuple[bytes, Encoding], ...]] = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass
class Scan:
    """走査の結果。 Bytes, line feeds, delimiters and quotation marks of a text, counted piece by piece."""

    limits: Limits
    delimiter: bytes = b","
    lines: int = 0
    delimiters: int = 0
    quoted: bool = False
    _open: int = field(default=0, repr=False)  # bytes since the last line feed

    def feed(self, piece: bytes) -> None:
        """Look at the next piece. Raises TableError on a NUL byte, LimitError on a line that does not end."""
        if b"\0" in piece:
            raise TableError("NUL byte in the text")
        self.lines += piece.count(b"\n")
        self.delimiters += piece.count(self.delimiter)
        self.quoted = self.quoted or b'"' in piece
        self._measure(piece)

    def _measure(self, piece: bytes) -> None:
        """Hop from line feed to line feed, at most one line limit at a time: a handful of searches a piece."""
        limit, start = self.limits.line_bytes, 0
        room = limit + 1 - self._open
        while start + room <= len(piece):
            feed = piece.rfind(b"\n", start, start + room)
            if feed < 0:
                raise LimitError(f"line {self._line_at(piece, start)}: more than {limit} bytes")
            start, room = feed + 1, limit + 1
        last = piece.rfind(b"\n", start)
        self._open = len(piece) - last - 1 if last >= 0 else len(piece) - start + (self._open if not start else 0)

    def _line_at(self, piece: bytes, start: int) -> int:
        """The number, from 1, of the line that goes on at ``start`` of the piece just fed."""
        return self.lines - piece.count(b"\n", start) + 1


def examine(path: Path, limits: Limits) -> tuple[Encoding, Source, str, Scan]:
    """Encoding, UTF-8 source (the file itself where possible), delimiter and counts of a text file.

    The encoding is that of the BOM, else strict UTF-8, else strict CP932, else TableError: the same bytes
    always give the same answer, nothing is guessed from frequencies. A line that does not end is refused on
    the way (LimitError), so that a file without line feeds costs one line limit and no more.
    """
    with path.open("rb") as file:
        head = file.read(limits.line_bytes + 1)
    marked: Encoding | None = next((name for bom, name in _BOMS if head.startswith(bom)), None)
    if marked != "utf-16":
        # Quotation mark, line feed and delimiters are the same byte in UTF-8 and CP932, and no part of others.
        delimiter = delimiter_of(first_record(head).decode("latin-1"))
        scan = _scan_decoded(path, delimiter, limits)
        if scan is not None:
            return marked or "utf-8", path, delimiter, scan
        if marked is not None:
            raise TableError("bytes that are not UTF-8 after its byte order mark")
    encoding: Encoding = marked or "cp932"
    content = _recoded(path, encoding, limits)
    delimiter = delimiter_of(first_record(content).decode())
    return encoding, content, delimiter, _scan(io.BytesIO(content), delimiter, limits)


def first_record(content: bytes) -> bytes:
    """The bytes up to and including the first line feed outside quotation marks; all if there is none."""
    end, marks = -1, 0
    while (feed := content.find(b"\n", end + 1)) >= 0:
        marks += content.count(b'"', end + 1, feed)
        end = feed
        if marks % 2 == 0:
            return content[: end + 1]
    return content


def delimiter_of(header: str) -> str:
    """The candidate that occurs most often outside quotation marks; comma if there is none."""
    outside = "".join(header.split('"')[::2])
    counts = {delimiter: outside.count(delimiter) for delimiter in _DELIMITERS}
    best = max(_DELIMITERS, key=lambda delimiter: counts[delimiter])
    return best if counts[best] else ","


def _scan_decoded(path: Path, delimiter: str, limits: Limits) -> Scan | None:
    """The counts of a file that is strict UTF-8, None if it is not."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    scan = Scan(limits, delimiter.encode())
    with path.open("rb") as file:
        try:
            while piece := file.read(limits.scan_bytes):
                scan.feed(piece)
                decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return None
    return scan


def _scan(file: BinaryIO, delimiter: str, limits: Limits) -> Scan:
    scan = Scan(limits, delimiter.encode())
    while piece := file.read(limits.scan_bytes):
        scan.feed(piece)
    return scan


def _recoded(path: Path, encoding: Encoding, limits: Limits) -> bytes:
    """The file as UTF-8 without BOM, in memory. Raises TableError, LimitError (line length)."""
    out, guard = io.BytesIO(), Scan(limits)
    decoder = codecs.getincrementaldecoder(encoding)()
    broken = False
    with path.open("rb") as file:
        try:
            while piece := file.read(limits.scan_bytes):
                text = decoder.decode(piece)
                broken = broken or (encoding == "cp932" and _UNASSIGNED.search(text) is not None)
                guard.feed(text.encode())
                out.write(text.encode())
            decoder.decode(b"", final=True)
        except (UnicodeDecodeError, UnicodeEncodeError):
            broken = True  # raised below: the codec's own error holds the bytes of the file
    if broken:
        raise TableError("neither UTF-8 nor CP932 (Shift_JIS)" if encoding == "cp932" else "no UTF-16")
    return out.getvalue()
