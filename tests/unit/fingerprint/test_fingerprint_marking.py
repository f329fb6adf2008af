"""Spelling a column: as the rules say cell by cell, and nothing but presentation ever changes."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.fields.texts import SLOTTED, addresses, cells_of

from azukari.errors import MarkError
from azukari.fields.kinds import Kind
from azukari.fields.spelling import SLOTS, bearing, presentation, read, spell
from azukari.fingerprint.codes import code_words, forms, tags
from azukari.fingerprint.marking import spell_column, verify_sample

KEYS = st.binary(min_size=32, max_size=32)


def coded(kind: Kind, cell: str, key: bytes) -> dict[str, int]:
    words = code_words(key, tags(kind, [presentation(kind, cell)]))
    return {slot.name: int(forms(words, slot)[0]) for slot in SLOTS[kind]}


@pytest.mark.parametrize("kind", SLOTTED)
@given(key=KEYS, data=st.data())
@settings(max_examples=100)
def test_column_when_spelled_then_as_the_cell_rules_spell_each_cell(
    kind: Kind, key: bytes, data: st.DataObject
) -> None:
    cells = data.draw(st.lists(cells_of(kind), min_size=1, max_size=10))
    delivered, plain = spell_column(pl.Series("c", cells, dtype=pl.String), kind, key)
    assert delivered.name == "c"
    assert delivered.to_list() == [spell(kind, cell, coded(kind, cell, key)) for cell in cells]
    assert plain.to_list() == [presentation(kind, cell) for cell in cells]
    assert plain.to_list() == [presentation(kind, cell) for cell in delivered]


@given(KEYS, st.lists(addresses(), min_size=1, max_size=8))
def test_column_when_addresses_are_well_formed_then_every_borne_slot_carries_its_code(
    key: bytes, cells: list[str]
) -> None:
    delivered, _ = spell_column(pl.Series(cells, dtype=pl.String), Kind.ADDRESS, key)
    for before, after in zip(cells, delivered, strict=True):
        wanted = coded(Kind.ADDRESS, before, key)
        for slot in bearing(Kind.ADDRESS, before):
            assert read(Kind.ADDRESS, after)[slot.name] == wanted[slot.name]


@given(KEYS)
def test_column_when_values_are_equal_then_spelled_alike_whatever_their_source_spelling(key: bytes) -> None:
    cells = ["佐藤 愛", "佐藤\u3000愛", "佐藤 愛"]
    assert len(set(spell_column(pl.Series(cells), Kind.NAME, key)[0])) == 1


@given(KEYS)
def test_column_when_empty_then_empty(key: bytes) -> None:
    delivered, plain = spell_column(pl.Series("c", [], dtype=pl.String), Kind.ADDRESS, key)
    assert (len(delivered), len(plain)) == (0, 0)


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        (Kind.NAME, "髙橋 一郎", "高橋 一郎"),
        (Kind.KANA, "ミヅノ", "ミズノ"),
        (Kind.ADDRESS, "西町1-2", "西町1-3"),
        (Kind.PHONE, "090-0123-4567", "090-0123-4568"),
        (Kind.NAME, "佐藤\u00a0愛", "佐藤 愛"),
    ],
)
def test_sample_when_a_delivered_cell_differs_in_more_than_presentation_then_mark_error(
    kind: Kind, before: str, after: str
) -> None:
    verify_sample(kind, pl.Series([before]), pl.Series([before]))
    with pytest.raises(MarkError) as caught:
        verify_sample(kind, pl.Series([before]), pl.Series([after]))
    assert before not in str(caught.value) and after not in str(caught.value)
