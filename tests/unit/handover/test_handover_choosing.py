"""How much a choice of columns tells about people."""

from __future__ import annotations

import polars as pl
import pytest

from azukari.errors import ColumnError, NumberInTextError
from azukari.fields.kinds import Field, Kind
from azukari.fields.numbers import individual_check_digit
from azukari.handover.choosing import Choice, Fate, choose, unique_rows, verify_choice
from azukari.tables import type_columns


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


SHEET = pl.DataFrame(
    {
        "No.": [str(n) for n in range(1, 41)],
        "宛名番号": [f"{n * 7919:08d}" for n in range(40)],
        "氏名": ["霧生　澄江", "渚　凪"] * 20,
        "配偶者宛名番号": [f"{n * 104_729:08d}" for n in range(40)],
    }
)


def test_verify_choice_when_a_running_number_stands_beside_the_local_id_then_refused() -> None:
    """It would be taken for the id: everybody's entry would stand in the list of the person whose id is 1, 2, 3 ..."""
    choice = choose(type_columns(SHEET), [Field(Kind.NAME)])
    assert choice.local_id == "No."
    with pytest.raises(ColumnError) as refused:
        verify_choice(SHEET, choice)
    assert "No." not in str(refused.value), "a header may be somebody's"


@pytest.mark.parametrize("second", ["受給者番号", "年金番号"])
def test_verify_choice_when_a_relative_has_two_columns_of_ids_then_refused(second: str) -> None:
    frame = SHEET.drop("No.").with_columns(pl.col("配偶者宛名番号").alias(f"配偶者{second}"))
    with pytest.raises(ColumnError):
        verify_choice(frame, choose(type_columns(frame), [Field(Kind.NAME)]))


def test_verify_choice_when_each_role_has_one_column_of_ids_then_it_holds() -> None:
    frame = SHEET.drop("No.")
    choice = choose(type_columns(frame), [Field(Kind.NAME)])
    assert choice.local_id == "宛名番号" and Field(Kind.LOCAL_ID, "spouse") in {field for _, field, _ in choice.fates}
    verify_choice(frame, choice)
