"""The way back: strip canaries, tell what is missing, added or changed, give local ids back (story 3 and 11).

Individual numbers are never kept: they are joined again in the body's own system, or in memory from the
source table.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from azukari.errors import ColumnError, OptionError
from azukari.fields.kinds import Field
from azukari.fingerprint import references
from azukari.handover.record import RecordReader
from azukari.handover.sealing import REFERENCE_HEADER
from azukari.seal.commitments import HASH_BYTES, cell_commitment, salts
from azukari.tables.spelling import plain_column

LOCAL_ID_HEADER: Final = "宛名番号"


@dataclass(frozen=True, repr=False)
class Returned:
    """返却の照合結果。 ``table``: the returned rows without canaries and references, local ids first.

    The counts speak of rows; ``missing`` and ``changed`` are delivered positions, ``added`` returned row
    numbers from 0. ``changed_cells`` counts cells whose value is no longer the delivered one. Columns that
    were not delivered are the contractor's work and are passed on.
    """

    table: pl.DataFrame
    returned: int
    canaries: int
    missing: tuple[int, ...]
    added: tuple[int, ...]
    changed: tuple[int, ...]
    changed_cells: int
    new_columns: tuple[str, ...]


@dataclass(frozen=True, repr=False)
class Delivered:
    """渡した写し。 What the office knows of the copy that comes back."""

    fields: tuple[Field, ...]
    rows: int
    reference_key: bytes
    cell_key: bytes
    record: RecordReader

    @property
    def headers(self) -> tuple[str, ...]:
        """The delivered headers, the reference first."""
        return tuple(json.loads(self.record.read("headers")))


def take_back(table: pl.DataFrame, delivered: Delivered, source: pl.DataFrame | None = None) -> Returned:
    """Match returned rows to delivered ones by their reference.

    ``source`` gives back columns that never left, joined in memory through source row numbers. Raises
    ColumnError if the reference column is not there, OptionError if ``source`` is another table.
    """
    if REFERENCE_HEADER not in table.columns:
        raise ColumnError(REFERENCE_HEADER)
    positions = _positions(table[REFERENCE_HEADER].to_list(), delivered)
    canaries = {p for p, _ in _canary_list(delivered.record)}
    seen: set[int] = set()
    kept, added = [], []
    for row, position in enumerate(positions):
        if position in canaries:  # also one that comes twice: it is nobody, so it is never taken for a new person
            seen.add(position)
        elif position is None or position in seen:
            added.append(row)
        else:
            seen.add(position)
            kept.append((row, position))
    changed, cells = _changes(table, delivered, kept)
    missing = tuple(sorted(set(range(delivered.rows)) - seen - canaries))
    return Returned(
        table=_restored(table, delivered, kept, added, source),
        returned=len(kept),
        canaries=len(seen & canaries),
        missing=missing,
        added=tuple(added),
        changed=changed,
        changed_cells=cells,
        new_columns=tuple(name for name in table.columns if name not in delivered.headers),
    )


def _positions(shown: Sequence[str], delivered: Delivered) -> list[int | None]:
    known = {ref: p for p, ref in enumerate(references.references(delivered.reference_key, delivered.rows))}
    return [known.get(references.normal(text)) for text in shown]


def _canary_list(record: RecordReader) -> list[tuple[int, int]]:
    return [(p, n) for p, n in json.loads(record.read("canaries"))]


def _changes(table: pl.DataFrame, delivered: Delivered, kept: Sequence[tuple[int, int]]) -> tuple[tuple[int, ...], int]:
    """Which kept rows hold a cell that no longer opens its commitment; respelling is no change."""
    width = len(delivered.fields) * HASH_BYTES
    stored = delivered.record.read("cells")
    changed: set[int] = set()
    cells = 0
    for column, (header, field) in enumerate(zip(delivered.headers, delivered.fields, strict=True)):
        if header not in table.columns or header == REFERENCE_HEADER:
            continue
        plain = plain_column(table[header], field.kind)
        column_salts = salts(delivered.cell_key, column, 0, delivered.rows)
        for row, position in kept:
            start = position * width + column * HASH_BYTES
            if cell_commitment(column, column_salts[position], plain[row]) != stored[start : start + HASH_BYTES]:
                changed.add(position)
                cells += 1
    return tuple(sorted(changed)), cells


def _restored(
    table: pl.DataFrame,
    delivered: Delivered,
    kept: Sequence[tuple[int, int]],
    added: Sequence[int],
    source: pl.DataFrame | None,
) -> pl.DataFrame:
    """Kept rows in source order, then added ones; local ids first, then what the source alone holds."""
    sources = delivered.record.numbers("source-rows", "<u8").astype(np.int64)
    kept = sorted(kept, key=lambda pair: int(sources[pair[1]]))
    rows = [row for row, _ in kept] + list(added)
    out = table.drop(REFERENCE_HEADER)[rows]
    numbers = [int(sources[position]) for _, position in kept]
    front = []
    if "local-id/text" in delivered.record.names:
        ids = local_ids(delivered.record, [position for _, position in kept])
        front.append(pl.Series(_free_name(LOCAL_ID_HEADER, out), ids + [""] * len(added), dtype=pl.String))
    if source is not None:
        if numbers and max(numbers) >= source.height:
            raise OptionError("--source is not the table that was sealed")
        taken = [name for name in source.columns if name not in out.columns and name != LOCAL_ID_HEADER]
        front += [
            pl.concat([source[name][numbers], pl.Series(name, [""] * len(added), dtype=pl.String)]) for name in taken
        ]
    return pl.DataFrame([*front, *out.get_columns()]) if front else out


def _free_name(name: str, table: pl.DataFrame) -> str:
    return name if name not in table.columns else f"{name}（元）"


def local_ids(record: RecordReader, positions: Sequence[int]) -> list[str]:
    """The office's own ids of the persons at these delivered positions; "" for canaries."""
    ends = record.numbers("local-id/ends", "<u8").astype(np.int64)
    text = record.read("local-id/text")
    starts = np.concatenate([[0], ends[:-1]]) if len(ends) else ends
    return [text[int(starts[p]) : int(ends[p])].decode() for p in positions]
