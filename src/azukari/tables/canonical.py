"""The one CSV form that azukari itself writes and reads back exactly: what goes into a package."""

from __future__ import annotations

import polars as pl

from azukari.errors import FormatError
from azukari.tables.delimited import engine_read, header_names
from azukari.tables.scan import first_record

_QUOTE = '"'


def table_to_csv_bytes(frame: pl.DataFrame) -> bytes:
    """UTF-8 without BOM, comma, LF after every record, RFC 4180 quotation marks only where they are needed.

    Shape: n rows x k columns of strings without nulls, k >= 1. The same frame always gives the same bytes.
    Raises FormatError for a frame of another shape.
    """
    if not frame.width or any(kind != pl.String for kind in frame.dtypes):
        raise FormatError("a frame of string columns expected")
    header = ",".join(_quoted(name, frame.width) for name in frame.columns) + "\n"
    # A blank is written as nothing; only in a table of one column would that be an empty line.
    cells = frame if frame.width == 1 else frame.select(pl.when(pl.all() != "").then(pl.all()))
    return header.encode() + cells.write_csv(include_header=False, line_terminator="\n").encode()


def csv_bytes_to_table(content: bytes) -> pl.DataFrame:
    """The exact inverse of ``table_to_csv_bytes``: no limit, no trimming, no dropped rows. Raises FormatError.

    The bytes are ours, authenticated by whoever calls; for other people's files there is ``read_table``.
    """
    names, frame = csv_records(content)
    if len(set(names)) != len(names):
        raise FormatError("column named twice")
    frame.columns = names
    return frame


def csv_records(content: bytes) -> tuple[list[str], pl.DataFrame]:
    """The names of the first record, which may be blank or doubled, and the others in columns "0", "1", ..."""
    names = header_names(first_record(content))
    frame = engine_read(content, [str(position) for position in range(len(names))])
    if frame is None:
        raise FormatError("CSV records")
    return names, frame


def _quoted(name: str, width: int) -> str:
    # A blank in front of the file would be taken for a byte order mark, a lone blank for an empty line.
    plain = not any(mark in name for mark in ',"\r\n\ufeff') and (name or width > 1)
    return name if plain else _QUOTE + name.replace(_QUOTE, _QUOTE * 2) + _QUOTE
