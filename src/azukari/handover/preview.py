"""Which marks a copy would carry, shown beforehand under a key that is thrown away: never under the K_h of a hand-over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from azukari.errors import MarkError
from azukari.fields.kinds import Field, Kind
from azukari.fields.spelling import SLOTS, presentation
from azukari.fingerprint.keys import Channel, HandOverKey
from azukari.fingerprint.marking import spell_column
from azukari.handover.decoys import canary_count
from azukari.handover.sealing import ROWS
from azukari.tables import spelling as columns

SHOWN: Final = 5  # example rows
LOOKED_AT: Final = 1_000  # rows, evenly taken, among which examples are looked for


@dataclass(frozen=True)
class Places:
    """印の場所。 In how many cells of a column a spelling may be chosen, and how many choices those are together."""

    header: str
    field: Field
    cells: int
    slots: int


@dataclass(frozen=True, repr=False)
class Example:
    """例の一行。 Some cells of one row, before and after; ``before`` and ``after`` have the order of the columns."""

    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, repr=False)
class Preview:
    """印の見本。 ``columns``: those that bear spellings; the examples show these columns only."""

    rows: int
    canaries: int
    columns: tuple[Places, ...]
    examples: tuple[Example, ...]


def preview(
    source: pl.DataFrame,
    leaving: Sequence[tuple[str, Field]],
    secret: bytes,
    *,
    spell: bool = True,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Preview:
    """The marks of a copy with these leaving columns. ``secret``: 32 random bytes for this call alone.

    Without ``spell`` the copy bears no spellings, as one that is sealed with ``strict_schema``.

    ``progress`` is told how many columns are done, and may raise.
    Raises MarkError if a spelling would change a value, which sealing would refuse as well.
    """
    spelled = [(header, field) for header, field in leaving if spell and field.kind in SLOTS]
    places = []
    for done, (header, field) in enumerate(spelled):
        progress(done, len(spelled))
        places.append(_places(source[header], header, field))
    key = HandOverKey(secret).channel(Channel.SPELLING)
    return Preview(source.height, canaries(source.height, leaving), tuple(places), _examples(source, spelled, key))


def canaries(rows: int, leaving: Sequence[tuple[str, Field]]) -> int:
    """How many canaries a copy gets by default: none without a column for their names."""
    named = {Field(Kind.NAME), Field(Kind.KANA)} & {field for _, field in leaving}
    return canary_count(rows) if named else 0


def _places(column: pl.Series, header: str, field: Field) -> Places:
    cells = slots = 0
    for first in range(0, len(column), ROWS):
        part = column[first : first + ROWS]
        reading = columns.read(field.kind, part)
        bears = np.stack(list(columns.bearing(field.kind, part, reading.forms).values()))
        cells, slots = cells + int(bears.any(axis=0).sum()), slots + int(bears.sum())
    return Places(header, field, cells, slots)


def _examples(source: pl.DataFrame, spelled: Sequence[tuple[str, Field]], key: bytes) -> tuple[Example, ...]:
    """Rows in which most cells change; the first ones where several change as much."""
    if not spelled or not source.height:
        return ()
    some = source.select(header for header, _ in spelled).gather_every(max(1, source.height // LOOKED_AT))
    marked = pl.DataFrame([spell_column(some[header], field.kind, key)[0] for header, field in spelled])
    changed = [sum(a != b for a, b in zip(*pair, strict=True)) for pair in zip(some.rows(), marked.rows(), strict=True)]
    chosen = sorted(sorted(range(len(changed)), key=lambda row: (-changed[row], row))[:SHOWN])
    return tuple(_example(some.row(row), marked.row(row), spelled) for row in chosen)


def _example(before: tuple[str, ...], after: tuple[str, ...], spelled: Sequence[tuple[str, Field]]) -> Example:
    """The reference rules look at each cell that is shown: what a law looks at is the same before and after."""
    for (header, field), old, new in zip(spelled, before, after, strict=True):
        if presentation(field.kind, old) != presentation(field.kind, new):
            raise MarkError(header)
    return Example(before, after)
