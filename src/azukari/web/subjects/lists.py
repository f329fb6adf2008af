"""A list of local ids out of a table that somebody uploaded or named."""

from __future__ import annotations

import polars as pl

from azukari.errors import ColumnError, OptionError
from azukari.fields.kinds import Field, Kind
from azukari.tables import type_columns


def local_ids(frame: pl.DataFrame) -> list[str]:
    """The cells of the one column of local ids, in order; blank lines at the end are no rows of a table.

    A table of one column is that column, whatever its header. ColumnError if there is none, or several; OptionError
    for an empty table.
    """
    if not frame.height:
        raise OptionError("the list is empty")
    if frame.width == 1:
        return frame.to_series(0).to_list()
    named = [typing.header for typing in type_columns(frame) if typing.field == Field(Kind.LOCAL_ID)]
    if len(named) != 1:
        raise ColumnError("one column of local ids (宛名番号)")
    return frame[named[0]].to_list()
