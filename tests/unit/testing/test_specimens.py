"""Attacks on a copy do what their sentence says, and nothing else."""

from __future__ import annotations

import unicodedata

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from azukari.errors import ColumnError, OptionError
from azukari.testing import specimens

COPY = pl.DataFrame(
    {
        "氏名": ["霞浜　澄江", "水底 泰三", "", "灯　文代"],
        "電話番号": ["090-0123-4567", "０３－１２３４－５６７８", None, "(045) 123-4567"],
        "年金額": [3, 1, 2, 1],
    }
)
WRONG_NUMBER = "123456789012"  # passes with 8 in the last place


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def numbered(rows: int) -> pl.DataFrame:
    return pl.DataFrame({"row": range(rows)}, schema={"row": pl.Int64})


@given(st.integers(0, 60), st.integers(0, 30), st.integers(0, 2**32))
def test_pick_rows_not_adjacent_never_takes_neighbours(rows: int, k: int, seed: int) -> None:
    if k > (rows + 1) // 2:
        with pytest.raises(OptionError):
            specimens.pick_rows(numbered(rows), k, rng(seed))
        return
    picked = specimens.pick_rows(numbered(rows), k, rng(seed))["row"].to_numpy()
    assert len(picked) == k and (np.diff(picked) >= 2).all()


@given(st.integers(0, 30), st.integers(-2, 40), st.integers(0, 2**32))
def test_pick_rows_adjacent_takes_one_block(rows: int, k: int, seed: int) -> None:
    if not 0 <= k <= rows:
        with pytest.raises(OptionError):
            specimens.pick_rows(numbered(rows), k, rng(seed), adjacent=True)
        return
    picked = specimens.pick_rows(numbered(rows), k, rng(seed), adjacent=True)["row"].to_numpy()
    assert len(picked) == k and (np.diff(picked) == 1).all()


def test_pick_rows_not_adjacent_reaches_every_choice() -> None:
    seen = {tuple(specimens.pick_rows(numbered(5), 2, rng(seed))["row"]) for seed in range(200)}
    assert seen == {(0, 2), (0, 3), (0, 4), (1, 3), (1, 4), (2, 4)}


def test_keep_columns_keeps_them_in_the_order_asked() -> None:
    assert specimens.keep_columns(COPY, ["年金額", "氏名"]).columns == ["年金額", "氏名"]


@pytest.mark.parametrize("columns", [["住所"], ["氏名", "氏名"]])
def test_keep_columns_when_missing_or_twice_is_refused(columns: list[str]) -> None:
    with pytest.raises(ColumnError):
        specimens.keep_columns(COPY, columns)


@given(st.integers(0, 50), st.integers(0, 2**32))
def test_shuffle_rows_keeps_every_row(rows: int, seed: int) -> None:
    assert specimens.shuffle_rows(numbered(rows), rng(seed)).sort("row").equals(numbered(rows))


def test_sort_by_keeps_ties_in_order() -> None:
    assert specimens.sort_by(COPY, "年金額")["氏名"].to_list() == ["水底 泰三", "灯　文代", "", "霞浜　澄江"]


def test_mix_rows_holds_all_rows_of_all_frames() -> None:
    mixed = specimens.mix_rows([numbered(30), numbered(20)], rng())
    assert sorted(mixed["row"]) == sorted([*range(30), *range(20)])
    assert not mixed["row"].is_sorted()


def test_mix_rows_when_columns_differ_or_nothing_is_there_is_refused() -> None:
    with pytest.raises(ColumnError):
        specimens.mix_rows([COPY, numbered(1)], rng())
    with pytest.raises(OptionError):
        specimens.mix_rows([], rng())


@given(st.lists(st.text("0123霞浜", max_size=6), min_size=1, max_size=30), st.integers(0, 2**32))
def test_typing_errors_at_rate_one_change_each_filled_cell_by_one_character(cells: list[str], seed: int) -> None:
    copy = pl.DataFrame({"a": cells, "b": cells})
    typed = specimens.typing_errors(copy, ["a"], 1.0, rng(seed))
    assert typed["b"].equals(copy["b"])
    if len(set("".join(cells))) < 2:
        return
    for before, after in zip(cells, typed["a"], strict=True):
        assert (before == "") == (after == "")
        assert before == "" or (before != after and abs(len(before) - len(after)) <= 1)


def test_typing_errors_at_rate_zero_change_nothing() -> None:
    assert specimens.typing_errors(COPY, ["氏名", "電話番号"], 0.0, rng()).equals(COPY)


def test_typing_errors_hit_about_the_rate() -> None:
    copy = pl.DataFrame({"a": ["0123456789"] * 5_000})
    wrong = (specimens.typing_errors(copy, ["a"], 0.1, rng())["a"] != copy["a"]).sum()
    assert 400 < wrong < 600


def test_typing_errors_never_make_a_number_pass() -> None:
    copy = pl.DataFrame({"個人番号": [WRONG_NUMBER] * 20_000})
    assert "123456789018" not in specimens.typing_errors(copy, ["個人番号"], 1.0, rng())["個人番号"]


@pytest.mark.parametrize("rate", [-0.1, 1.1, float("nan")])
def test_typing_errors_when_the_rate_is_none_are_refused(rate: float) -> None:
    with pytest.raises(OptionError):
        specimens.typing_errors(COPY, ["氏名"], rate, rng())


@given(st.lists(st.none() | st.text(max_size=8), max_size=10))
def test_nfkc_normalises_text_and_only_text(cells: list[str | None]) -> None:
    copy = pl.DataFrame({"a": pl.Series(cells, dtype=pl.String), "n": pl.Series([1] * len(cells), dtype=pl.Int64)})
    folded = specimens.nfkc(copy)
    assert folded["a"].to_list() == [c if c is None else unicodedata.normalize("NFKC", c) for c in cells]
    assert folded["n"].equals(copy["n"])


def test_strip_spaces_leaves_no_space_of_any_width() -> None:
    assert specimens.strip_spaces(COPY)["氏名"].to_list() == ["霞浜澄江", "水底泰三", "", "灯文代"]


def test_digits_only_leaves_digits_of_the_named_columns() -> None:
    typed = specimens.digits_only(specimens.nfkc(COPY), ["電話番号"])
    assert typed["電話番号"].to_list() == ["09001234567", "0312345678", None, "0451234567"]
    assert typed["氏名"].equals(specimens.nfkc(COPY)["氏名"])
