"""Fictitious people: the register of 扶養親族等申告 (declarations of dependants) of a pension body.

What is real: surnames and their frequency, given names, towns with their postal codes. What is not: who
lives there. Every individual number fails its check digit; telephone numbers lie where none are assigned
(mobile numbers never have 0 after 090, 080 or 070; local exchanges start with 2 to 9, as 1 opens 110 and
119: 電気通信番号計画 and the ministry's questions and answers on telephone numbers); blocks are numbered
61 to 99 and plots from 5001, where most towns end earlier.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from azukari.errors import LimitError, OptionError
from azukari.fields.kinds import Field, Kind
from azukari.fields.numbers import failing_number
from azukari.testing.homes import Homes, phones
from azukari.testing.lists import Ints, Lists, Weighted, real_lists

COLUMNS: dict[str, Field] = {
    "宛名番号": Field(Kind.LOCAL_ID),
    "氏名": Field(Kind.NAME),
    "フリガナ": Field(Kind.KANA),
    "生年月日": Field(Kind.BIRTH_DATE),
    "電話番号": Field(Kind.PHONE),
    "郵便番号": Field(Kind.POSTAL_CODE),
    "住所": Field(Kind.ADDRESS),
    "個人番号": Field(Kind.INDIVIDUAL_NUMBER),
    "年金額": Field(Kind.AMOUNT),
    "配偶者氏名": Field(Kind.NAME, "spouse"),
    "配偶者生年月日": Field(Kind.BIRTH_DATE, "spouse"),
    "配偶者所得": Field(Kind.AMOUNT, "spouse"),
}
"""Headers of the register in their order, and what each holds."""

COLUMNS_OPTION = ",".join(
    f"{header}={field.kind if field.role == 'person' else field}" for header, field in COLUMNS.items()
)
"""The same for ``--columns``."""

WOMEN, SHARED_SURNAME = 57, 97  # percent of people, of couples
MARRIED = 667  # per mille of those whose spouse is not in the register; with those who are, 70 % of all
COUPLES, TWINS = 100, 2  # people in the register with their spouse, with their twin, per mille
MAX_PEOPLE = 12_000_000  # rows of one frame; the largest known case had 11.2 million forms

_Flags: TypeAlias = NDArray[np.bool_]

_SPACE = "\u3000"
_EPOCH = date(1900, 1, 1)  # days are counted from here
_ERAS = ((date(1989, 1, 8), "平成"), (date(1926, 12, 25), "昭和"), (date(1912, 7, 30), "大正"))
# Per mille of pensioners born in 1926-30, 1931-35, ... 1961-65.
_BANDS = pl.DataFrame({"days": [(date(year, 1, 1) - _EPOCH).days for year in range(1926, 1962, 5)]})
_BORN = Weighted.of(_BANDS, [30, 70, 120, 160, 220, 180, 140, 80])
# Full old-age basic pension of the fiscal years 2017 to 2024, yen a year: many people get exactly this.
_FULL_PENSIONS = np.array([779300, 779300, 780100, 781700, 780900, 777800, 795000, 816000], dtype=np.int64)


def fictitious_people(count: int, seed: int, *, era: bool = False) -> pl.DataFrame:
    """``count`` rows of a register, in order of 宛名番号; 12 text columns named as in ``COLUMNS``.

    The same for the same ``count``, ``seed``, ``era`` and versions of the data packages. Dates are ISO, or
    昭和23年4月1日 with ``era``; amounts are yen; blanks are empty text. About 4 % have no telephone, 30 %
    no spouse; 10 % are couples both in the register (same address and telephone, each the spouse of the
    other), 0.2 % twins of one household.

    Raises OptionError for a negative argument, LimitError beyond ``MAX_PEOPLE``, NotFoundError("demo data
    package") without the packages of the extra ``demo``.
    """
    return register(real_lists(), count, _generator(count, seed, stream=0), era=era)


def other_people(count: int, seed: int, *, era: bool = False) -> pl.DataFrame:
    """Another population of the same make, drawn apart from ``fictitious_people(count, seed)``: negatives.

    Namesakes and equal 宛名番号 occur as between any two bodies. Arguments and errors as there.
    """
    return register(real_lists(), count, _generator(count, seed, stream=1), era=era)


def register(lists: Lists, count: int, rng: np.random.Generator, *, era: bool = False) -> pl.DataFrame:
    """The same from given lists and a given generator; reads no data package."""
    people, spouses, household, married = _population(lists, count, rng)
    days = _date_texts(era)
    towns = lists.towns.frame
    homes = Homes.draw(lists, rng, count).of(household)
    return pl.DataFrame(
        {
            "宛名番号": _local_ids(rng, count),
            "氏名": people.text(lists, "kanji"),
            "フリガナ": people.text(lists, "kana"),
            "生年月日": days.gather(people.born),
            "電話番号": phones(towns["area"].gather(homes.town), rng).gather(household),
            "郵便番号": towns["postal"].gather(homes.town),
            "住所": homes.addresses(towns),
            "個人番号": _failing_numbers(rng, count),
            "年金額": _texts(_pensions(rng, count)),
            "配偶者氏名": _blank_unless(married, spouses.text(lists, "kanji")),
            "配偶者生年月日": _blank_unless(married, days.gather(spouses.born)),
            "配偶者所得": _blank_unless(married, _texts(_incomes(rng, count))),
        }
    )


@dataclass
class _People:
    """Row numbers of the lists, one entry per person; ``given`` counts on from the men to the women."""

    surname: Ints
    given: Ints
    woman: _Flags
    born: Ints  # days since _EPOCH

    def text(self, lists: Lists, column: str) -> pl.Series:
        surname = lists.surnames.frame[column].gather(self.surname)
        given = pl.concat([lists.men.frame[column], lists.women.frame[column]]).gather(self.given)
        return surname + _SPACE + given

    def give(self, rows: Ints, other: _People, other_rows: Ints) -> None:
        """Entries ``rows`` become the persons ``other_rows`` of ``other``."""
        for mine, theirs in zip(vars(self).values(), vars(other).values(), strict=True):
            mine[rows] = theirs[other_rows]


def _population(lists: Lists, count: int, rng: np.random.Generator) -> tuple[_People, _People, Ints, _Flags]:
    """The people, the spouse of each, the household of each (its first member's row), who is married."""
    people = _draw_people(lists, count, rng)
    spouses = _draw_spouses(lists, people, rng)
    married = rng.integers(0, 1000, count) < MARRIED
    household = np.arange(count)
    order = rng.permutation(count)
    one, other, twin, sibling, _ = np.split(order, np.cumsum(_pairs(count)))
    people.give(other, spouses, one)
    spouses.give(other, people, one)
    married[one], married[other] = True, True
    people.surname[sibling], people.born[sibling] = people.surname[twin], people.born[twin]
    namesake = sibling[people.given[sibling] == people.given[twin]]  # a household never has that
    people.given[namesake] = np.abs(people.given[namesake] - 1)
    household[other], household[sibling] = one, twin
    return people, spouses, household, married


def _pairs(count: int) -> list[int]:
    couples, twins = count * COUPLES // 2000, count * TWINS // 2000
    return [couples, couples, twins, twins]


def _draw_people(lists: Lists, count: int, rng: np.random.Generator) -> _People:
    woman = rng.integers(0, 100, count) < WOMEN
    band = _BORN.frame["days"].to_numpy()[_BORN.draw(rng, count)]
    born = band + rng.integers(0, 1826, count)
    return _People(lists.surnames.draw(rng, count), _draw_given(lists, woman, rng), woman, born)


def _draw_spouses(lists: Lists, people: _People, rng: np.random.Generator) -> _People:
    """Of the other sex; husbands some two years older, three in four couples within six years."""
    count = len(people.woman)
    woman = ~people.woman
    shared = rng.integers(0, 100, count) < SHARED_SURNAME
    surname = np.where(shared, people.surname, lists.surnames.draw(rng, count))
    gap = rng.integers(-2200, 2200, (count, 3)).sum(axis=1) + 800
    return _People(surname, _draw_given(lists, woman, rng), woman, people.born + np.where(woman, gap, -gap))


def _draw_given(lists: Lists, woman: _Flags, rng: np.random.Generator) -> Ints:
    count = len(woman)
    men, women = lists.men.draw(rng, count), lists.women.draw(rng, count)
    return np.where(woman, len(lists.men.frame) + women, men)


@lru_cache(maxsize=2)
def _date_texts(era: bool) -> pl.Series:
    """Every day from _EPOCH on, 110 years, as text."""
    days = [_EPOCH + timedelta(days) for days in range(40_200)]
    return pl.Series([_in_era(day) if era else day.isoformat() for day in days])


def _in_era(day: date) -> str:
    """昭和23年4月1日; the first year of an era is 元年. Days before 大正 stand in 明治."""
    first, name = next((era for era in _ERAS if day >= era[0]), (date(1868, 1, 25), "明治"))
    year = day.year - first.year + 1
    return f"{name}{'元' if year == 1 else year}年{day.month}月{day.day}日"


def _local_ids(rng: np.random.Generator, count: int) -> pl.Series:
    """宛名番号: as dense as a body that has numbered 40 times as many people, ascending."""
    numbers = np.sort(_different(rng, max(10**6, 40 * count), count))
    return _texts(numbers).str.zfill(10)


def _failing_numbers(rng: np.random.Generator, count: int) -> pl.Series:
    digits = _texts(_different(rng, 10**11, count)).str.zfill(11)
    return pl.Series([failing_number(eleven) for eleven in digits], dtype=pl.String)


def _different(rng: np.random.Generator, end: int, count: int) -> Ints:
    """``count`` different numbers below ``end`` (at least 40 times as many), in random order."""
    found = np.unique(rng.integers(0, end, count + count // 10 + 64))
    return rng.permutation(found)[:count]


def _pensions(rng: np.random.Generator, count: int) -> Ints:
    """年金額, yen a year: a quarter exactly a full basic pension, the others 400,000 to 3,100,000 by 100."""
    full = _FULL_PENSIONS[rng.integers(0, len(_FULL_PENSIONS), count)]
    earned = 400_000 + 100 * rng.integers(0, 9_000, (count, 3)).sum(axis=1)
    return np.where(rng.integers(0, 4, count) == 0, full, earned)


def _incomes(rng: np.random.Generator, count: int) -> Ints:
    """配偶者所得, yen a year: half none, a fifth a full pension, the others up to 1,500,000 by 1,000."""
    full = _FULL_PENSIONS[rng.integers(0, len(_FULL_PENSIONS), count)]
    earned = 1_000 * rng.integers(1, 1_501, count)
    kind = rng.integers(0, 10, count)
    return np.select([kind < 5, kind < 7], [np.zeros(count, dtype=np.int64), full], earned)


def _texts(numbers: Ints) -> pl.Series:
    return pl.Series(numbers, dtype=pl.Int64).cast(pl.String)


def _blank_unless(present: _Flags, texts: pl.Series) -> pl.Series:
    return texts.to_frame("text").select(pl.when(pl.Series(present)).then("text").otherwise(pl.lit(""))).to_series()


def _generator(count: int, seed: int, stream: int) -> np.random.Generator:
    if count < 0 or seed < 0:
        raise OptionError("a negative count or seed")
    if count > MAX_PEOPLE:
        raise LimitError("people")
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(stream,))))
