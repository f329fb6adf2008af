"""Check digits. Passing numbers are computed here, from digits that nobody can mistake for a person's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azukari.errors import FormatError
from azukari.fields.numbers import (
    corporate_check_digit,
    failing_number,
    individual_check_digit,
    is_corporate_number,
    is_individual_number,
    looks_like_individual_number,
    plain_digits,
)

ELEVEN = st.text("0123456789", min_size=11, max_size=11)


@pytest.mark.parametrize(
    ("eleven", "digit"),
    [
        ("00000000000", "0"),  # sum 0, rest 0
        ("00000000001", "9"),  # 1 x 2, 11 - 2
        ("00000100000", "4"),  # sixth from the right, weight 7
        ("00001000000", "9"),  # seventh, weight 2 again
        ("10000000000", "5"),  # eleventh, weight 6
        ("00000000006", "0"),  # 12 mod 11 = 1
    ],
)
def test_individual_check_digit_when_arithmetic_is_done_by_hand_then_agrees(eleven: str, digit: str) -> None:
    assert individual_check_digit(eleven) == digit


@given(ELEVEN)
def test_individual_check_digit_when_compared_with_the_text_of_article_5_then_agrees(eleven: str) -> None:
    total = 0
    for n in range(1, 12):
        p_n = int(eleven[11 - n])
        total += p_n * (n + 1 if n <= 6 else n - 5)
    expected = 0 if total % 11 <= 1 else 11 - total % 11
    assert individual_check_digit(eleven) == str(expected)


@pytest.mark.parametrize("form", ["{}{}{}", "{} {} {}", "{}-{}-{}", "{}－{}－{}", "{}\u3000{}\u3000{}", " {}{}{} "])
def test_is_individual_number_when_separated_or_full_width_then_true(form: str) -> None:
    digits = "0" * 11 + individual_check_digit("0" * 11)
    text = form.format(digits[:4], digits[4:8], digits[8:])
    full = text.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    assert is_individual_number(text)
    assert is_individual_number(full)


@given(ELEVEN)
def test_failing_number_when_made_then_looks_right_and_fails(eleven: str) -> None:
    number = failing_number(eleven)
    assert number[:11] == eleven
    assert looks_like_individual_number(number)
    assert not is_individual_number(number)


@pytest.mark.parametrize(
    "text", ["", "1", "12345678901", "1234567890123", "1234a6789012", "12.34.5678.9012", "-123456789012"]
)
def test_looks_like_individual_number_when_not_twelve_digits_then_false(text: str) -> None:
    assert not looks_like_individual_number(text)
    assert not is_individual_number(text)


@pytest.mark.parametrize("bad", ["", "1" * 10, "1" * 12, "１" * 11, "abcdefghijk", "²" * 11])
def test_failing_number_when_not_eleven_digits_then_format_error(bad: str) -> None:
    with pytest.raises(FormatError):
        failing_number(bad)


def test_corporate_number_when_arithmetic_is_done_by_hand_then_agrees() -> None:
    assert corporate_check_digit("000000000000") == "9"
    assert corporate_check_digit("000000000001") == "8"  # lowest digit, weight 1
    assert corporate_check_digit("000000000010") == "7"  # second digit, weight 2
    assert is_corporate_number("9" + "0" * 12)
    assert not is_corporate_number("8" + "0" * 12)


@given(st.text())
def test_plain_digits_when_any_text_then_digits_or_blank(text: str) -> None:
    digits = plain_digits(text)
    assert digits == "" or (digits.isascii() and digits.isdigit())
