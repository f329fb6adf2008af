"""What a party would hold of the people of a table, together with the copies that it has already.

Counts and fields only; nothing here keeps a digest or a cell. How rows are taken for people: `azukari.handover.overlap`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from azukari.fields.kinds import REFERENCE, Field, Kind
from azukari.handover.choosing import Choice
from azukari.handover.overlap import Earlier, Overlap, People, Range, Rows, overlap

FEW: Final = 5  # a group of fewer rows is small: the k >= 5 that statistics offices ask for as a rule of thumb
QUASI: Final = frozenset({Kind.BIRTH_DATE, Kind.POSTAL_CODE, Kind.ADDRESS, Kind.AMOUNT, Kind.CODE})
"""Kinds that tell people apart though they name nobody. A name, a telephone or a mailbox points to somebody by itself."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Union:
    """合わさる項目。 Fields that the party would hold about one and the same person, and of how many rows of the table."""

    fields: tuple[Field, ...]
    rows: int


@dataclass(frozen=True)
class Holding:
    """相手が持つことになるもの。 Counts in rows, each taken for one person.

    ``known``: people of the table of whom the party holds something already. ``people``: all of whom it would hold
    something. ``unions``: which fields about the same person, most rows first. ``unique`` and ``few``: rows of the table
    that are alone, or in a group of fewer than ``FEW``, by the quasi-identifying columns among those fields; columns
    that the table does not have are not counted.
    """

    rows: int
    known: Range
    people: Range
    unions: tuple[Union, ...]
    unique: int
    few: int


def hold(
    frame: pl.DataFrame,
    choice: Choice,
    earlier: Sequence[Earlier],
    same: str | None,
    progress: Progress = lambda done, total: None,
    rows: Sequence[int] | None = None,
) -> Holding:
    """What the party would hold, were this choice of this table handed over after ``earlier``.

    ``same``: the snapshot that this very table is, if it was sealed before; ``rows``: where in it the rows of ``frame``
    stand, if some stay behind. ``progress`` is told how many copies are
    done, and may raise. Raises FormatError, WrongKeyError for a record that is damaged.
    """
    fields = {header: field for header, field, _ in choice.fates}
    people, found, done = People(frame, fields), dict[str, Overlap](), 0
    numbers = np.arange(frame.height) if rows is None else np.array(rows, dtype=np.intp)
    groups = {copy.snapshot: [c for c in earlier if c.snapshot == copy.snapshot] for copy in earlier}
    for snapshot, copies in groups.items():
        progress(done, len(earlier))
        found[snapshot] = overlap(people, copies, numbers if snapshot == same else None)
        done += len(copies)
    held = [pair for s, copies in groups.items() for pair in zip(copies, found[s].held, strict=True)]
    leaving = frozenset(field for _, field in choice.leaving)
    unions = _unions([(copy.fields, rows) for copy, rows in held], leaving, frame.height)
    unique, few = _small_groups(frame, fields, unions)
    known = _known([rows for _, rows in held], list(found.values()), frame.height)
    return Holding(frame.height, known, _people(found.values(), frame.height), _summed(unions), unique, few)


def _known(held: Sequence[Rows], overlaps: Sequence[Overlap], height: int) -> Range:
    if not overlaps:
        return Range(0, 0)
    known = np.any(held, axis=0)
    unsure = np.any([one.unsure for one in overlaps], axis=0) & ~known
    low = int(known.sum())
    return Range(low, min(height, low + int(unsure.sum()) + sum(one.more for one in overlaps)))


def _people(overlaps: Collection[Overlap], height: int) -> Range:
    """Everybody of the table, and those outside: people of two other snapshots may be the same, or all different."""
    outside = [one.outside for one in overlaps]
    return Range(height + max((o.low for o in outside), default=0), height + sum(o.high for o in outside))


def _unions(
    held: Sequence[tuple[frozenset[Field], Rows]], leaving: frozenset[Field], height: int
) -> dict[frozenset[Field], Rows]:
    """The fields that would be held about a row, with the rows that it is so for."""
    unions = {leaving: np.ones(height, dtype=np.bool_)}
    for fields, rows in _merged(held).items():
        split: dict[frozenset[Field], Rows] = {}
        for union, those in unions.items():
            for key, part in ((union, those & ~rows), (union | fields, those & rows)):
                if part.any():
                    split[key] = split[key] | part if key in split else part
        unions = split
    return unions


def _merged(held: Sequence[tuple[frozenset[Field], Rows]]) -> dict[frozenset[Field], Rows]:
    """Copies with the same fields say the same of a row."""
    merged: dict[frozenset[Field], Rows] = {}
    for fields, rows in held:
        named = fields - {REFERENCE}
        merged[named] = merged[named] | rows if named in merged else rows
    return merged


def _summed(unions: Mapping[frozenset[Field], Rows]) -> tuple[Union, ...]:
    found = [Union(tuple(sorted(fields)), int(rows.sum())) for fields, rows in unions.items()]
    return tuple(sorted(found, key=lambda one: (-one.rows, one.fields)))


def _small_groups(
    frame: pl.DataFrame, fields: Mapping[str, Field | None], unions: Mapping[frozenset[Field], Rows]
) -> tuple[int, int]:
    """Rows that are alone, and in small groups, by the quasi-identifying columns that would be held about them."""
    sizes = np.full(frame.height, frame.height, dtype=np.int64)
    counted: dict[tuple[str, ...], NDArray[np.int64]] = {}
    for union, rows in unions.items():
        headers = tuple(h for h, field in fields.items() if field in union and field and field.kind in QUASI)
        if headers:
            if headers not in counted:
                counted[headers] = frame.select(pl.len().over(headers)).to_series().to_numpy().astype(np.int64)
            sizes[rows] = counted[headers][rows]
    return int((sizes == 1).sum()), int((sizes < FEW).sum())
