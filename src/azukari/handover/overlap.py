"""The people of a table against one snapshot: whom of them do the copies of it hold already?

Every snapshot has an index key of its own, so copies of two snapshots cannot be compared with each other; but whoever
has a table in hand can compute its digests under each of these keys. A row counts as one person, and equal digests as
the same person. What that cannot decide is counted as undecided, never guessed. The individual number takes no part
(docs/spec/trace.md, section 3).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from azukari.errors import FormatError
from azukari.fields.kinds import Field
from azukari.handover.decoys import MOST
from azukari.handover.linking import COMBINATIONS, Combination, Digester, joined_forms, keyed_digests, link_columns
from azukari.handover.record import RecordReader
from azukari.tables.spelling import presentation

Rows = NDArray[np.bool_]
Numbers = NDArray[np.uint64]
Places = NDArray[np.intp]
TRIED: Final = 2  # combinations that a row is looked for by at the least: one cell may have changed meanwhile


@dataclass(frozen=True)
class Earlier:
    """渡し済みの写し。 A copy that is held already; ``fields`` as delivered, ``snapshot`` any name of its source table.

    ``rows``: delivered, canaries included; ``source_rows``: of the snapshot. ``open_record`` is None where the copy
    record is gone: then it is known of the copy only how many rows it has.
    """

    snapshot: str
    fields: frozenset[Field]
    rows: int
    source_rows: int
    index_key: bytes
    open_record: Callable[[], AbstractContextManager[RecordReader]] | None


@dataclass(frozen=True)
class Range:
    """幅。 At least and at most; the same number where it is known."""

    low: int
    high: int

    @property
    def exact(self) -> bool:
        """Whether there is but one possibility."""
        return self.low == self.high


class People:
    """表の人びと。 The linkage forms of a table's own persons, made once and digested under any number of keys."""

    def __init__(self, frame: pl.DataFrame, fields: Mapping[str, Field | None]) -> None:
        self.height = frame.height
        first = dict(list(fields.items())[::-1])  # of two columns with one field the first counts
        self._columns = {f.kind: frame[header] for header, f in first.items() if f and f.role == "person"}
        self._joined: dict[str, list[bytes]] = {}

    def shared(self, names: Collection[str]) -> list[Combination]:
        """The combinations that both sides have; weak ones only where no strong one is shared."""
        both = [c for c in COMBINATIONS if c.name in names and set(c.kinds) <= set(self._columns)]
        return [c for c in both if c.strong] or both

    def digests(self, combination: Combination, index_key: bytes, wanted: Places) -> Numbers:
        """One digest for each wanted row, 0 where a form is blank; shape of ``wanted``."""
        if combination.name not in self._joined:
            self._joined[combination.name] = self._forms(combination)
        joined = self._joined[combination.name]
        whole = len(wanted) == self.height
        return keyed_digests(index_key, combination, joined if whole else [joined[row] for row in wanted.tolist()])

    def _forms(self, combination: Combination) -> list[bytes]:
        digester = Digester(bytes(32))  # no key is in the forms
        plain = {kind: presentation(kind, self._columns[kind]).to_list() for kind in combination.kinds}
        return joined_forms([digester.forms(kind, cells) for kind, cells in plain.items()])


@dataclass(frozen=True, repr=False)
class Overlap:
    """重なり。 One snapshot against the table; ``held``: for each copy, which rows of the table it speaks of.

    ``unsure``: rows that nothing was found for, though not everything could be compared. ``both``: people who are in
    the table and in the copies. ``outside``: people of the copies who are not in the table. ``more``: rows, besides the
    unsure ones, that might be in the copies all the same.
    """

    held: tuple[Rows, ...]
    unsure: Rows
    both: Range
    outside: Range
    more: int


def overlap(people: People, copies: Sequence[Earlier], same: Places | None) -> Overlap:
    """Compare the copies of one snapshot with the table.

    ``same``: for a table that is that very snapshot, or some rows of it, the source row of each of its rows; else None.

    Raises FormatError, WrongKeyError for a record that is damaged.
    """
    with ExitStack() as opened:
        readable = [c for c in copies if c.open_record is not None]
        records = [opened.enter_context(c.open_record()) for c in readable if c.open_record is not None]
        sides = [_side(copy, record) for copy, record in zip(readable, records, strict=True)]
        gone = [c for c in copies if c.open_record is None]
        if same is not None:
            return _of_this_table(same, copies, sides)
        search = _Search(people, copies[0].source_rows)
        search.run(sides)
    held = {id(side.copy): search.held(side) for side in sides}
    nobody = np.zeros(people.height, dtype=np.bool_)
    return search.answer(tuple(held.get(id(copy), nobody) for copy in copies), gone)


@dataclass(frozen=True, repr=False)
class _Side:
    """One readable copy: where its delivered rows come from, and what it can be searched by."""

    copy: Earlier
    record: RecordReader
    sources: Places  # by delivered position
    here: Rows  # by source row: whether it was delivered

    @property
    def names(self) -> list[str]:
        return [name.removeprefix("digest/") for name in self.record.names if name.startswith("digest/")]

    def clear(self, combination: Combination) -> bool:
        """Whether the digests are those of the rows' own persons; those of spouses lie in the same section."""
        columns = [one for one in link_columns(sorted(self.copy.fields)) if one.combination == combination]
        return len(columns) == 1 and {Field(kind) for kind in combination.kinds} <= self.copy.fields

    def section(self, combination: Combination) -> tuple[Numbers, Places]:
        """The digests with their source rows; canaries, which stand behind the source, are left out."""
        digests = self.record.numbers(f"digest/{combination.name}", "<u8").astype(np.uint64)
        positions = self.record.numbers(f"position/{combination.name}", "<u4").astype(np.intp)
        if len(digests) != len(positions) or (positions >= len(self.sources)).any():
            raise FormatError("copy record")
        sources = self.sources[positions]
        real = sources < self.copy.source_rows
        return digests[real], sources[real]


def _side(copy: Earlier, record: RecordReader) -> _Side:
    sources = record.numbers("source-rows", "<u8").astype(np.intp)
    here = np.zeros(copy.source_rows, dtype=np.bool_)
    here[sources[sources < copy.source_rows]] = True
    return _Side(copy, record, sources, here)


class _Search:
    """The rows of a table looked for in the copies of one snapshot, by one combination after the other."""

    def __init__(self, people: People, source_rows: int) -> None:
        self._people = people
        self._linked, self._sure = (np.zeros(people.height, dtype=np.bool_) for _ in range(2))
        self._full = np.ones(people.height, dtype=np.bool_)  # no cell that was asked for was blank
        self._here, self._found, self._borne = (np.zeros(source_rows, dtype=np.bool_) for _ in range(3))
        self._pairs: list[tuple[Places, Places]] = []
        self._least = 0

    def run(self, sides: Sequence[_Side]) -> None:
        """Look for every row. Combinations that speak of the rows' own persons alone come first."""
        for side in sides:
            self._here |= side.here
        named = [(c, [s for s in sides if c.name in s.names]) for c in self._people.shared(_names(sides))]
        named.sort(key=lambda one: not all(side.clear(one[0]) for side in one[1]))
        for tried, (combination, having) in enumerate(named):
            if tried < TRIED or self._blank or self._unsure.any():
                self._try(combination, having, all(side.clear(combination) for side in having))
        if not named:
            self._full[:] = False

    def held(self, side: _Side) -> Rows:
        """Which rows of the table point to a source row that this copy holds."""
        held = np.zeros(self._people.height, dtype=np.bool_)
        for rows, sources in self._pairs:
            held[rows[side.here[sources]]] = True
        return held

    def answer(self, held: tuple[Rows, ...], gone: Sequence[Earlier]) -> Overlap:
        """What is known in the end; of the copies that are ``gone`` nothing but how many rows they have."""
        height, here, source_rows = self._people.height, int(self._here.sum()), len(self._here)
        lost = min(source_rows - here, sum(min(c.rows, c.source_rows) for c in gone))
        sure_lost = max([here, *(min(c.rows - MOST, c.source_rows) for c in gone)])
        more = self._blank + lost
        found = min(int(self._linked.sum()), int(self._found.sum()))
        both = Range(self._least, min(height, here + lost, found + int(self._unsure.sum()) + more))
        outside = Range(max(0, sure_lost - both.high), max(0, here + lost - self._least))
        return Overlap(held, self._unsure, both, outside, more)

    @property
    def _unsure(self) -> Rows:
        unsure: Rows = ~self._linked & ~self._sure & ~self._full
        return unsure

    @property
    def _blank(self) -> int:
        """Source rows that nothing could be compared by."""
        return int((self._here & ~self._borne).sum())

    def _try(self, combination: Combination, sides: Sequence[_Side], clear: bool) -> None:
        wanted = np.flatnonzero(~self._linked)
        ours = self._people.digests(combination, sides[0].copy.index_key, wanted)
        known = ours != 0
        digests, sources = _sections(sides, combination)
        rows, places = _pairs(ours, digests)
        self._count(digests[places], sources[places], clear)
        self._pairs.append((wanted[rows], sources[places]))
        if clear:
            bears = np.zeros_like(self._borne)
            bears[sources] = True
            self._borne |= bears
            if not (self._here & ~bears).any():
                self._sure[wanted[known]] = True
        self._full[wanted] &= known & clear
        self._linked[wanted[rows]] = True

    def _count(self, digests: Numbers, sources: Places, clear: bool) -> None:
        """People who are certainly in both: different digests of source rows that nobody pointed to before."""
        if clear:
            self._least += len(np.unique(digests[~self._found[sources]]))
        self._found[sources] = True


def _names(sides: Sequence[_Side]) -> set[str]:
    return {name for side in sides for name in side.names}


def _sections(sides: Sequence[_Side], combination: Combination) -> tuple[Numbers, Places]:
    """The digests of all these copies, sorted, each source row once."""
    digests, sources = zip(*(side.section(combination) for side in sides), strict=True)
    both = np.stack([np.concatenate(digests), np.concatenate(sources).astype(np.uint64)], axis=1)
    if len(sides) > 1:
        both = np.unique(both, axis=0)
    return both[:, 0], both[:, 1].astype(np.intp)


def _pairs(wanted: Numbers, digests: Numbers) -> tuple[Places, Places]:
    """Every wanted digest with every place where it stands among the sorted ``digests``; 0 stands nowhere."""
    low, high = np.searchsorted(digests, wanted, "left"), np.searchsorted(digests, wanted, "right")
    many = np.where(wanted != 0, high - low, 0)
    rows = np.repeat(np.arange(len(wanted)), many)
    places = np.arange(many.sum()) + np.repeat(low - (np.cumsum(many) - many), many)
    return rows, places


def _of_this_table(rows: Places, copies: Sequence[Earlier], sides: Sequence[_Side]) -> Overlap:
    """The same table: its rows are known by their numbers, and no digest is needed."""
    here = {id(side.copy): side.here for side in sides}
    copied = [here.get(id(c), np.full(c.source_rows, c.rows >= c.source_rows)) for c in copies]
    both = int(np.any(copied, axis=0)[rows].sum())
    outside = int(np.any(copied, axis=0).sum()) - both
    more = sum(c.rows for c in copies if c.open_record is None and c.rows < c.source_rows)
    held, unsure = tuple(one[rows] for one in copied), np.zeros(len(rows), dtype=np.bool_)
    return Overlap(held, unsure, Range(both, min(len(rows), both + more)), Range(outside, outside + more), more)
