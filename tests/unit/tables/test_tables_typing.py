from __future__ import annotations

import polars as pl
import pytest

from azukari.errors import ColumnError, LimitError, OptionError, TableError
from azukari.fields.kinds import Field, Kind
from azukari.fields.numbers import failing_number, individual_check_digit
from azukari.tables import (
    ColumnTyping,
    Ground,
    GroundCode,
    apply_overrides,
    find_number_cells,
    find_numbers_in_text,
    parse_columns_option,
    parse_pasted,
    type_columns,
)

NUMBERS = [failing_number(f"{n:011d}") for n in range(10, 20)]
CONTENT = {
    Kind.NAME: ["山田　太郎", "髙﨑 花子", "Anna Example"],
    Kind.KANA: ["ヤマダ　タロウ", "ﾀｶｻｷ ﾊﾅｺ", "やまだ"],
    Kind.BIRTH_DATE: ["1965-03-02", "昭和40年3月2日", "3400302"],
    Kind.PHONE: ["090-0123-4567", "０３－１２３４－５６７８", "0312345678"],
    Kind.POSTAL_CODE: ["100-0001", "〒100-0001", "１０００００１"],
    Kind.ADDRESS: ["東京都千代田区千代田９９番９９９号", "大阪市北区1-2-3", "青森県津軽郡大字見本字見本5001"],
    Kind.INDIVIDUAL_NUMBER: NUMBERS[:3],
    Kind.AMOUNT: ["780,900", "0", "¥1200"],
    Kind.EMAIL: ["a@example.jp", "b.c@example.com", "d@example.org"],
    Kind.LOCAL_ID: ["0000000012", "A-34", "56"],
    Kind.CODE: ["1", "2", "1"],
    Kind.FREE_TEXT: ["電話は夕方に", "", "x" * 50],
}


def one(header: str, cells: list[str]) -> ColumnTyping:
    return type_columns(pl.DataFrame({header: cells}))[0]


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("氏名", "name"), ("漢字氏名", "name"), ("お名前", "name"), ("Name", "name"), ("フリガナ", "kana"),
        ("カナ氏名", "kana"), ("氏名（カナ）", "kana"), ("ﾌﾘｶﾞﾅ", "kana"), ("生年月日", "birth-date"),
        ("Date of birth", "birth-date"), ("電話番号", "phone"), ("携帯", "phone"), ("TEL", "phone"), ("ＴＥＬ", "phone"),
        ("郵便番号", "postal-code"), ("〒", "postal-code"), ("住所", "address"), ("所在地", "address"),
        ("address", "address"), ("個人番号", "individual-number"), ("マイナンバー", "individual-number"),
        ("年金額", "amount"), ("所得", "amount"), ("金額", "amount"), ("メール", "email"), ("メールアドレス", "email"),
        ("e-mail address", "email"), ("宛名番号", "local-id"), ("整理番号", "local-id"), ("住民コード", "local-id"),
        ("備考", "free-text"), ("摘要", "free-text"), ("性別", "code"), ("区分", "code"), ("支給区分コード", "code"),
        ("配偶者氏名", "name/spouse"), ("配偶者の所得", "amount/spouse"), ("妻の生年月日", "birth-date/spouse"),
        ("夫個人番号", "individual-number/spouse"), ("Spouse name", "name/spouse"), ("扶養親族1氏名", "name/dependant-1"),
        ("扶養親族２の生年月日", "birth-date/dependant-2"), ("被扶養者氏名", "name/dependant-1"),
        ("子1氏名", "name/dependant-1"), ("控除対象扶養親族3個人番号", "individual-number/dependant-3"),
        ("扶養親族氏名12", "name/dependant-12"), ("dependant 2 name", "name/dependant-2"),
    ],
)  # fmt: skip
def test_type_columns_when_header_and_content_agree_then_high(header: str, field: str) -> None:
    wanted = Field.parse(field)
    typing = one(header, CONTENT[wanted.kind])
    assert typing.field == wanted
    assert typing.confidence == "high"


@pytest.mark.parametrize(
    "header", ["整理番号", "備考", "氏名", "column-1", "なんとか", "代理人の番号", "口座番号", "年金額"]
)
def test_type_columns_when_mostly_twelve_digits_then_the_number_whatever_the_header(header: str) -> None:
    typing = one(header, [*NUMBERS[:6], "", "", "x", "なし"])
    assert typing.field == Field(Kind.INDIVIDUAL_NUMBER)
    assert typing.grounds[0] == Ground(GroundCode.TWELVE_DIGITS, Kind.INDIVIDUAL_NUMBER, 6, 8)
    assert typing.mostly_twelve


def test_type_columns_when_twelve_digits_lie_below_the_sample_then_still_found() -> None:
    cells = [""] * 5_000 + [*NUMBERS, *NUMBERS]
    assert one("配偶者備考", cells).field == Field(Kind.INDIVIDUAL_NUMBER, "spouse")


@pytest.mark.parametrize(
    "form",
    [
        "{0}{1}{2}",
        "{0}-{1}-{2}",
        "{0} {1} {2}",
        "{0}　{1}　{2}",
        "'{0}{1}{2}",
        '="{0}{1}{2}"',
        "{0}{1}{2}.0",
        " {0}{1}{2}",
    ],
)
def test_type_columns_when_twelve_digits_are_dressed_up_then_still_the_number(form: str) -> None:
    for digits in (str.maketrans("", ""), str.maketrans("0123456789", "０１２３４５６７８９")):
        cells = [form.format(n[:4], n[4:8], n[8:]).translate(digits) for n in NUMBERS]
        assert one("番号", cells).field == Field(Kind.INDIVIDUAL_NUMBER)


def test_type_columns_when_some_cells_are_twelve_digits_then_untyped() -> None:
    typing = one("整理番号", [*NUMBERS[:2], *(f"{n:05d}" for n in range(8))])
    assert typing.field is None
    assert typing.grounds[-1] == Ground(GroundCode.SOME_TWELVE, Kind.LOCAL_ID, 2, 10)


@pytest.mark.parametrize(
    ("header", "kind", "seen"),
    [
        ("氏名", Kind.ADDRESS, Kind.ADDRESS), ("住所", Kind.EMAIL, Kind.EMAIL), ("フリガナ", Kind.PHONE, Kind.PHONE),
        ("氏名", Kind.KANA, Kind.KANA), ("フリガナ", Kind.NAME, Kind.NAME), ("所得", Kind.EMAIL, Kind.EMAIL),
    ],
)  # fmt: skip
def test_type_columns_when_header_and_content_disagree_then_content_decides(
    header: str, kind: Kind, seen: Kind
) -> None:
    cells = [cell for cell in CONTENT[kind] if "Anna" not in cell]
    typing = one(header, cells)
    assert typing.field == Field(seen)
    assert typing.grounds[-1].code is GroundCode.CONTENT_DECIDES


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("氏名", ["1965-03-02", "1970-01-01"]),
        ("生年月日", ["不明", "12-34"]),
        ("個人番号", ["123", "456"]),
        ("申請日", ["2024-01-01", "2024-02-02"]),
        ("件数", ["1", "2"]),
        ("なんとか", ["", ""]),
        ("代理人氏名", ["山田　太郎"]),
        ("会社名", ["見本商事"]),
        ("口座番号", ["1234567"]),
        ("世帯主氏名", ["山田　太郎"]),
        ("電話", ["1965-03-02"]),
    ],
)
def test_type_columns_when_in_doubt_then_untyped(header: str, cells: list[str]) -> None:
    typing = one(header, cells)
    assert typing.field is None
    assert typing.confidence == "low"


def test_type_columns_when_names_hold_place_words_then_still_names() -> None:
    for cells in (["中村　一郎"], ["市川　花子", "町田 都"], ["大和田　府中子"]):
        assert one("氏名", cells).field == Field(Kind.NAME)
        assert one("column-1", cells).field == Field(Kind.NAME)


def test_type_columns_when_pasted_dates_lie_in_other_columns_then_no_address() -> None:
    assert one("column-1", ["1965年3月2日"]).field == Field(Kind.BIRTH_DATE)
    assert one("column-1", ["1965-03-02"]).field == Field(Kind.BIRTH_DATE)


def test_type_columns_when_column_is_blank_then_header_alone() -> None:
    typing = one("個人番号", ["", " "])
    assert (typing.field, typing.confidence) == (Field(Kind.INDIVIDUAL_NUMBER), "medium")
    assert [ground.code for ground in typing.grounds] == [GroundCode.HEADER, GroundCode.BLANK]


def test_type_columns_when_few_short_values_repeat_then_code() -> None:
    assert one("発送", ["0", "1", "9"] * 30).field == Field(Kind.CODE)
    assert one("発送", ["0", "1", "9"]).field is None


def test_ground_when_put_in_words_then_two_languages_and_no_cell() -> None:
    for code in GroundCode:
        for kind in (None, *Kind):
            ground = Ground(code, kind, 3, 4)
            assert ground.sentence("ja").endswith("。")
            assert ground.sentence("en").endswith(".")
            assert "{" not in ground.sentence("ja") + ground.sentence("en")


def test_parse_columns_option_when_well_formed_then_fields() -> None:
    headers = ["氏名", "配偶者所得", "備考", "a,b"]
    assert parse_columns_option('氏名=name, 配偶者所得=amount/spouse,備考=drop,"a,b=code"', headers) == {
        "氏名": Field(Kind.NAME), "配偶者所得": Field(Kind.AMOUNT, "spouse"), "備考": None, "a,b": Field(Kind.CODE),
    }  # fmt: skip
    assert parse_columns_option("", headers) == {}


@pytest.mark.parametrize(
    "text", ["氏名", "氏名=nome", "氏名=name/cousin", "氏名=reference", "氏名=name,氏名=kana", '"氏名=name']
)
def test_parse_columns_option_when_malformed_then_option_error(text: str) -> None:
    with pytest.raises(OptionError):
        parse_columns_option(text, ["氏名"])


def test_parse_columns_option_when_no_such_column_then_column_error_names_it() -> None:
    with pytest.raises(ColumnError, match="カナ"):
        parse_columns_option("カナ=kana", ["氏名"])


def test_apply_overrides_when_declared_then_the_ground_says_who() -> None:
    typings = type_columns(pl.DataFrame({"件数": ["1"], "氏名": ["山田　太郎"], "備考": ["x"]}))
    changed = apply_overrides(typings, {"件数": Field(Kind.AMOUNT), "備考": None})
    assert [typing.field for typing in changed] == [Field(Kind.AMOUNT), Field(Kind.NAME), None]
    assert [typing.grounds[0].code for typing in changed] == [
        GroundCode.DECLARED,
        GroundCode.HEADER,
        GroundCode.DROPPED,
    ]


def test_apply_overrides_when_twelve_digits_then_only_by_the_officers_word() -> None:
    typings = type_columns(pl.DataFrame({"整理番号": NUMBERS}))
    wanted = {"整理番号": Field(Kind.LOCAL_ID)}
    with pytest.raises(OptionError, match="整理番号"):
        apply_overrides(typings, wanted)
    with pytest.raises(OptionError):
        apply_overrides(typings, wanted, declare_number={"整理番号": True})
    (changed,) = apply_overrides(typings, wanted, declare_number={"整理番号": False})
    assert changed.field == Field(Kind.LOCAL_ID)
    assert [ground.code for ground in changed.grounds] == [GroundCode.DECLARED, GroundCode.DECLARED_NOT_NUMBER]
    (alone,) = apply_overrides(typings, {}, declare_number={"整理番号": False})
    assert alone.field is None
    (dropped,) = apply_overrides(typings, {"整理番号": None})
    assert dropped.field is None


def test_apply_overrides_when_declared_the_number_then_it_is() -> None:
    typings = type_columns(pl.DataFrame({"件数": ["1"]}))
    (changed,) = apply_overrides(typings, {}, declare_number={"件数": True})
    assert changed.field == Field(Kind.INDIVIDUAL_NUMBER)
    with pytest.raises(ColumnError):
        apply_overrides(typings, {"無い": None})


def test_find_numbers_in_text_when_there_then_rows_from_one() -> None:
    n = NUMBERS[0]
    full = n.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    cells = [
        f"番号は{n}です", "なし", f"{n[:4]}-{n[4:8]}-{n[8:]}", f"({n[:4]} {n[4:8]} {n[8:]})", full, f"1{n}", f"{n}9", "",
        f"{full[:4]}－{full[4:8]}－{full[8:]}", "電話03-1234-5678", " ".join(n), f"9 {n}", f"1234 {n}", "2024-03-02",
    ]  # fmt: skip
    assert find_numbers_in_text(pl.Series(cells)) == [1, 3, 4, 5, 9, 11, 12, 13]


def test_find_numbers_in_text_when_grouped_oddly_then_found_and_a_day_with_an_hour_is_not() -> None:
    n = NUMBERS[0]
    cells = [
        f"{n[:3]}-{n[3:6]}-{n[6:9]}-{n[9:]}", f"{n[:6]} {n[6:]}", f"番号{n[:5]}－{n[5:]}", f"{n[:3]}-{n[3:]}",
        "2026-04-01 1230", "03-1234-5678 24", "090-1234-5678", f"{n[:3]}-{n[3:6]}-{n[6:9]}-{n[9:]}1", "12-3456789012",
    ]  # fmt: skip
    assert find_numbers_in_text(pl.Series(cells)) == [1, 2, 3, 4]


def with_check_digit(number: int) -> str:
    """Twelve digits that pass, and that nobody can take for somebody's: they begin with eight zeros."""
    eleven = f"{number:011d}"
    return eleven + individual_check_digit(eleven)


def test_find_number_cells_when_one_is_keyed_among_amounts_then_its_row() -> None:
    good = with_check_digit(7)
    cells = ["1200", good, "", f"{good}.0", failing_number("00000000007"), f"{good[:4]}-{good[4:8]}-{good[8:]}", "880"]
    cells += ["1"] * 20
    assert find_number_cells(pl.Series(cells)) == [2, 4, 6]


def test_find_number_cells_when_a_code_has_twelve_digits_then_only_a_column_that_mostly_passes() -> None:
    codes = [f"{number:012d}" for number in range(10_000, 11_000)]
    by_chance = sum(with_check_digit(int(code[:11])) == code for code in codes)
    assert 50 < by_chance < 200
    assert find_number_cells(pl.Series(codes)) == []
    assert len(find_number_cells(pl.Series([with_check_digit(number) for number in range(1_000)]))) == 1_000


def test_parse_pasted_when_tabs_commas_or_gaps_then_cells() -> None:
    for text in (
        "氏名\t電話\n山田　太郎\t0900\n",
        "氏名,電話\r\n山田　太郎,0900",
        "氏名  電話\n山田　太郎　　0900\n\n",
    ):
        pasted = parse_pasted(text)
        assert pasted.has_header
        assert pasted.frame.to_dict(as_series=False) == {"氏名": ["山田　太郎"], "電話": ["0900"]}


def test_parse_pasted_when_no_header_then_named_by_position_and_typed() -> None:
    pasted = parse_pasted("山田　太郎\tヤマダ　タロウ\t昭和40年3月2日\n髙﨑　花子\tタカサキ　ハナコ")
    assert not pasted.has_header
    assert pasted.frame.columns == ["column-1", "column-2", "column-3"]
    assert pasted.frame.item(1, 2) == ""
    kinds = [typing.field for typing in type_columns(pasted.frame)]
    assert kinds == [Field(Kind.NAME), Field(Kind.KANA), Field(Kind.BIRTH_DATE)]


def test_parse_pasted_when_a_quotation_mark_lost_its_partner_then_still_cells() -> None:
    assert parse_pasted('a,"b\nc,d').frame.rows() == [("a", '"b'), ("c", "d")]


def test_parse_pasted_when_nothing_or_too_much_then_refused() -> None:
    with pytest.raises(TableError):
        parse_pasted(" \n\t\n")
    with pytest.raises(LimitError):
        parse_pasted("x" * 1_000_001)
    with pytest.raises(LimitError):
        parse_pasted("a," * 600)
