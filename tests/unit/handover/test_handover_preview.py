"""The marks shown before sealing are of the kind that sealing puts in, and change no value."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azukari.fields.kinds import Field, Kind
from azukari.fields.spelling import SLOTS, presentation, read
from azukari.handover.preview import LOOKED_AT, SHOWN, preview
from azukari.testing.people import COLUMNS, fictitious_people
from azukari.testing.sealed import seal_copy

PEOPLE = fictitious_people(300, 5)
LEAVING = [(h, f) for h, f in COLUMNS.items() if f.kind not in (Kind.INDIVIDUAL_NUMBER, Kind.LOCAL_ID)]
SECRET = b"\x09" * 32


def test_preview_when_compared_with_a_sealed_copy_then_the_same_canaries_and_places() -> None:
    found, copy = preview(PEOPLE, LEAVING, SECRET), seal_copy(PEOPLE, dict(LEAVING), "seiran")
    assert found.canaries == copy.rows - PEOPLE.height > 0
    for places in found.columns:
        assert places.field.kind in SLOTS and 0 < places.cells <= places.slots <= PEOPLE.height * len(
            SLOTS[places.field.kind]
        )
    gaps = next(one for one in found.columns if one.field == Field(Kind.NAME))
    assert gaps.cells == sum(bool(read(Kind.NAME, name)) for name in PEOPLE["氏名"])


def test_preview_when_shown_then_something_changes_and_no_value_does() -> None:
    found = preview(PEOPLE, LEAVING, SECRET)
    assert len(found.examples) == SHOWN
    for example in found.examples:
        assert example.before != example.after
        for places, old, new in zip(found.columns, example.before, example.after, strict=True):
            assert presentation(places.field.kind, old) == presentation(places.field.kind, new)


def test_preview_when_the_key_is_another_then_the_examples_differ() -> None:
    one, other = (preview(PEOPLE, LEAVING, bytes([n]) * 32).examples for n in (1, 2))
    assert [e.after for e in one] != [e.after for e in other]


@pytest.mark.parametrize("rows", [0, 1, 49, 50, LOOKED_AT + 7])
@pytest.mark.parametrize("leaving", [[], LEAVING[:1], [("年金額", Field(Kind.AMOUNT))]], ids=["none", "one", "amount"])
def test_preview_when_the_table_is_of_any_size_then_counts_stay_within_it(
    rows: int, leaving: list[tuple[str, Field]]
) -> None:
    found = preview(fictitious_people(max(rows, 1), 3).head(rows), leaving, SECRET)
    assert found.rows == rows and len(found.examples) <= min(SHOWN, rows)
    assert not found.canaries or (rows >= 50 and {f.kind for _, f in leaving} & {Kind.NAME, Kind.KANA})
    assert all(places.cells <= rows for places in found.columns)


@settings(max_examples=40)
@given(cells=st.lists(st.text(max_size=30), min_size=1, max_size=20), kind=st.sampled_from(sorted(SLOTS)))
def test_preview_when_cells_are_anything_then_no_value_changes(cells: list[str], kind: Kind) -> None:
    found = preview(pl.DataFrame({"x": cells}, schema={"x": pl.String}), [("x", Field(kind))], SECRET)
    for example in found.examples:
        assert presentation(kind, example.before[0]) == presentation(kind, example.after[0])
