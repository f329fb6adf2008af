from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azukari.fields.dates import parse_date

SECOND_OF_MARCH = datetime.date(1965, 3, 2)


@pytest.mark.parametrize(
    "text",
    [
        "1965-03-02", "1965/3/2", "1965/03/02", "1965.3.2", "1965年3月2日", "1965年 3月 2日", "19650302",
        "１９６５－０３－０２", "１９６５年３月２日", "昭和40年3月2日", "昭和４０年３月２日", "昭和 40年 3月 2日",
        "昭和40.3.2", "昭40.3.2", "昭40年3月2日", "S40.3.2", "s40.3.2", "Ｓ４０．３．２", "S40/3/2", "S40-03-02",
        "S400302", "3400302", "３４００３０２", "㍼40年3月2日", " 1965-03-02 ", "1965-03-02 00:00:00",
        "1965-03-02T00:00:00", "1965/3/2 0:00", "1965−03−02", "1965-03-02 00:00:00.000000",
    ],
)  # fmt: skip
def test_parse_date_when_written_in_any_usual_way_then_same_day(text: str) -> None:
    assert parse_date(text) == SECOND_OF_MARCH


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("明治45年7月30日", datetime.date(1912, 7, 30)),
        ("大正元年7月30日", datetime.date(1912, 7, 30)),
        ("大正15年12月25日", datetime.date(1926, 12, 25)),
        ("昭和元年12月25日", datetime.date(1926, 12, 25)),
        ("昭和64年1月7日", datetime.date(1989, 1, 7)),
        ("平成元年1月8日", datetime.date(1989, 1, 8)),
        ("H1.1.8", datetime.date(1989, 1, 8)),
        ("平成31年4月30日", datetime.date(2019, 4, 30)),
        ("令和元年5月1日", datetime.date(2019, 5, 1)),
        ("5010501", datetime.date(2019, 5, 1)),
        ("R6.2.29", datetime.date(2024, 2, 29)),
        ("1330101", datetime.date(1900, 1, 1)),
        ("明治6年1月1日", datetime.date(1873, 1, 1)),
    ],
)
def test_parse_date_when_at_the_edge_of_an_era_then_the_day(text: str, date: datetime.date) -> None:
    assert parse_date(text) == date


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "山田", "1965-02-29", "1965-13-01", "1965-3", "65-3-2", "2/3/1965", "1965-3/2", "1965-03-02 10:30",
        "昭和64年1月8日", "平成元年1月7日", "平成31年5月1日", "令和元年4月30日", "大正元年7月29日", "昭和0年1月1日",
        "明治5年12月2日", "9400302", "0400302", "34003021", "3401302", "400302", "10650302", "99991231",
        "昭和40年3月", "S40", "X40.3.2", "123456789012", "1965年3月2日生", "١٩٦٥-٠٣-٠٢",
    ],
)  # fmt: skip
def test_parse_date_when_no_date_or_outside_its_era_then_none(text: str) -> None:
    assert parse_date(text) is None


@given(st.text())
def test_parse_date_when_any_text_then_never_raises(text: str) -> None:
    assert parse_date(text) is None or isinstance(parse_date(text), datetime.date)


@given(st.dates(datetime.date(1989, 1, 8), datetime.date(2019, 4, 30)))
def test_parse_date_when_heisei_then_all_forms_agree(date: datetime.date) -> None:
    year = date.year - 1988
    forms = [
        date.isoformat(),
        f"{date:%Y%m%d}",
        f"平成{year}年{date.month}月{date.day}日",
        f"H{year}.{date.month}.{date.day}",
        f"4{year:02d}{date:%m%d}",
    ]
    assert {parse_date(form) for form in forms} == {date}
