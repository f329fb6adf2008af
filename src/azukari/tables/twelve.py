"""Twelve digits, on whole columns: in doubt they are the individual number, whatever the check digit says."""

from __future__ import annotations

import re
from typing import Final

import polars as pl

from azukari.fields.numbers import SEPARATORS

_DIGIT: Final = "[0-9０-９]"
_OTHER: Final = "[^0-9０-９]"
_GAP: Final = f"[{re.escape(SEPARATORS)}\u200b\u2060\ufeff._/・]"
# Around the digits: what spreadsheets need to keep a number a text (="...", '...), and the ".0" of a float.
_CELL: Final = rf"^[\s'\"=＝’”]*(?:{_DIGIT}{_GAP}*){{12}}(?:[.．][0０]+)?[\s'\"’”]*$"
_FOURS: Final = f"{_DIGIT}{{4}}{_GAP}{{0,3}}{_DIGIT}{{4}}{_GAP}{{0,3}}{_DIGIT}{{4}}"
_ONES: Final = f"(?:{_DIGIT}{_GAP}{{1,2}}){{11}}{_DIGIT}"
_IN_TEXT: Final = f"(?:^|{_OTHER})(?:{_FOURS}|{_ONES})(?:{_OTHER}|$)"


def twelve_digits(column: pl.Expr) -> pl.Expr:
    """True for a cell that is twelve digits of either width, with separators anywhere between them."""
    return column.str.contains(_CELL)


def find_numbers_in_text(series: pl.Series) -> list[int]:
    """The rows, from 1, whose text holds twelve digits that are not part of a longer run of digits.

    Shape: a string series of n cells. Found are 12 digits of either width, together, in fours, or each apart
    by hyphens or spaces. The check digit is not asked: one wrongly keyed digit does not make it harmless.
    """
    return [row + 1 for row in series.str.contains(_IN_TEXT).fill_null(False).arg_true().to_list()]
