"""Cells that a spreadsheet would take for formulae: found, and in our own CSV disarmed in a way that can be undone."""

from __future__ import annotations

from typing import Final

import polars as pl

# Also the full-width forms: a Japanese Excel takes them for formulae too.
FORMULA: Final = r"^[=+\-@\t\r＝＋－＠]"
_ARMED: Final = r"^[=+\-@\t\r＝＋－＠']"
_GUARDED: Final = r"^'([=+\-@\t\r＝＋－＠'])"


def guarded(frame: pl.DataFrame) -> pl.DataFrame:
    """An apostrophe before each cell that would be a formula, and before one that begins with an apostrophe.

    For n rows x k string columns; ``unguarded`` gives every cell back as it was.
    """
    return frame.select(pl.when(pl.all().str.contains(_ARMED)).then("'" + pl.all()).otherwise(pl.all()).name.keep())


def unguarded(frame: pl.DataFrame) -> pl.DataFrame:
    """Take the apostrophes of ``guarded`` away."""
    return frame.select(pl.all().str.replace(_GUARDED, "$1"))
