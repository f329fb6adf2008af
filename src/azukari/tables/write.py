"""A frame of strings to a file: whole or not at all, and nothing in it changed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import polars as pl

from azukari.errors import FormatError, OptionError, StorageError
from azukari.tables.guard import FORMULA
from azukari.tables.read import TableKind
from azukari.tables.workbook_out import write_workbook

_SUFFIXES: Final[dict[str, TableKind]] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".txt": "tsv",
    ".xlsx": "xlsx",
    ".parquet": "parquet",
}


@dataclass(frozen=True, order=True)
class FormulaWarning:
    """数式と取られうる値。 ``count`` cells of ``column`` begin with a sign that a spreadsheet takes for a formula.

    They were written unchanged. Telephone numbers like +81 and amounts like -500 are counted too.
    """

    column: str
    count: int


@dataclass(frozen=True)
class Written:
    """書き出しの結果。 ``warnings`` is empty for XLSX and Parquet, where a text cannot become a formula."""

    path: Path
    kind: TableKind
    rows: int
    warnings: tuple[FormulaWarning, ...]


def write_table(frame: pl.DataFrame, path: Path | str, *, overwrite: bool = False) -> Written:
    """Write n rows x k string columns as the suffix says: .csv (UTF-8 with BOM, CRLF), .tsv, .xlsx, .parquet.

    A temporary file in the same folder is flushed to the disk, then takes the name in one step. Raises
    OptionError (unknown suffix; a file of that name, unless ``overwrite``), LimitError (what XLSX cannot
    hold), StorageError (the disk refused), FormatError (not a frame of strings).
    """
    path = Path(path)
    kind = _SUFFIXES.get(path.suffix.lower())
    if kind is None:
        raise OptionError(f"suffix is none of {', '.join(_SUFFIXES)}")
    if not frame.width or any(dtype != pl.String for dtype in frame.dtypes):
        raise FormatError("a frame of string columns expected")
    if path.exists() and not overwrite:
        raise OptionError("a file of that name exists")
    warnings = formula_warnings(frame) if kind in ("csv", "tsv") else ()
    write_atomically(path, lambda file: _WRITERS[kind](frame, file))
    return Written(path, kind, frame.height, warnings)


def formula_warnings(frame: pl.DataFrame) -> tuple[FormulaWarning, ...]:
    """The columns with cells that a spreadsheet may take for formulae, with their number."""
    counts = frame.select(pl.all().str.contains(FORMULA).sum()).row(0)
    found = zip(frame.columns, counts, strict=True)
    return tuple(FormulaWarning(column, count) for column, count in found if count)


def write_atomically(path: Path, write: Callable[[BinaryIO], None]) -> None:
    """Let ``write`` fill a new file, then move it to ``path``. On any error nothing stays behind.

    Raises StorageError for an OSError and whatever ``write`` raises otherwise.
    """
    temporary: Path | None = None
    try:
        # Only the owner may read it: the folder may be shared, and the name is not the final one.
        number, name = tempfile.mkstemp(prefix=".azukari-", suffix=".part", dir=path.parent)
        temporary = Path(name)
        with os.fdopen(number, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        temporary = None
    except OSError as error:
        raise StorageError(f"system error {error.errno}") from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _csv(frame: pl.DataFrame, file: BinaryIO) -> None:
    _text(frame, file, ",", "\r\n", bom=True)


def _tsv(frame: pl.DataFrame, file: BinaryIO) -> None:
    _text(frame, file, "\t", "\n", bom=False)


def _text(frame: pl.DataFrame, file: BinaryIO, separator: str, end: str, *, bom: bool) -> None:
    # Null is written as nothing; only in a table of one column a blank needs its quotation marks.
    cells = frame if frame.width == 1 else frame.select(pl.when(pl.all() != "").then(pl.all()))
    cells.write_csv(file, include_bom=bom, separator=separator, line_terminator=end)


def _xlsx(frame: pl.DataFrame, file: BinaryIO) -> None:
    write_workbook(frame, file)


def _parquet(frame: pl.DataFrame, file: BinaryIO) -> None:
    frame.write_parquet(file)


_WRITERS: Final[dict[TableKind, Callable[[pl.DataFrame, BinaryIO], None]]] = {
    "csv": _csv,
    "tsv": _tsv,
    "xlsx": _xlsx,
    "parquet": _parquet,
}
