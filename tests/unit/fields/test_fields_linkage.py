"""Linkage forms: equal for what people write differently, different for what is clearly another value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.fields.texts import KINDS, SLOTTED, cells_of, forms_of

from azukari.fields.kinds import Kind
from azukari.fields.linkage import fold, linkage
from azukari.fields.spelling import presentation, spell


@pytest.mark.parametrize("kind", SLOTTED)
@given(data=st.data())
def test_linkage_when_a_cell_is_respelled_then_equal(kind: Kind, data: st.DataObject) -> None:
    cell, forms = data.draw(cells_of(kind)), data.draw(forms_of(kind))
    assert linkage(kind, spell(kind, cell, forms)) == linkage(kind, cell)


@given(KINDS, st.data())
def test_linkage_when_any_text_then_a_text_and_never_an_exception(kind: Kind, data: st.DataObject) -> None:
    cell = data.draw(cells_of(kind))
    assert linkage(kind, cell) == fold(kind, presentation(kind, cell.strip()))
    assert linkage(kind, f"  {cell.strip()}\n") == linkage(kind, cell)


@given(KINDS)
def test_linkage_when_blank_then_blank(kind: Kind) -> None:
    assert linkage(kind, "") == linkage(kind, " \u3000\t") == ""


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        (Kind.NAME, "髙橋　一郎", "高橋一郎"),
        (Kind.NAME, "山﨑 渚", "山崎・渚"),
        (Kind.NAME, "渡邉 澤子", "渡辺 沢子"),
        (Kind.NAME, "葛\U000e0100城 凜\ufe00", "葛城凜"),
        (Kind.NAME, "塚\ufa10", "塚塚"),
        (Kind.KANA, "ﾀｶﾊｼ ｲﾁﾛｳ", "タカハシ　イチロウ"),
        (Kind.KANA, "たかはし いちろう", "タカハシイチロウ"),
        (Kind.KANA, "ミヅノ キョウコ", "ミズノ キヨウコ"),
        (Kind.KANA, "ヂヰヱ", "ジイエ"),
        (Kind.KANA, "オーノ", "オノ"),
        (Kind.KANA, "みづの っ", "ミズノツ"),
        (Kind.BIRTH_DATE, "昭和40年3月2日", "1965-03-02"),
        (Kind.BIRTH_DATE, "S40.3.2", "１９６５/3/2"),
        (Kind.PHONE, "090-0123-4567", "０９０（０１２３）４５６７"),
        (Kind.PHONE, "03 1234 5678", "0312345678"),
        (Kind.POSTAL_CODE, "〒123-4567", "1234567"),
        (Kind.ADDRESS, "東京都西町一丁目2番3号", "東京都西町１－２－３"),
        (Kind.ADDRESS, "東京都大字西町12番地の3", "東京都西町12-3"),
        (Kind.ADDRESS, "霞ヶ浜市1-2 青葉荘101号室", "霞ケ浜市１番２号　青葉荘101"),
        (Kind.EMAIL, "Taro@Example.JP", "taro@example.jp"),
    ],
)
def test_linkage_when_written_differently_then_equal(kind: Kind, one: str, other: str) -> None:
    assert linkage(kind, one) == linkage(kind, other) != ""


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        (Kind.NAME, "高橋 一郎", "高橋 二郎"),
        (Kind.NAME, "高橋 一郎", "高梨 一郎"),
        (Kind.NAME, "田中 実", "田中 稔"),
        (Kind.KANA, "タカハシ", "タカナシ"),
        (Kind.KANA, "ハハ", "ババ"),
        (Kind.KANA, "ハハ", "パパ"),
        (Kind.BIRTH_DATE, "1965-03-02", "1965-02-03"),
        (Kind.BIRTH_DATE, "昭和40年3月2日", "平成4年3月2日"),
        (Kind.PHONE, "090-0123-4567", "090-0123-4568"),
        (Kind.POSTAL_CODE, "123-4567", "123-4568"),
        (Kind.ADDRESS, "東京都西町1丁目2番3号", "東京都西町1丁目2番4号"),
        (Kind.ADDRESS, "東京都西町1-2", "東京都東町1-2"),
        (Kind.EMAIL, "taro@example.jp", "jiro@example.jp"),
    ],
)
def test_linkage_when_clearly_different_then_never_equal(kind: Kind, one: str, other: str) -> None:
    assert linkage(kind, one) != linkage(kind, other)


@pytest.mark.parametrize("cell", ["1965-02-30", "65/3/2", "不詳", "明治99年1月1日"])
def test_linkage_when_no_date_then_blank_so_that_it_links_nobody(cell: str) -> None:
    assert linkage(Kind.BIRTH_DATE, cell) == ""


@given(st.integers(1, 9999), st.integers(1, 9999))
def test_linkage_when_phones_differ_in_digits_then_never_equal(one: int, other: int) -> None:
    forms = [linkage(Kind.PHONE, f"090-0123-{number:04d}") for number in (one, other)]
    assert (forms[0] == forms[1]) == (one == other)
