"""Whole canary rows for a table: the canary's identity, and fillers that fit the other columns (docs/spec/fingerprint.md, section 7)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from azukari.fields.dates import parse_date
from azukari.fields.kinds import Field, Kind
from azukari.fields.numbers import failing_number, looks_like_individual_number
from azukari.fields.spelling import SPACES
from azukari.fingerprint.canaries import Canary, canary
from azukari.fingerprint.keys import Channel, HandOverKey

ROWS_PER_CANARY: Final = 5_000
LEAST_ROWS: Final = 50  # a shorter table would betray them
MOST: Final = 200
_TRIES: Final = 100  # draws for an id that is free
_DATE_FORMS: Final = (
    (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), "%Y-%m-%d"),
    (re.compile(r"[0-9]{4}/[0-9]{2}/[0-9]{2}"), "%Y/%m/%d"),
    (re.compile(r"[0-9]{8}"), "%Y%m%d"),
)


def canary_count(rows: int) -> int:
    """How many canaries a table of this size gets by default."""
    return 0 if rows < LEAST_ROWS else min(MOST, 2 + rows // ROWS_PER_CANARY)


def decoy_rows(
    source: pl.DataFrame, columns: Sequence[tuple[str, Field]], key: HandOverKey, count: int
) -> tuple[pl.DataFrame, list[int]]:
    """``count`` canary rows for the leaving columns, and the numbers of the canaries drawn.

    A canary whose name and birth date both occur in a row of the source is passed over: it might be
    somebody. Without a name or kana column there are none.
    """
    fields = [field for _, field in columns]
    if not count or not {Field(Kind.NAME), Field(Kind.KANA)} & set(fields):
        return source.select(header for header, _ in columns).clear(), []
    people, numbers = _people(source, columns, key, count)
    fill = np.random.Generator(np.random.PCG64(int.from_bytes(key.derive("canary-fill"), "big")))
    frame = {header: _cells(source[header], field, people, fill) for header, field in columns}
    return pl.DataFrame(frame, schema=dict.fromkeys(frame, pl.String)), numbers


def _people(
    source: pl.DataFrame, columns: Sequence[tuple[str, Field]], key: HandOverKey, count: int
) -> tuple[list[Canary], list[int]]:
    channel = key.channel(Channel.CANARY)
    drawn = [canary(channel, number) for number in range(2 * count + 16)]
    taken = _who_might_exist(source, columns, drawn)
    people = [person for person in drawn if person.number not in taken][:count]
    return people, [person.number for person in people]


def _who_might_exist(source: pl.DataFrame, columns: Sequence[tuple[str, Field]], drawn: Sequence[Canary]) -> set[int]:
    """The canaries that share name (or kana) and birth date, as far as the columns go, with a row of the source."""
    headers = {field: header for header, field in columns if field.role == "person"}
    kind = Kind.NAME if Field(Kind.NAME) in headers else Kind.KANA
    names = source[headers[Field(kind)]].str.replace_all("[ \u3000]", "")
    births = source[headers[Field(Kind.BIRTH_DATE)]] if Field(Kind.BIRTH_DATE) in headers else None
    if births is None:
        return set()  # names alone always recur; without a birth date no row points to one person
    wanted = {(_joined(p.name if kind is Kind.NAME else p.kana), p.birth): p.number for p in drawn}
    alike = names.is_in([name for name, _ in wanted])
    rows = zip(names.filter(alike).to_list(), births.filter(alike).to_list(), strict=True)
    return {wanted[row] for name, birth in rows if (row := (name, parse_date(birth))) in wanted}


def _joined(text: str) -> str:
    return text.replace(" ", "").replace("\u3000", "")


def _cells(column: pl.Series, field: Field, people: Sequence[Canary], fill: np.random.Generator) -> list[str]:
    """One column of the canary rows."""
    if field.kind is Kind.LOCAL_ID:
        return _unused_ids(column, len(people), fill)
    return [_cell(column, field, person, fill) for person in people]


def _cell(column: pl.Series, field: Field, person: Canary, fill: np.random.Generator) -> str:
    """One cell of a canary row; for kinds without a fictitious value, one that occurs in the source."""
    if field.role == "person" and field.kind in (Kind.NAME, Kind.KANA):
        return _gapped_like(column, person.name if field.kind is Kind.NAME else person.kana)
    some = str(column[int(fill.integers(len(column)))])
    if field.role == "person" and field.kind is Kind.BIRTH_DATE:
        return _dated_like(some, person.birth)
    if field.kind is Kind.PHONE:
        return person.phone if field.role == "person" else ""
    if field.kind is Kind.ADDRESS:
        return _unreal_block(some, fill)
    if field.kind is Kind.INDIVIDUAL_NUMBER:
        return failing_number("".join(str(d) for d in fill.integers(10, size=11)))
    if field.kind is Kind.EMAIL:
        return f"u{int(fill.integers(10**9)):09d}@example.jp"
    return some if field.kind in (Kind.AMOUNT, Kind.CODE, Kind.POSTAL_CODE) else ""


def _like(look: str, fill: np.random.Generator) -> str:
    made = "".join(str(int(fill.integers(10))) if c in "0123456789" else c for c in look)
    return failing_number(made[:11]) if looks_like_individual_number(made) and len(made) == 12 else made


def _unused_ids(column: pl.Series, count: int, fill: np.random.Generator) -> list[str]:
    """Ids of the same look as some of the source, that nobody has; blank where there seems to be none left."""
    known = set(column.to_list())
    looks = [str(column[int(fill.integers(len(column)))]) for _ in range(count)]
    made = []
    for look in looks:
        drawn = (_like(look, fill) for _ in range(_TRIES))
        made.append(next((one for one in drawn if one not in known), ""))
        known.add(made[-1])
    return made


def _gapped_like(column: pl.Series, name: str) -> str:
    """Family and given name apart, together or by a narrow gap, as most of the column has it."""
    sample = [text for text in column.head(1000).to_list() if text]
    gaps = {gap: sum(gap in text for text in sample) for gap in SPACES}
    best = max(gaps, key=lambda gap: gaps[gap])
    return name.replace("\u3000", best if 2 * gaps[best] >= len(sample) else "")


def _dated_like(some: str, birth: date) -> str:
    for pattern, form in _DATE_FORMS:
        if pattern.fullmatch(some):
            return birth.strftime(form)
    return some  # a notation we do not write: the date of some row, which then counts for nothing


def _unreal_block(address: str, fill: np.random.Generator) -> str:
    """The town of some row with a block number that no town has."""
    town = re.split(r"[0-9０-９]", address, maxsplit=1)[0]
    return f"{town}99番{int(fill.integers(100, 999))}号" if town else ""
