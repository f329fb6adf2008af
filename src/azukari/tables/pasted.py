"""A row or two pasted from anywhere: a mail, a chat, a spreadsheet, a screenshot that was typed off."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass

import polars as pl

from azukari.errors import LimitError, TableError
from azukari.tables.contents import looks_like_data
from azukari.tables.limits import LIMITS, Limits
from azukari.tables.vocabulary import read_header

_GAP = re.compile(r"[ \u3000]{2,}")


@dataclass(frozen=True)
class Pasted:
    """貼り付け。 n rows x k columns of strings; without a header line the columns are "column-1", "column-2", ..."""

    frame: pl.DataFrame
    has_header: bool


def parse_pasted(text: str, *, limits: Limits = LIMITS) -> Pasted:
    """Read pasted text: cells apart by tabs, else commas, else two or more spaces of either width.

    The first of several lines is the header if one of its cells is a known column name, none looks like data
    and no name is blank or doubled. Short rows are filled with blanks: whoever pastes has no second try at the
    file. Raises TableError (nothing pasted), LimitError (characters, rows, columns).
    """
    if len(text) > limits.pasted_chars:
        raise LimitError(f"pasted text: more than {limits.pasted_chars} characters")
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    rows = [[cell.strip() for cell in row] for row in _rows(text) if any(cell.strip() for cell in row)]
    if not rows:
        raise TableError("nothing was pasted")
    width = max(map(len, rows))
    if width > limits.columns or len(rows) > limits.pasted_rows:
        raise LimitError(f"pasted text: {len(rows)} rows x {width} columns")
    return _pasted([row + [""] * (width - len(row)) for row in rows], width)


def _pasted(rows: list[list[str]], width: int) -> Pasted:
    has_header = len(rows) > 1 and _is_header(rows[0])
    names = rows.pop(0) if has_header else [f"column-{place}" for place in range(1, width + 1)]
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")
    return Pasted(frame, has_header)


def _is_header(row: list[str]) -> bool:
    if "" in row or len(set(row)) < len(row) or any(looks_like_data(cell) for cell in row):
        return False
    return any(read_header(cell).kind is not None for cell in row)


def _rows(text: str) -> list[list[str]]:
    if "\t" in text:
        return _delimited(text, "\t")
    if "," in text:
        return _delimited(text, ",")
    return [_GAP.split(line.strip(" \u3000")) for line in text.split("\n")]


def _delimited(text: str, delimiter: str) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        # Torn out of its file, a quotation mark may have lost its partner.
        return [line.split(delimiter) for line in text.split("\n")]
