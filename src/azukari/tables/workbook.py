"""XLSX in: the zip is judged before anything is unpacked, the sheet is measured as a stream, a child parses.

What a workbook claims can be a thousand times what it weighs: one cell at XFD1048576 asks for 17 thousand
million cells. So the parser only ever runs in a process of its own, with a limit on memory and time.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import polars as pl

from azukari.errors import LimitError, TableError
from azukari.tables import workbook_child
from azukari.tables.canonical import csv_records
from azukari.tables.headers import checked_headers
from azukari.tables.limits import MIB, Limits
from azukari.tables.nameless import address

_SHEET: Final = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
_ROW: Final = re.compile(rb"<(?:\w+:)?row\b[^>]{0,400}?\br=[\"']([0-9]{1,10})[\"']")
_CELL: Final = re.compile(rb"\br=[\"']([A-Z]{1,3})[0-9]")
_ENTITY: Final = re.compile(rb"<!(?:DOCTYPE|ENTITY)")
_OVERLAP: Final = 512  # bytes kept between two pieces, so that no tag is missed at the seam
_SECONDS_OF_GRACE: Final = 60  # wall clock beyond the child's limit on CPU time


def read_workbook(path: Path, limits: Limits) -> pl.DataFrame:
    """The first visible sheet, row 1 its header, every cell as text. Raises TableError, LimitError, ColumnError.

    Whole numbers come out as plain digits, other numbers as the shortest decimal without exponent, dates as
    ISO 8601, yes/no as TRUE/FALSE, error values as blank. What a number format merely displays (zeros in
    front) is not in the cell and is not made up.
    """
    check_zip(path, limits)
    return _to_frame(_parsed(path, limits), limits)


def check_zip(path: Path, limits: Limits) -> None:
    """Refuse by size, entries, ratio, encryption and entities; then measure the sheets. TableError, LimitError."""
    if path.stat().st_size > limits.workbook_bytes:
        raise LimitError(f"workbook: more than {limits.workbook_bytes} bytes")
    problem = "damaged zip"
    try:
        with zipfile.ZipFile(path) as archive:
            _check_entries(archive.infolist(), limits)
            _check_sheets(archive, limits)
            return
    except NotImplementedError:
        problem = "compression that XLSX does not use"
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, RuntimeError, zlib.error):
        pass
    raise TableError(problem)


def _check_entries(entries: list[zipfile.ZipInfo], limits: Limits) -> None:
    if len(entries) > limits.workbook_entries:
        raise LimitError(f"workbook: {len(entries)} entries, at most {limits.workbook_entries}")
    names = {entry.filename for entry in entries}
    if len(names) != len(entries):
        raise TableError("zip entry twice")
    if "[Content_Types].xml" not in names or not any(_SHEET.fullmatch(name) for name in names):
        raise TableError("a zip file, but no XLSX")
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise TableError("encrypted workbook")
    if sum(entry.file_size for entry in entries) > limits.workbook_unpacked_bytes:
        raise LimitError(f"workbook: more than {limits.workbook_unpacked_bytes} bytes unpacked")
    for entry in entries:
        if entry.file_size > max(MIB, limits.workbook_ratio * entry.compress_size):
            raise LimitError(f"workbook: an entry unpacks to more than {limits.workbook_ratio} times its size")


def _check_sheets(archive: zipfile.ZipFile, limits: Limits) -> None:
    for entry in archive.infolist():
        if entry.filename.endswith((".xml", ".rels")):
            rows, columns = _extent(_pieces(archive, entry, limits), _SHEET.fullmatch(entry.filename) is not None)
            if columns > limits.columns:
                raise LimitError(f"workbook: {columns} columns, at most {limits.columns}")
            if rows > limits.workbook_rows or rows * columns > limits.workbook_cells:
                raise LimitError(f"workbook: {rows} rows x {columns} columns")


def _pieces(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limits: Limits) -> Iterator[bytes]:
    """The entry in pieces, never more of it than its directory entry announced."""
    left, tail = entry.file_size, b""
    with archive.open(entry) as stream:
        while piece := stream.read(limits.scan_bytes):
            left -= len(piece)
            if left < 0:
                raise LimitError("workbook: an entry is longer than announced")
            yield tail + piece
            tail = piece[-_OVERLAP:]


def _extent(pieces: Iterator[bytes], is_sheet: bool) -> tuple[int, int]:
    """Rows and columns up to the last cell of a sheet; (0, 0) for the other parts. Entities are refused."""
    rows, columns = 0, b""
    for piece in pieces:
        if _ENTITY.search(piece):
            raise TableError("workbook with XML entities")
        if is_sheet:
            rows = max(rows, max(map(int, _ROW.findall(piece)), default=0))
            names = set(_CELL.findall(piece))
            columns = max([columns, *names], key=lambda name: (len(name), name))
    return rows, _column_number(columns)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _parsed(path: Path, limits: Limits) -> bytes:
    """Canonical CSV from the child. Its words on standard error are codes; a death without one is the limit."""
    allowed = json.dumps(
        {
            "memory": limits.workbook_memory_bytes,
            "seconds": limits.workbook_cpu_seconds,
            "cells": limits.workbook_cells,
            "chars": limits.cell_chars,
            "bytes": limits.workbook_text_bytes,
        }
    )
    # -P keeps the folder of the script, which has a module named typing, off the path.
    command = [sys.executable, "-P", str(Path(workbook_child.__file__)), str(address(path)), allowed]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
        "RUST_BACKTRACE": "0",
    }
    try:
        child = subprocess.run(  # our own interpreter and script; the path is one argument
            command,
            check=False,
            capture_output=True,
            env=environment,
            stdin=subprocess.DEVNULL,
            timeout=limits.workbook_cpu_seconds + _SECONDS_OF_GRACE,
        )
    except subprocess.TimeoutExpired:
        child = None
    if child is None:
        raise LimitError("workbook: parsing took too long")
    _check_child(child.returncode)
    return child.stdout


def _check_child(code: int) -> None:
    if code == 0:
        return
    if code == workbook_child.UNREADABLE:
        raise TableError("no readable XLSX")
    if code == workbook_child.NO_SHEET:
        raise TableError("no visible sheet with cells")
    if code == workbook_child.ENCRYPTED:
        raise TableError("encrypted workbook")
    raise LimitError("workbook: too large to parse")


def _to_frame(text: bytes, limits: Limits) -> pl.DataFrame:
    names, frame = csv_records(text)
    width = len(names)
    while width and not names[width - 1] and frame.select((pl.nth(width - 1) == "").all()).item():
        width -= 1  # formatted but empty columns at the right edge are no columns
    checked_headers(names[:width], limits)
    frame = frame[:, :width]
    frame.columns = names[:width]
    return frame
