"""The way back: what came, what is missing, what is new, what changed; local ids return, canaries do not."""

from __future__ import annotations

import json

import polars as pl
import pytest

from azukari.errors import ColumnError, OptionError
from azukari.fields.kinds import Field, Kind
from azukari.handover.returning import Returned, take_back
from azukari.handover.sealing import REFERENCE_HEADER
from azukari.testing.sealed import seal_copy

COLUMNS = {
    "宛名番号": Field(Kind.LOCAL_ID),
    "氏名": Field(Kind.NAME),
    "住所": Field(Kind.ADDRESS),
    "電話": Field(Kind.PHONE),
    "支給額": Field(Kind.AMOUNT),
}
SOURCE = pl.DataFrame(
    {
        "宛名番号": [f"{n:010d}" for n in range(1000, 1055)],
        "氏名": [f"佐藤　{given}" for given in "愛亮渉聡茂"] * 11,
        "住所": [f"霞浜市西町{n + 1}丁目2番3号　青葉荘{n + 1}号室" for n in range(55)],
        "電話": [f"090-0111-{n:04d}" for n in range(55)],
        "支給額": [str(1000 * n) for n in range(55)],
        "個人番号": ["123456789010"] * 55,
    }
)
COPY = seal_copy(SOURCE, COLUMNS, "seiran")
CANARIES = {position for position, _ in json.loads(COPY.reader().read("canaries"))}
SOURCES = COPY.reader().numbers("source-rows", "<u8").tolist()


def back(table: pl.DataFrame, source: pl.DataFrame | None = None) -> Returned:
    return take_back(table, COPY.delivered(), source)


def without(*positions: int) -> pl.DataFrame:
    return COPY.table.with_row_index("n").filter(~pl.col("n").is_in(positions)).drop("n")


def people(count: int) -> list[int]:
    """The first delivered positions that are no canaries."""
    return [position for position in range(57) if position not in CANARIES][:count]


def test_return_when_as_it_left_then_nothing_is_missing_and_ids_are_back_in_source_order() -> None:
    found = back(COPY.table)
    assert (found.returned, found.canaries, found.missing, found.added, found.changed) == (55, 2, (), (), ())
    assert found.table.columns == ["宛名番号", "氏名", "住所", "電話", "支給額"]
    assert found.table["宛名番号"].to_list() == SOURCE["宛名番号"].to_list()
    assert found.table["支給額"].to_list() == SOURCE["支給額"].to_list()
    assert REFERENCE_HEADER not in found.table.columns and "佐藤" not in repr(found)


def test_return_when_shuffled_then_the_same_table() -> None:
    assert back(COPY.table.sample(fraction=1.0, shuffle=True, seed=3)).table.equals(back(COPY.table).table)


def test_return_when_respelled_then_not_changed() -> None:
    """The contractor's system dropped gaps and hyphens and made digits narrow: the values are the same."""
    table = COPY.table.with_columns(
        pl.col("氏名").str.replace_all("[ \u3000]", ""),
        pl.col("電話").str.replace_all("-", ""),
        pl.col("住所").str.replace_many(list("０１２３４５６７８９－"), list("0123456789-")),
    )
    found = back(table)
    assert (found.returned, found.changed, found.changed_cells) == (55, (), 0)


def test_return_when_values_changed_then_their_positions_and_the_number_of_cells() -> None:
    one, other = people(2)
    amounts, names = COPY.table["支給額"].to_list(), COPY.table["氏名"].to_list()
    amounts[one], amounts[other], names[other] = "1", "2", "佐藤　偽"
    table = COPY.table.with_columns(pl.Series("支給額", amounts), pl.Series("氏名", names))
    found = back(table)
    assert (found.changed, found.changed_cells, found.missing) == (tuple(sorted((one, other))), 3, ())


def test_return_when_only_leading_zeros_went_then_changed() -> None:
    copy = seal_copy(SOURCE.with_columns(pl.format("00{}", "支給額").alias("支給額")), COLUMNS, "zeros", canaries=0)
    table = copy.table.with_columns(pl.col("支給額").str.strip_chars_start("0"))
    assert take_back(table, copy.delivered()).changed_cells == 55


def test_return_when_rows_are_missing_then_their_positions_but_never_a_canary() -> None:
    gone = people(3)
    found = back(without(*gone, *CANARIES))
    assert (found.returned, found.canaries, found.missing) == (52, 0, tuple(gone))
    assert len(found.table) == 52


def test_return_when_rows_are_added_then_counted_and_kept_at_the_end() -> None:
    new = pl.DataFrame({REFERENCE_HEADER: ["", "0" * 16, "?"], **{h: ["新"] * 3 for h in COPY.table.columns[1:]}})
    found = back(pl.concat([new, COPY.table]))
    assert (found.added, found.returned, found.missing) == ((0, 1, 2), 55, ())
    assert found.table["氏名"].to_list()[-3:] == ["新"] * 3
    assert found.table["宛名番号"].to_list()[-3:] == ["", "", ""]


def test_return_when_a_row_comes_twice_then_the_second_counts_as_added() -> None:
    position = people(1)[0]
    found = back(pl.concat([COPY.table, COPY.table[position : position + 1]]))
    assert (found.returned, found.added, found.missing) == (55, (57,), ())


def test_return_when_a_canary_comes_twice_then_the_second_is_no_person() -> None:
    """A canary shown twice must not get into the body's own table as a person."""
    position = min(CANARIES)
    found = back(pl.concat([COPY.table, COPY.table[position : position + 1]]))
    assert found.returned == 55
    canary_name = COPY.table["氏名"][position]
    assert canary_name not in found.table["氏名"].to_list()


def test_return_when_references_were_retyped_then_still_matched() -> None:
    wide = {c: chr(ord(c) + 0xFEE0) for c in "0123456789ABCDEFGHJKMNPQRSTVWXYZ"}
    typed = [
        ref.lower() if i % 3 == 0 else " ".join((ref[:8], ref[8:])) if i % 3 == 1 else "".join(wide[c] for c in ref)
        for i, ref in enumerate(COPY.table[REFERENCE_HEADER])
    ]
    assert back(COPY.table.with_columns(pl.Series(REFERENCE_HEADER, typed))).returned == 55


def test_return_when_the_reference_column_is_gone_then_column_error() -> None:
    with pytest.raises(ColumnError):
        back(COPY.table.drop(REFERENCE_HEADER))


def test_return_when_references_are_blank_then_all_missing_and_all_added() -> None:
    found = back(COPY.table.with_columns(pl.lit("").alias(REFERENCE_HEADER)))
    assert (found.returned, len(found.missing), len(found.added)) == (0, 55, 57)


def test_return_when_no_row_comes_then_all_missing() -> None:
    found = back(COPY.table.clear())
    assert (found.returned, len(found.missing), found.table.height) == (0, 55, 0)


def test_return_when_columns_are_added_or_dropped_then_the_work_is_passed_on() -> None:
    table = COPY.table.drop("電話").with_columns(pl.lit("済").alias("確認"))
    found = back(table)
    assert found.new_columns == ("確認",) and found.changed == ()
    assert found.table.columns == ["宛名番号", "氏名", "住所", "支給額", "確認"]


def test_return_when_it_has_a_local_id_column_of_its_own_then_both_are_there() -> None:
    found = back(COPY.table.with_columns(pl.lit("x").alias("宛名番号")))
    assert found.table["宛名番号"].to_list() == ["x"] * 55
    assert found.table["宛名番号（元）"].to_list() == SOURCE["宛名番号"].to_list()


def test_return_when_the_source_is_given_then_what_never_left_is_joined_again() -> None:
    found = back(COPY.table.sample(fraction=1.0, shuffle=True, seed=1), SOURCE)
    assert found.table["個人番号"].to_list() == SOURCE["個人番号"].to_list()
    assert found.table["宛名番号"].to_list() == SOURCE["宛名番号"].to_list()


def test_return_when_the_source_is_another_table_then_option_error() -> None:
    with pytest.raises(OptionError):
        back(COPY.table, SOURCE.head(20))
