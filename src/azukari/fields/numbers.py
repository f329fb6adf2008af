"""Check digits of the individual number (個人番号) and the corporate number (法人番号).

Nothing here stores a number or derives a key from one: the functions answer yes or no, or build a number
that nobody can hold.
"""

from __future__ import annotations

import re
from typing import Final

from azukari.errors import FormatError

SEPARATORS: Final = "-‐‑‒–—―−ー－ｰ \u3000\u00a0\t"
"""What people put between the digits of a number: every look-alike of a hyphen, and spaces."""

_TO_ASCII: Final = str.maketrans("０１２３４５６７８９", "0123456789")
_SPACED: Final = re.compile(rf"[0-9](?:[{re.escape(SEPARATORS)}]*[0-9])*")
_NO_DIGIT: Final = re.compile(r"[^0-9]")
# From the lowest digit upwards; article 5 gives n + 1 for n = 1..6 and n - 5 for n = 7..11.
_WEIGHTS: Final = (2, 3, 4, 5, 6, 7, 2, 3, 4, 5, 6)


def plain_digits(text: str) -> str:
    """The ASCII digits of ``text`` without separators, or "" if it holds anything else."""
    ascii_text = text.strip().translate(_TO_ASCII)
    return _NO_DIGIT.sub("", ascii_text) if _SPACED.fullmatch(ascii_text) else ""


def individual_check_digit(eleven: str) -> str:
    """The check digit of eleven ASCII digits. Raises FormatError.

    Source: 行政手続における特定の個人を識別するための番号の利用等に関する法律の規定による個人番号、個人番号
    カード、特定個人情報の提供等に関する命令 (平成26年総務省令第85号) article 5.
    """
    _require(eleven, 11)
    rest = sum(int(digit) * weight for digit, weight in zip(reversed(eleven), _WEIGHTS, strict=True)) % 11
    return str(0 if rest <= 1 else 11 - rest)


def looks_like_individual_number(text: str) -> bool:
    """Twelve digits of either width, whatever the check digit: in doubt that is the number."""
    return len(plain_digits(text)) == 12


def is_individual_number(text: str) -> bool:
    """Twelve digits of either width, with spaces or hyphens between, whose check digit holds."""
    digits = plain_digits(text)
    return len(digits) == 12 and individual_check_digit(digits[:11]) == digits[11]


def failing_number(eleven_digits: str) -> str:
    """Twelve digits that are certain to fail the check digit: for fictitious people. Raises FormatError."""
    wrong = (int(individual_check_digit(eleven_digits)) + 5) % 10
    return f"{eleven_digits}{wrong}"


def corporate_check_digit(twelve: str) -> str:
    """The digit in front of the twelve digits of a corporate number. Raises FormatError.

    Source: 法人番号の指定等に関する省令 (平成26年財務省令第70号) article 2.
    """
    _require(twelve, 12)
    total = sum(int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(twelve)))
    return str(9 - total % 9)


def is_corporate_number(text: str) -> bool:
    """Thirteen digits of either width whose first one is the check digit. Corporate numbers are public."""
    digits = plain_digits(text)
    return len(digits) == 13 and corporate_check_digit(digits[1:]) == digits[0]


def _require(digits: str, count: int) -> None:
    if len(digits) != count or not (digits.isascii() and digits.isdigit()):
        raise FormatError(f"{count} digits expected")
