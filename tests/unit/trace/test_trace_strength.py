"""How many rows name a copy: what is told before sealing holds for a real trace of a real copy."""

from __future__ import annotations

import polars as pl
import pytest
from tests.unit.trace.cases import COLUMNS, register

from azukari.fields.kinds import Field, Kind
from azukari.testing.people import fictitious_people
from azukari.testing.sealed import seal_copy, trace_case
from azukari.trace.specimen import Specimen
from azukari.trace.strength import ROWS, rows_that_name

SEED = b"\x05" * 32
LEAVING = [(header, field) for header, field in COLUMNS.items() if field.kind in (Kind.NAME, Kind.PHONE, Kind.ADDRESS)]


def test_strength_when_told_then_that_many_rows_of_a_real_copy_are_accused() -> None:
    rows = rows_that_name(register(), LEAVING, 2, SEED)
    assert rows is not None and rows in ROWS
    copies = [seal_copy(register(), dict(LEAVING), name, canaries=0) for name in ("seiran", "shiraho")]
    leaked = copies[0].table.sample(rows, seed=3).select(header for header, _ in LEAVING)
    specimen = Specimen(tuple(field for _, field in LEAVING), tuple(leaked.rows()))
    case = trace_case(specimen, copies)
    assert case.trace.finding.accused == (copies[0].entry.hand_over,)


def test_strength_when_there_are_more_hand_overs_then_never_fewer_rows() -> None:
    told = [rows_that_name(register(), LEAVING, count, SEED) for count in (1, 1_000, 10**9)]
    assert None not in told and told == sorted(told, key=lambda rows: rows or 0)


@pytest.mark.parametrize(
    ("frame", "leaving"),
    [
        (register(), [("年金額", Field(Kind.AMOUNT))]),  # bears no spelling
        (register().head(4), LEAVING),  # fewer rows than any trial
        (register().head(0), LEAVING),
        (pl.DataFrame({"氏名": ["佐藤愛"] * 600}), [("氏名", Field(Kind.NAME))]),  # no gap to spell
        (
            pl.DataFrame({"氏名": ["佐藤　愛"] * 600}),
            [("氏名", Field(Kind.NAME))],
        ),  # one value says one bit, however often
        (fictitious_people(8, 3), [("氏名", Field(Kind.NAME))]),
    ],
)
def test_strength_when_no_sound_figure_can_be_had_then_nothing_is_said(
    frame: pl.DataFrame, leaving: list[tuple[str, Field]]
) -> None:
    assert rows_that_name(frame, leaving, 1, SEED) is None
