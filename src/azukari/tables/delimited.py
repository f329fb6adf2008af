"""Delimited text (CSV, TSV) to a frame of strings: fast by the table engine, and slowly where it cannot judge.

The engine is quick but lenient: it pads short rows without a word. So the delimiters of the file are
counted: if the number is not what rows x columns ask for, or the engine gives up, a strict reader goes
through the file record by record and names the row.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Final

import polars as pl

from azukari.errors import FormatError, LimitError, TableError
from azukari.tables.headers import checked_headers
from azukari.tables.limits import Limits
from azukari.tables.nameless import source as engine_source
from azukari.tables.scan import Encoding, Scan, Source, examine, first_record

_BATCH: Final = 50_000  # rows that the strict reader holds as Python objects at a time
_TAIL: Final = 4096  # bytes at the end of a file that are searched for blank lines


def read_delimited(path: Path, limits: Limits) -> tuple[pl.DataFrame, Encoding, str]:
    """The frame, the encoding and the delimiter. Raises TableError, ColumnError, LimitError.

    Row numbers in messages count data rows from 1.
    """
    encoding, source, delimiter, scan = examine(path, limits)
    header = _header_record(source, limits)
    names = checked_headers(_fields(header, delimiter), limits)
    if scan.lines * len(names) > limits.cells:
        raise LimitError(f"{scan.lines} lines x {len(names)} columns, at most {limits.cells} cells")
    return _frame(source, names, delimiter, header, scan), encoding, delimiter


def _frame(source: Source, names: Sequence[str], delimiter: str, header: str, scan: Scan) -> pl.DataFrame:
    frame = engine_read(source, names, delimiter)
    if frame is not None:
        found = scan.delimiters - header.count(delimiter) - _inside_cells(frame, delimiter, scan.quoted)
        if found == (frame.height - _blank_lines_at_end(source)) * (len(names) - 1):
            return frame
    return _strict(source, names, delimiter)


def engine_read(source: Source, names: Sequence[str], delimiter: str = ",") -> pl.DataFrame | None:
    """What the engine makes of the text below its header, blank for null; None if it gives up.

    The engine's own messages quote cells, so they are dropped here and never chained.
    """
    try:
        return pl.read_csv(
            engine_source(source) if isinstance(source, Path) else source,
            has_header=False,
            skip_rows=1,
            separator=delimiter,
            schema=dict.fromkeys(names, pl.String),
            empty_string_is_null=False,
            raise_if_empty=False,
            glob=False,
        )
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return None


def _inside_cells(frame: pl.DataFrame, delimiter: str, quoted: bool) -> int:
    if not quoted:
        return 0
    counts = frame.select(pl.all().str.count_matches(delimiter, literal=True).sum())
    return sum(int(count or 0) for count in counts.row(0))


def _blank_lines_at_end(source: Source) -> int:
    tail = _tail(source).replace(b"\r\n", b"\n")
    return max(len(tail) - len(tail.rstrip(b"\n")) - 1, 0)


def _tail(source: Source) -> bytes:
    if isinstance(source, bytes):
        return source[-_TAIL:]
    with source.open("rb") as file:
        file.seek(max(source.stat().st_size - _TAIL, 0))
        return file.read(_TAIL)


def _header_record(source: Source, limits: Limits) -> str:
    """The first record, line feeds inside quotation marks included. Raises TableError, LimitError."""
    with _opened(source) as file:
        head = file.read(limits.line_bytes + 1)
    record = first_record(head.removeprefix(b"\xef\xbb\xbf"))
    if len(record) > limits.line_bytes:
        raise LimitError(f"header: more than {limits.line_bytes} bytes")
    text = record.decode("utf-8", errors="replace").rstrip("\r\n")
    if "\r" in text.replace("\r\n", "\n"):
        raise TableError("lines end in CR only")
    return text


def _fields(header: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(header, newline=""), delimiter=delimiter, strict=True), [])
    except csv.Error:
        pass
    raise TableError("header: quotation marks do not match")


def header_names(record: bytes) -> list[str]:
    """The names in a header record of our own CSV. Raises FormatError."""
    try:
        rows = list(csv.reader(io.StringIO(record.decode(), newline=""), strict=True))
    except (csv.Error, UnicodeDecodeError):
        rows = []
    if len(rows) != 1 or not rows[0]:
        raise FormatError("CSV header")
    return rows[0]


def _opened(source: Source) -> BinaryIO:
    return io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")


def _strict(source: Source, names: Sequence[str], delimiter: str) -> pl.DataFrame:
    """Record by record. Raises TableError with the number of the first row that does not fit."""
    with io.TextIOWrapper(_opened(source), encoding="utf-8-sig", newline="") as text:
        records = _records(text, delimiter)
        next(records, None)
        schema = dict.fromkeys(names, pl.String)
        parts = [pl.DataFrame(batch, schema=schema, orient="row") for batch in _batches(records, len(names))]
    return pl.concat(parts) if parts else pl.DataFrame(schema=schema)


def _records(text: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    number = -1  # the header is row 0
    while True:
        number += 1
        try:
            record = next(reader, None)
        except csv.Error:
            break
        if record is None:
            return
        yield record
    raise TableError(f"row {number}: quotation marks do not match, or the cell is too long")


def _batches(records: Iterator[list[str]], width: int) -> Iterator[list[list[str]]]:
    batch: list[list[str]] = []
    for number, record in enumerate(records, start=1):
        record = record or [""] * width  # a line without any character
        if len(record) != width:
            raise TableError(f"row {number}: {len(record)} cells instead of {width}")
        batch.append(record)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
