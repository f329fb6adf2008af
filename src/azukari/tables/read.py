"""A file of any permitted kind to a frame of strings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

import polars as pl

from azukari.errors import LimitError, NotFoundError, TableError
from azukari.tables.delimited import read_delimited
from azukari.tables.limits import LIMITS, Limits
from azukari.tables.parquet import read_parquet
from azukari.tables.workbook import read_workbook

TableKind: TypeAlias = Literal["csv", "tsv", "xlsx", "parquet"]

_FOREIGN: Final = (
    (b"\xd0\xcf\x11\xe0", "an encrypted workbook or an old XLS file: save it as XLSX without a password"),
    (b"%PDF", "a PDF file"),
    (b"\x1f\x8b", "a compressed file: unpack it first"),
    (b"\x28\xb5\x2f\xfd", "a compressed file: unpack it first"),
    (b"BZh91AY&SY", "a compressed file: unpack it first"),
    (b"\xfd7zXZ\x00", "a compressed file: unpack it first"),
    (b"7z\xbc\xaf", "a compressed file: unpack it first"),
)


@dataclass(frozen=True)
class Table:
    """表。 What was read: a frame of n >= 1 rows x k >= 1 columns, all strings, a blank cell is "".

    ``encoding`` and ``delimiter`` are "" for XLSX and Parquet. ``blank_rows`` is the number of rows without
    any content at the end, which were left out.
    """

    frame: pl.DataFrame
    encoding: str
    delimiter: str
    kind: TableKind
    blank_rows: int = 0


def read_table(path: Path | str, *, limits: Limits = LIMITS) -> Table:
    """Read CSV, TSV, XLSX or Parquet, told apart by content; nothing is inferred, zeros in front survive.

    Raises NotFoundError (no such file), TableError (a directory, an empty file, no data rows, ragged rows
    with the row number, NUL bytes, not a table), ColumnError (a column without a name, by position, or named
    twice), LimitError (see ``Limits``).
    """
    path = Path(path)
    head = _head(path, limits)
    try:
        return _checked(_read(path, head, limits), limits)
    except OSError as error:
        raise TableError("the file cannot be read") from error


def _read(path: Path, head: bytes, limits: Limits) -> Table:
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return Table(read_workbook(path, limits), "", "", "xlsx")
    # The magic is followed by a Thrift field; a CSV file may have a column named PAR1.
    if head.startswith(b"PAR1\x15"):
        return Table(read_parquet(path, limits), "", "", "parquet")
    frame, encoding, delimiter = read_delimited(path, limits)
    return Table(frame, encoding, delimiter, "tsv" if delimiter == "\t" else "csv")


def _head(path: Path, limits: Limits) -> bytes:
    """The first bytes of a file that may be read."""
    if not path.exists():
        raise NotFoundError("no such file")
    if not path.is_file():
        raise TableError("a directory or device, not a file")
    size = path.stat().st_size
    if size == 0:
        raise TableError("the file is empty")
    if size > limits.file_bytes:
        raise LimitError(f"file: {size} bytes, at most {limits.file_bytes}")
    head = _first_bytes(path)
    for magic, what in _FOREIGN:
        if head.startswith(magic):
            raise TableError(what)
    return head


def _first_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(16)
    except OSError as error:
        raise TableError("the file cannot be opened") from error


def _checked(table: Table, limits: Limits) -> Table:
    frame = _without_blank_end(table.frame)
    if frame.height == 0:
        raise TableError("no data rows")
    if frame.height > limits.rows:
        raise LimitError(f"{frame.height} rows, at most {limits.rows}")
    _check_cells(frame, limits)
    blank_rows = table.frame.height - frame.height
    return Table(frame, table.encoding, table.delimiter, table.kind, blank_rows)


def _without_blank_end(frame: pl.DataFrame) -> pl.DataFrame:
    """Spreadsheets leave rows of nothing below the last person; they are nobody's data and would be counted."""
    blank = pl.all_horizontal(pl.all() == "")
    if frame.height == 0 or not frame.tail(1).select(blank).item():
        return frame
    filled = frame.select(blank).to_series().not_().arg_true()
    return frame.head(int(filled[-1]) + 1 if filled.len() else 0)


def _check_cells(frame: pl.DataFrame, limits: Limits) -> None:
    # A character has at least one byte, so the cheap count of bytes clears nearly every column.
    longest = frame.select(pl.all().str.len_bytes().max())
    for name in frame.columns:
        if longest.get_column(name).item() > limits.cell_chars:
            chars = frame.get_column(name).str.len_chars()
            if (row := chars.arg_max()) is not None and chars[row] > limits.cell_chars:
                raise LimitError(f"column {name}, row {row + 1}: more than {limits.cell_chars} characters")
