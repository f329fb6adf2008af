"""Parquet in: every column as text, without loss."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import polars as pl

from azukari.errors import LimitError, TableError
from azukari.tables.headers import checked_headers
from azukari.tables.limits import Limits
from azukari.tables.nameless import source

_EXACT = 2**53  # below this a float64 holds every whole number


def read_parquet(path: Path, limits: Limits) -> pl.DataFrame:
    """The table as strings, null as blank. Raises TableError, LimitError, ColumnError.

    Whole numbers become plain digits even where the file holds them as floats (a data frame with gaps turns
    12 digits into floats, and they must still be seen as 12 digits); dates and times become ISO 8601.
    Columns of lists, structures or bytes are refused by name.
    """
    schema, rows = _shape(path)
    checked_headers(list(schema), limits)
    if rows > limits.rows or rows * len(schema) > limits.cells:
        raise LimitError(f"{rows} rows x {len(schema)} columns")
    for name, kind in schema.items():
        if kind.is_nested() or kind in (pl.Binary, pl.Object):
            raise TableError(f"column {name}: {kind} is not text")
    frame = _loaded(path)
    return frame.select(_as_text(frame.get_column(name)) for name in frame.columns)


def _shape(path: Path) -> tuple[dict[str, pl.DataType], int]:
    try:
        lazy = pl.scan_parquet(source(path), glob=False)
        return dict(lazy.collect_schema()), int(lazy.select(pl.len()).collect().item())
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
        pass  # raised below: the engine's message may quote the file
    raise TableError("no readable Parquet")


def _loaded(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(source(path), glob=False)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
        pass
    raise TableError("no readable Parquet")


def _as_text(column: pl.Series) -> pl.Series:
    kind = column.dtype
    if kind.is_float():
        column = _floats(column)
    elif kind == pl.Datetime:
        column = _datetimes(column)
    elif kind == pl.Duration:
        column = column.dt.to_string("iso")
    elif kind == pl.Boolean:
        column = column.cast(pl.String).str.to_uppercase()
    return column.cast(pl.String).fill_null("")


def _floats(column: pl.Series) -> pl.Series:
    whole = column.is_finite() & (column.abs() < _EXACT) & (column == column.floor())
    digits = pl.select(pl.when(whole).then(column).cast(pl.Int64).cast(pl.String)).to_series()
    texts = column.cast(pl.String)
    exponents = texts.filter(texts.str.contains("e", literal=True).fill_null(False)).unique()
    plain = {text: format(Decimal(text), "f") for text in exponents}
    decimals = texts.replace(plain).str.strip_suffix(".0")
    return pl.select(pl.coalesce(digits, decimals).alias(column.name)).to_series()


def _datetimes(column: pl.Series) -> pl.Series:
    """A column without any time of day holds dates: data frames know no other type for them."""
    without_time = (column.dt.truncate("1d") == column).all() and column.dtype.time_zone is None  # type: ignore[attr-defined]  # the dtype is Datetime here
    return column.dt.to_string("%Y-%m-%d") if without_time else column.dt.to_string("iso:strict")
