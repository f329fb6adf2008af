"""A body's register and the copies it handed over, shared by the tests of tracing and of evidence."""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl

from azukari.fields.kinds import Field, Kind
from azukari.testing.people import COLUMNS as ALL_COLUMNS
from azukari.testing.people import fictitious_people, other_people
from azukari.testing.sealed import SealedCopy, fixed_bytes, fixed_id, seal_copy
from azukari.trace.specimen import Specimen
from azukari.trace.tracing import Trace, trace

ROWS = 900
COLUMNS = {header: field for header, field in ALL_COLUMNS.items() if field.kind is not Kind.INDIVIDUAL_NUMBER}
SHOWN = ("氏名", "フリガナ", "生年月日", "電話番号", "住所", "配偶者所得")
# Who got what: two firms everything, one addresses only, one names only.
FIRMS = {
    "seiran": tuple(COLUMNS),
    "shiraho": tuple(COLUMNS),
    "wakaba": ("氏名", "住所", "郵便番号"),
    "yamabiko": ("氏名", "フリガナ"),
}


@cache
def register() -> pl.DataFrame:
    """The body's register, without the individual number."""
    return fictitious_people(ROWS, 5).select(list(COLUMNS))


@cache
def others() -> pl.DataFrame:
    """People of another body."""
    return other_people(200, 6).select(list(COLUMNS))


@cache
def copies() -> tuple[SealedCopy, ...]:
    """One copy for each firm."""
    return tuple(seal_copy(register(), {h: COLUMNS[h] for h in heads}, name) for name, heads in FIRMS.items())


def copy_of(name: str) -> SealedCopy:
    """The copy of a firm."""
    return next(one for one in copies() if one.name == name)


def id_of(name: str) -> str:
    """Its hand-over."""
    return copy_of(name).entry.hand_over


def rng(seed: int = 1) -> np.random.Generator:
    """Repeatable chance."""
    return np.random.default_rng(seed)


def specimen_of(table: pl.DataFrame, fields: dict[str, Field | None] | None = None) -> Specimen:
    """A sample whose columns are typed by their headers."""
    known: dict[str, Field | None] = {**COLUMNS, "行参照": Field(Kind.REFERENCE), **(fields or {})}
    return Specimen(tuple(known.get(header) for header in table.columns), tuple(table.rows()))


def traced(
    specimen: Specimen,
    sealed: tuple[SealedCopy, ...] | None = None,
    *,
    burned: tuple[str, ...] = (),
    source_rows: dict[str, dict[int, int]] | None = None,
    shams: int = 50,
) -> Trace:
    """The trace of a sample over the copies of the firms."""
    every = copies() if sealed is None else sealed
    return trace(
        specimen,
        [one.copy(i, burned=one.name in burned) for i, one in enumerate(every)],
        specimen_id=fixed_id("specimen"),
        committed=specimen.commitment(fixed_bytes("opening")),
        specimens_in_case=1,
        source_rows=source_rows,
        shams=shams,
    )
