"""How much a choice of columns tells about people."""

from __future__ import annotations

import polars as pl
import pytest

from azukari.errors import NumberInTextError
from azukari.fields.kinds import Field, Kind
from azukari.fields.numbers import individual_check_digit
from azukari.handover.choosing import Choice, Fate, unique_rows, verify_choice


def test_unique_rows_when_two_people_are_alike_in_what_leaves_then_neither_is_counted() -> None:
    frame = pl.DataFrame({"氏名": ["甲", "甲", "乙", "丙"], "住所": ["1", "1", "2", "3"], "宛名": ["1", "2", "3", "4"]})
    fates = (("氏名", Field(Kind.NAME), Fate.LEAVES), ("住所", Field(Kind.ADDRESS), Fate.LEAVES))
    stays = ("宛名", Field(Kind.LOCAL_ID), Fate.LOCAL_ID)
    assert unique_rows(frame, Choice((*fates, stays))) == 2
    assert unique_rows(frame, Choice((stays,))) == 0


@pytest.mark.parametrize("kind", [Kind.AMOUNT, Kind.CODE, Kind.LOCAL_ID, Kind.NAME, Kind.PHONE])
def test_verify_choice_when_a_number_was_keyed_into_another_column_then_its_row_and_never_its_digits(
    kind: Kind,
) -> None:
    number = "00000000001" + individual_check_digit("00000000001")
    frame = pl.DataFrame({"列": [*("12" for _ in range(40)), number]})
    with pytest.raises(NumberInTextError) as refused:
        verify_choice(frame, Choice((("列", Field(kind), Fate.LEAVES),)))
    assert "列: 41" in str(refused.value) and number not in str(refused.value)
    verify_choice(frame, Choice((("列", Field(Kind.INDIVIDUAL_NUMBER), Fate.LEAVES),)))
