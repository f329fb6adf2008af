"""Addresses and telephone numbers of fictitious households."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from azukari.testing.lists import Ints, Lists

_SPACE = "\u3000"
_FIRST = (
    "サンライズ",
    "ソヨカゼ",
    "ヒダマリ",
    "ツキミ",
    "コモレビ",
    "アサギリ",
    "カザハナ",
    "ユウナギ",
    "シオサイ",
    "ミナモ",
)
_LAST = ("ハイツ", "コーポ", "マンション", "レジデンス", "パレス", "テラス", "ヴィラ", "ガーデン")
_BUILDINGS = pl.Series([first + last for first in _FIRST for last in _LAST])
_FOUR_DIGITS = pl.Series([f"{number:04d}" for number in range(10_000)])
_MOBILE_PREFIXES = pl.Series(["090-0", "080-0", "070-0"])

IN_BUILDING = 45  # percent of households
MOBILE, LANDLINE = 70, 26  # percent of people; the rest gave no telephone


@dataclass(frozen=True)
class Homes:
    """住まい。 One entry per household: row of the towns, numbers of the address, building or -1, room."""

    town: Ints
    chome: Ints
    block: Ints
    plot: Ints
    house: Ints
    building: Ints
    room: Ints

    @classmethod
    def draw(cls, lists: Lists, rng: np.random.Generator, count: int) -> Homes:
        """``count`` homes. Blocks from 61 and plots from 5001: beyond the end of most towns."""
        inside = rng.integers(0, 100, count) < IN_BUILDING
        return cls(
            town=lists.towns.draw(rng, count),
            chome=rng.integers(1, 7, count),
            block=rng.integers(61, 100, count),
            plot=rng.integers(5001, 9000, count),
            house=rng.integers(1, 31, count),
            building=np.where(inside, rng.integers(0, len(_BUILDINGS), count), -1),
            room=100 * rng.integers(1, 13, count) + rng.integers(1, 16, count),
        )

    def of(self, household: Ints) -> Homes:
        """The homes of people, given the household of each."""
        return Homes(*(column[household] for column in vars(self).values()))

    def addresses(self, towns: pl.DataFrame) -> pl.Series:
        """住所, one per entry."""
        numbering = towns["numbering"].gather(self.town)
        columns = {name: pl.Series(column).cast(pl.String) for name, column in vars(self).items()}
        columns |= {"prefix": towns["prefix"].gather(self.town), "numbering": numbering}
        columns["building"] = _BUILDINGS.gather(np.maximum(self.building, 0))
        frame = pl.DataFrame(columns | {"inside": self.building >= 0})
        return frame.select(pl.concat_str("prefix", _numbers(), _building())).to_series()


def _numbers() -> pl.Expr:
    chome, block, plot, house = (pl.col(name) for name in ("chome", "block", "plot", "house"))
    return (
        pl.when(pl.col("numbering") == 0)
        .then(pl.concat_str(chome, pl.lit("丁目"), block, pl.lit("番"), house, pl.lit("号")))
        .when(pl.col("numbering") == 1)
        .then(pl.concat_str(block, pl.lit("番"), house, pl.lit("号")))
        .when(pl.col("numbering") == 2)
        .then(pl.concat_str(plot, pl.lit("番地"), house))
        .otherwise(pl.concat_str(plot, pl.lit("番地")))
    )


def _building() -> pl.Expr:
    full = pl.concat_str(pl.lit(_SPACE), "building", "room", pl.lit("号室"))
    return pl.when("inside").then(full).otherwise(pl.lit(""))


def phones(areas: pl.Series, rng: np.random.Generator) -> pl.Series:
    """電話番号 with hyphens, one per area code given: mobile, landline of that area, or blank."""
    count = len(areas)
    kind = rng.integers(0, 100, count)
    last = _FOUR_DIGITS.gather(rng.integers(0, 10_000, count))
    middle = rng.integers(0, 1_000, count)
    mobile = _MOBILE_PREFIXES.gather(rng.integers(0, 3, count)) + _FOUR_DIGITS.gather(middle).str.slice(1)
    frame = pl.DataFrame({"mobile": mobile, "land": _exchanges(areas, middle), "last": last, "kind": kind})
    first = pl.when(pl.col("kind") < MOBILE).then("mobile").otherwise("land")
    full = pl.concat_str(first, pl.lit("-"), "last")
    return frame.select(pl.when(pl.col("kind") < MOBILE + LANDLINE).then(full).otherwise(pl.lit(""))).to_series()


def _exchanges(areas: pl.Series, middle: Ints) -> pl.Series:
    """``03-1xxx``: area code and local exchange have six digits together, the exchange starts with 1."""
    digits = 5 - areas.str.len_chars().cast(pl.Int64).to_numpy()
    local = 10**digits + middle % 10**digits
    return areas + "-" + pl.Series(local).cast(pl.String)
