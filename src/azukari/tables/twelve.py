"""Twelve digits, on whole columns: in doubt they are the individual number, whatever the check digit says."""

from __future__ import annotations

import re
from itertools import product
from typing import Final

import polars as pl

from azukari.fields.numbers import SEPARATORS, individual_check_digit

_DIGIT: Final = "[0-9０-９]"
_OTHER: Final = "[^0-9０-９]"
_GAP: Final = f"[{re.escape(SEPARATORS)}\u200b\u2060\ufeff._/・]"
# Around the digits: what spreadsheets need to keep a number a text (="...", '...), and the ".0" of a float.
_CELL: Final = rf"^[\s'\"=＝’”]*(?:{_DIGIT}{_GAP}*){{12}}(?:[.．][0０]+)?[\s'\"’”]*$"
_FOURS: Final = f"{_DIGIT}{{4}}{_GAP}{{0,3}}{_DIGIT}{{4}}{_GAP}{{0,3}}{_DIGIT}{{4}}"
_ONES: Final = f"(?:{_DIGIT}{_GAP}{{1,2}}){{11}}{_DIGIT}"
# Other groups, as 884-117-009-387: of three digits or more, so that a day with an hour is none.
_GROUPS: Final = [
    sizes
    for count in (2, 3, 4)
    for sizes in product(range(3, 10), repeat=count)
    if sum(sizes) == 12 and sizes != (4, 4, 4)
]
_BETWEEN: Final = f"[{re.escape(SEPARATORS)}]{{1,2}}"
_ODD: Final = "|".join(_BETWEEN.join(f"{_DIGIT}{{{size}}}" for size in sizes) for sizes in _GROUPS)
_IN_TEXT: Final = f"(?:^|{_OTHER})(?:{_FOURS}|{_ONES}|{_ODD})(?:{_OTHER}|$)"
_TO_ASCII: Final = str.maketrans("０１２３４５６７８９", "0123456789")
_NO_DIGIT: Final = re.compile("[^0-9]")


def twelve_digits(column: pl.Expr) -> pl.Expr:
    """True for a cell that is twelve digits of either width, with separators anywhere between them."""
    return column.str.contains(_CELL)


def without_twelve_digits(frame: pl.DataFrame) -> pl.DataFrame:
    """The columns of a frame of strings in which no cell is twelve digits: what a digest may be taken of."""
    seen = frame.select(twelve_digits(pl.all()).any()).row(0) if frame.width else ()
    return frame.select([name for name, there in zip(frame.columns, seen, strict=True) if not there])


def find_numbers_in_text(series: pl.Series) -> list[int]:
    """The rows, from 1, whose text holds twelve digits that are not part of a longer run of digits.

    Shape: a string series of n cells. Found are 12 digits of either width, together, in groups of three or more,
    or each apart by hyphens or spaces. The check digit is not asked: one wrongly keyed digit does not make it harmless.
    """
    return [row + 1 for row in series.str.contains(_IN_TEXT).fill_null(False).arg_true().to_list()]


def find_number_cells(series: pl.Series) -> list[int]:
    """The rows, from 1, in which a column of amounts, codes or identifiers holds what may be an individual number.

    Shape: a string series of n cells. Where most cells are twelve digits, an officer has said that they are no number:
    about one in ten passes the check digit by chance, and only more than half of them show that the officer erred.
    Elsewhere a cell of twelve digits is a stranger, and one that passes is found.
    """
    cells = series.to_frame("cell").with_row_index("row")
    twelve = cells.filter(twelve_digits(pl.col("cell")))
    passing = [row + 1 for row, cell in twelve.iter_rows() if _passes(cell)]
    filled = int((series.str.strip_chars() != "").sum())
    ordinary = 2 * twelve.height > filled and 2 * len(passing) <= twelve.height
    return [] if ordinary else passing


def _passes(cell: str) -> bool:
    """Of a cell that is twelve digits; a float's ".0" is not among them."""
    digits = _NO_DIGIT.sub("", cell.translate(_TO_ASCII))[:12]
    return individual_check_digit(digits[:11]) == digits[11]
