"""Step 3: link specimen rows to delivered rows, without any key of a copy.

Links are settled before a mark is looked at: choosing among namesakes by how well a mark fits would
accuse the innocent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from azukari.fields.kinds import REFERENCE, Field, Kind
from azukari.fields.spelling import presentation
from azukari.fingerprint import references
from azukari.fingerprint.keys import Channel, aes, numbered_blocks
from azukari.handover.linking import Digester, link_columns, role_columns
from azukari.handover.record import RecordReader
from azukari.trace.copies import Copy
from azukari.trace.specimen import Specimen, is_blank

IDENTITY: Final = frozenset({Kind.NAME, Kind.KANA, Kind.BIRTH_DATE, Kind.PHONE, Kind.ADDRESS, Kind.EMAIL})
OPENED_LEAST: Final = 2  # identity cells that must open for a row to count
MOST_NAMESAKES: Final = 64  # a digest that occurs more often points to nobody
_POSITION_BITS: Final = np.uint64(32)
_POSITION: Final = np.uint64(0xFFFFFFFF)


@dataclass(frozen=True, repr=False)
class Question:
    """標本の索引語。 The digests of a specimen under one index key: (combination, one digest per row, 0 if blank)."""

    digests: tuple[tuple[str, NDArray[np.uint64]], ...]
    rows: int

    @property
    def linkable(self) -> NDArray[np.bool_]:
        """Which rows have anything to be found by."""
        known = [digest != 0 for _, digest in self.digests]
        return np.any(known, axis=0) if known else np.zeros(self.rows, dtype=np.bool_)


@dataclass(frozen=True)
class Link:
    """ひも付け。 A specimen row and the delivered position it points to; ``opened``: columns whose cell opens."""

    row: int
    position: int
    opened: tuple[int, ...] = ()
    counts: bool = False


def question(specimen: Specimen, index_key: bytes) -> Question:
    """The digests of every specimen row; a row with a strong combination asks for no weak one.

    The individual number takes no part.
    """
    digester = Digester(index_key)
    columns = link_columns(specimen.columns)
    forms = {
        number: digester.forms(kind, [presentation(kind, row[number].strip()) for row in specimen.rows])
        for number, kind in role_columns(columns, specimen.columns).items()
    }
    digests = [digester.digests(c.combination, [forms[n] for n in c.columns]) for c in columns]
    strong = np.zeros(len(specimen.rows), dtype=np.bool_)
    for column, digest in zip(columns, digests, strict=True):
        if column.combination.strong:
            strong |= digest != 0
    return Question(
        tuple(
            (c.combination.name, digest if c.combination.strong else np.where(strong, np.uint64(0), digest))
            for c, digest in zip(columns, digests, strict=True)
        ),
        len(specimen.rows),
    )


def candidates(asked: Question, record: RecordReader) -> list[Counter[int]]:
    """For each specimen row and position: how many combinations point there."""
    pointed: list[NDArray[np.uint64]] = [np.empty(0, dtype=np.uint64)]
    for name in dict.fromkeys(name for name, wanted in asked.digests if wanted.any()):
        if f"digest/{name}" in record.names:
            digests, positions = record.numbers(f"digest/{name}", "<u8"), record.numbers(f"position/{name}", "<u4")
            pointed += [_pointed_at(wanted, digests, positions) for other, wanted in asked.digests if other == name]
    pairs, counts = np.unique(np.concatenate(pointed), return_counts=True)
    found: list[Counter[int]] = [Counter() for _ in range(asked.rows)]
    columns = ((pairs >> _POSITION_BITS).astype(np.intp), pairs & _POSITION, counts)
    for row, position, count in zip(*(column.tolist() for column in columns), strict=True):
        found[row][position] = count
    return found


def _pointed_at(
    wanted: NDArray[np.uint64], digests: NDArray[np.generic], positions: NDArray[np.generic]
) -> NDArray[np.uint64]:
    """Every specimen row with every position that has its digest, each pair once: row * 2^32 + position."""
    low, high = np.searchsorted(digests, wanted, "left"), np.searchsorted(digests, wanted, "right")
    many = np.where((wanted != 0) & (high - low <= MOST_NAMESAKES), high - low, 0)
    rows = np.repeat(np.arange(len(wanted), dtype=np.uint64), many)
    places = np.arange(many.sum()) + np.repeat(low - (np.cumsum(many) - many), many)
    return np.unique(rows << _POSITION_BITS | positions[places].astype(np.uint64))


def settle(found: Sequence[Counter[int]], given: Mapping[int, int]) -> list[Link]:
    """One position per row, or none: the one with the most combinations, if it is alone there.

    ``given``: positions already known (from the source, or by reference), by row. A position is taken once.
    """
    links: list[Link] = []
    taken: set[int] = set()
    for row, counts in enumerate(found):
        position = given.get(row, _alone(counts))
        if position is not None and position not in taken:
            taken.add(position)
            links.append(Link(row, position))
    return links


def _alone(counts: Counter[int]) -> int | None:
    best = counts.most_common(2)
    if not best or (len(best) > 1 and best[0][1] == best[1][1]):
        return None
    return best[0][0]


def open_links(specimen: Specimen, copy: Copy, record: RecordReader, links: Sequence[Link]) -> list[Link]:
    """Check each link against the commitments of its row, and tell which rows count."""
    shared = {
        column: number
        for field, number in specimen.first_columns().items()
        if (column := copy.first_columns.get(field)) is not None
    }
    opened = []
    for link in links:
        hashes = copy.cell_hashes(record, link.position)
        columns = tuple(
            column
            for column, number in sorted(shared.items())
            if (plain := plain_cell(copy.entry.fields[column], specimen.rows[link.row][number]))
            and copy.opens(hashes, column, link.position, plain)
        )
        opened.append(Link(link.row, link.position, columns, counts(copy.entry.fields, columns)))
    return opened


def plain_cell(field: Field, cell: str) -> str:
    """A specimen cell in the form that is committed to; "" if blank."""
    if is_blank(cell):
        return ""
    return references.normal(cell) if field == REFERENCE else presentation(field.kind, cell)


def counts(fields: Sequence[Field], opened: Sequence[int]) -> bool:
    """Whether a row with these opened columns counts."""
    kinds = [fields[column] for column in opened]
    return REFERENCE in kinds or sum(field.kind in IDENTITY for field in kinds) >= OPENED_LEAST


def shown_references(specimen: Specimen) -> dict[int, str]:
    """The row references a specimen shows, by row."""
    number = specimen.first_columns().get(REFERENCE)
    if number is None:
        return {}
    return {row: ref for row, cells in enumerate(specimen.rows) if (ref := references.normal(cells[number]))}


def positions_by_reference(copy: Copy, shown: Mapping[int, str]) -> dict[int, int]:
    """Where in this copy the shown references stand."""
    if not shown:
        return {}
    key = copy.key.channel(Channel.REFERENCE)
    blocks = aes(key, numbered_blocks(references.DOMAIN, np.arange(copy.rows, dtype=np.uint64)))
    heads = np.frombuffer(blocks, dtype=">u8").reshape(-1, 2)[:, 0].astype(np.uint64)
    order = np.argsort(heads)
    wanted = {row: _head(ref) for row, ref in shown.items()}
    places = np.searchsorted(heads[order], np.array(list(wanted.values()), dtype=np.uint64))
    found = {}
    for (row, _), place in zip(wanted.items(), places.tolist(), strict=True):
        position = int(order[place]) if place < copy.rows else -1
        if position >= 0 and references.references(key, 1, position)[0] == shown[row]:
            found[row] = position
    return found


def _head(reference: str) -> int:
    """The first 64 of the 80 bits of a reference."""
    value = 0
    for letter in reference:
        value = value << 5 | references.ALPHABET.index(letter)
    return value >> (references.BITS - 64)
