"""Step 2, first half: which fields the columns of a specimen hold, row references among them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from azukari.fields.kinds import REFERENCE, Field, Kind
from azukari.fields.numbers import looks_like_individual_number
from azukari.fingerprint import references
from azukari.handover.sealing import REFERENCE_HEADER
from azukari.tables.typing import ColumnTyping
from azukari.trace.specimen import Specimen

_MOSTLY: Final = 0.5  # share of non-blank cells that must be references


def read_specimen(frame: pl.DataFrame, typings: Sequence[ColumnTyping]) -> Specimen:
    """A specimen from a table and its typing; the first column of row references is recognised by its look.

    Raises TableError for no rows, LimitError for too many.
    """
    fields: list[Field | None] = [typing.field for typing in typings]
    if REFERENCE not in fields:
        for number, typing in enumerate(typings):
            if typing.header == REFERENCE_HEADER or _looks_like_references(frame[typing.header]):
                fields[number] = REFERENCE
                break
    return Specimen(tuple(fields), tuple(_without_numbers(fields, row) for row in frame.rows()))


def _without_numbers(fields: Sequence[Field | None], row: Sequence[str]) -> tuple[str, ...]:
    """Individual numbers of a specimen are neither kept, committed to nor handed on: no step asks for them."""
    return tuple(
        "" if (field and field.kind is Kind.INDIVIDUAL_NUMBER) or looks_like_individual_number(cell) else cell
        for field, cell in zip(fields, row, strict=True)
    )


def _looks_like_references(column: pl.Series) -> bool:
    cells = [cell for cell in column.head(1000).to_list() if cell.strip()]
    return bool(cells) and sum(bool(references.normal(cell)) for cell in cells) > _MOSTLY * len(cells)
