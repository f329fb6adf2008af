"""Steps 4 and 6: the e-value of each copy, and of sham keys as a control."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log2
from typing import Final

import numpy as np
from numpy.typing import NDArray

from azukari.fields.kinds import Field, Kind
from azukari.fingerprint import likelihood, order, references
from azukari.fingerprint.canaries import canary, coincidence
from azukari.fingerprint.keys import Channel, HandOverKey
from azukari.fingerprint.likelihood import Spellings
from azukari.trace.copies import Copy
from azukari.trace.linkage import Link, shown_references
from azukari.trace.specimen import Specimen, is_blank

SHAMS: Final = 10_000
FLOORS: Final = {
    Channel.SPELLING: log2(likelihood.SPELLING_FLOOR),
    Channel.REFERENCE: log2(likelihood.REFERENCE_FLOOR),
    Channel.CANARY: log2(likelihood.CANARY_FLOOR),
    Channel.ORDER: log2(likelihood.ORDER_FLOOR),
}


@dataclass(frozen=True)
class Measurement:
    """測定値。 log2 e of each channel of one copy."""

    channels: dict[Channel, float]

    @property
    def total(self) -> float:
        """log2 E_h."""
        return sum(self.channels.values())

    def opened_total(self, opened: Sequence[Channel]) -> float:
        """log2 E_h with only these channels open, the others at their floors."""
        return sum(self.channels[c] if c in opened else FLOORS[c] for c in Channel)


NOTHING: Final = Measurement(dict.fromkeys(Channel, 0.0))


def measure(
    specimen: Specimen, seen: Spellings, copy: Copy, links: Sequence[Link], canary_list: Sequence[tuple[int, int]]
) -> Measurement:
    """The e-values of one copy; ``links``: those that count, in specimen order; a burned copy measures nothing."""
    if copy.burned:
        return NOTHING
    return Measurement(
        {
            Channel.REFERENCE: reference_value(specimen, copy.key.channel(Channel.REFERENCE), links, copy.rows),
            Channel.CANARY: canary_value(specimen, copy.key.channel(Channel.CANARY), links, canary_list),
            Channel.SPELLING: likelihood.spelling(copy.key.channel(Channel.SPELLING), seen),
            Channel.ORDER: likelihood.order([link.position for link in links], copy.rows, len(specimen.rows)),
        }
    )


def reference_value(specimen: Specimen, key: bytes, links: Sequence[Link], rows: int) -> float:
    """log2 e of the reference channel over counted links; ``rows``: delivered rows of the copy."""
    shown = shown_references(specimen)
    hits = {
        shown[link.row]
        for link in links
        if link.row in shown and references.references(key, 1, link.position)[0] == shown[link.row]
    }
    return likelihood.reference(len(hits), len(set(shown.values()) - hits), rows)


def canary_value(
    specimen: Specimen, key: bytes, links: Sequence[Link], canary_list: Sequence[tuple[int, int]]
) -> float:
    """log2 e of the canary channel over counted links; ``canary_list``: (delivered position, canary number)."""
    numbers = dict(canary_list)
    own = {field.kind: n for field, n in specimen.first_columns().items() if field.role == "person"}
    matches: dict[tuple[str, ...], float] = {}
    for link in links:
        if link.position in numbers:
            cells = specimen.rows[link.row]
            chance = coincidence(_own_cells(own, cells), canary(key, numbers[link.position]))
            if chance is not None:
                matches[cells] = chance
    others = len(set(specimen.rows)) - len(matches)
    return likelihood.canaries(list(matches.values()), others, len(canary_list))


def _own_cells(own: dict[Kind, int], cells: tuple[str, ...]) -> dict[Kind, str]:
    return {kind: cells[number] for kind, number in own.items() if not is_blank(cells[number])}


@dataclass(frozen=True)
class Shams:
    """偽の鍵による対照。 How sham keys fare on the same specimen: how many, the highest log2 e, the first twenty."""

    drawn: int
    reached: int
    highest: float
    first: tuple[float, ...]


def sham_values(
    committed: bytes, seen: Spellings, source_rows: Sequence[int], rows: int, count: int, shown: int
) -> Iterator[float]:
    """log2 e of each sham key through the spelling and order channels.

    ``source_rows``: of the counted links of the accused copy, in specimen order; ``rows``: its row count;
    ``shown``: rows of the specimen.
    """
    numbers = np.array(source_rows, dtype=np.uint64)
    for i in range(count):
        key = HandOverKey(hashlib.sha256(b"azukari/sham/v1\0" + committed + i.to_bytes(4, "big")).digest())
        keys = order.sort_keys(key.channel(Channel.ORDER), numbers)
        positions = _first_occurrences(_scaled(keys, rows).astype(np.int64))
        yield likelihood.spelling(key.channel(Channel.SPELLING), seen) + likelihood.order(positions, rows, shown)


def _scaled(keys: NDArray[np.uint64], rows: int) -> NDArray[np.uint64]:
    """key * rows >> 64 of each key, without a product of more than 64 bits; ``rows`` below 2^32."""
    high, low = keys >> np.uint64(32), keys & np.uint64(0xFFFFFFFF)
    return (high * np.uint64(rows) + (low * np.uint64(rows) >> np.uint64(32))) >> np.uint64(32)


def _first_occurrences(values: NDArray[np.int64]) -> NDArray[np.int64]:
    ascending = np.sort(values)
    if (ascending[1:] != ascending[:-1]).all():
        return values
    return np.array(list(dict.fromkeys(values.tolist())), dtype=np.int64)


def control(
    committed: bytes,
    seen: Spellings,
    source_rows: Sequence[int],
    rows: int,
    threshold: float,
    shown: int,
    count: int = SHAMS,
) -> Shams:
    """Step 6. The shams know nothing of the copy; that none reaches the threshold is a check on the code itself."""
    values = list(sham_values(committed, seen, source_rows, rows, count, shown))
    return Shams(count, sum(v >= threshold for v in values), max(values), tuple(values[:20]))


def leaked_fields(specimen: Specimen, fields: Sequence[Field], links: Sequence[Link]) -> list[tuple[Field, int, int]]:
    """(field, non-blank cells, opened cells) over counted rows, for each specimen field that a copy holds."""
    held = {field: column for column, field in reversed(list(enumerate(fields)))}
    counted = [link for link in links if link.counts]
    return [
        (
            field,
            sum(not is_blank(specimen.rows[link.row][number]) for link in counted),
            sum(held[field] in link.opened for link in counted),
        )
        for field, number in specimen.first_columns().items()
        if field in held
    ]
