"""Dates as Japanese offices write them: the calendar year or the era, with signs, words, letters or bare digits."""

from __future__ import annotations

import datetime
import re
import unicodedata
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class _Era:
    """元号。 ``first`` and ``last`` are the first and last day that may be written in this era."""

    first: datetime.date
    last: datetime.date
    year_zero: int  # the calendar year before year 1


# The day of accession belongs to both eras in 1912 and 1926 (the edicts changed the name "from this day on");
# in 1989 and 2019 the new name began on the following day or at midnight (政令).
# Until 1872 the calendar was the lunar one: such a date cannot be read without tables, so it is none.
_SHOWA_LAST: Final = datetime.date(1989, 1, 7)
_ERAS: Final = {
    "M": _Era(datetime.date(1873, 1, 1), datetime.date(1912, 7, 30), 1867),
    "T": _Era(datetime.date(1912, 7, 30), datetime.date(1926, 12, 25), 1911),
    "S": _Era(datetime.date(1926, 12, 25), _SHOWA_LAST, 1925),
    "H": _Era(datetime.date(1989, 1, 8), datetime.date(2019, 4, 30), 1988),
    "R": _Era(datetime.date(2019, 5, 1), datetime.date(2100, 12, 31), 2018),
}
_NAMES: Final = {"明": "M", "大": "T", "昭": "S", "平": "H", "令": "R"}
_CODES: Final = {"1": "M", "2": "T", "3": "S", "4": "H", "5": "R"}  # the era code of pension and tax forms
_FIRST, _LAST = datetime.date(1868, 1, 1), datetime.date(2100, 12, 31)

_HYPHENS: Final = {ord(c): "-" for c in "‐‑‒–—―−ー"}
# A time of midnight is what spreadsheets and data frames append to a date; any other time is no date.
_MIDNIGHT: Final = re.compile(r"(?:T|\s+)0?0:00(?::00(?:\.0+)?)?$")
_CALENDAR: Final = re.compile(
    r"(\d{4})(?:\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日|([-/.])\s*(\d{1,2})\s*\4\s*(\d{1,2}))", re.ASCII
)
_ERA: Final = re.compile(
    r"(明治?|大正?|昭和?|平成?|令和?|[MTSHR])\s*(\d{1,2}|元)"
    r"(?:\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日|\s*([-/.])\s*(\d{1,2})\s*\5\s*(\d{1,2}))",
    re.ASCII | re.IGNORECASE,
)
_ERA_DIGITS: Final = re.compile(r"([MTSHR1-5])(\d\d)(\d\d)(\d\d)", re.ASCII | re.IGNORECASE)
_EIGHT: Final = re.compile(r"(\d{4})(\d\d)(\d\d)", re.ASCII)


def parse_date(text: str) -> datetime.date | None:
    """The date that a cell says, or None if it is none, impossible, or outside its era.

    Read are ``1965-03-02`` (also ``/`` and ``.``), ``1965年3月2日``, ``昭和40年3月2日`` with 元年, ``昭40.3.2``,
    ``S40.3.2``, ``S400302``, ``3400302`` (era code 1 to 5) and ``19650302``, in digits of either width.
    Two-digit years without an era and day-first orders are ambiguous and therefore no dates. Years are
    1868 to 2100. Source of the eras: 明治改元以後の各改元の詔書・政令.
    """
    text = unicodedata.normalize("NFKC", text).strip().translate(_HYPHENS)
    text = _MIDNIGHT.sub("", text)
    if found := _CALENDAR.fullmatch(text):
        year, month, day, _, other_month, other_day = found.groups()
        return _in_range(_date(int(year), month or other_month, day or other_day))
    if found := _ERA.fullmatch(text):
        era, year, month, day, _, other_month, other_day = found.groups()
        return _in_era(era, year, month or other_month, day or other_day)
    if found := _ERA_DIGITS.fullmatch(text):
        return _in_era(*found.groups())
    if found := _EIGHT.fullmatch(text):
        return _in_range(_date(int(found[1]), found[2], found[3]))
    return None


def _in_era(name: str, year: str, month: str, day: str) -> datetime.date | None:
    letter = _NAMES.get(name[0]) or _CODES.get(name) or name.upper()
    era = _ERAS[letter]
    number = 1 if year == "元" else int(year)
    date = _date(era.year_zero + number, month, day) if number else None
    return date if date is not None and era.first <= date <= era.last else None


def _in_range(date: datetime.date | None) -> datetime.date | None:
    return date if date is not None and _FIRST <= date <= _LAST else None


def _date(year: int, month: str, day: str) -> datetime.date | None:
    try:
        return datetime.date(year, int(month), int(day))
    except ValueError:
        return None
