"""The auditor's work: rebuild every index from the leaves alone (docs/spec/completeness.md, 6)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from azukari.errors import FormatError, IndexRootError
from azukari.ledger.entry import canonical

from .growing import extended
from .index import Index, build
from .index_entry import INDEX, IndexEntry
from .leaf import Leaf, is_leaf
from .making import label_of

_TYPED: Final = canonical({"type": INDEX})[1:-1]  # every entry of that type holds these bytes


class Audit:
    """索引の監査。 Takes all entries of a ledger in order and computes each index entry anew.

    ``labels`` (32 bytes each), ``places`` (u64, little-endian), ``size`` (entries taken), ``last`` (the index entry
    before) and ``place`` (where it stands) are what an audit goes on from; they are empty at first. Memory: 100 bytes for
    each leaf, and twice that while an index is rebuilt.
    """

    def __init__(
        self,
        labels: bytes = b"",
        places: bytes = b"",
        size: int = 0,
        last: IndexEntry | None = None,
        place: int = -1,
    ) -> None:
        self.labels, self.places = bytearray(labels), bytearray(places)
        self.size, self.last, self.place = size, last, place
        self.indexes = 0
        self._index_before: Index | None = None

    def take(self, entry: bytes) -> None:
        """The next entry. IndexRootError for an index entry that the leaves before it do not lead to.

        ``facts``: ``index`` of the entry, ``kind`` (``leaf``, ``format``, ``order`` or ``root``).
        """
        if is_leaf(entry):
            self._leaf(entry)
        elif _TYPED in entry:
            self._index(entry)
        self.size += 1

    def _leaf(self, entry: bytes) -> None:
        try:
            Leaf.parse(entry)
        except FormatError as error:
            raise self._wrong("an entry that begins like a leaf and is none", "leaf") from error
        self.labels += label_of(entry)
        self.places += self.size.to_bytes(8, "little")

    def _index(self, entry: bytes) -> None:
        try:
            claimed = IndexEntry.parse(entry)
        except FormatError as error:
            raise self._wrong("an index entry that cannot be read", "format") from error
        if claimed.size > self.size or (self.last and not self._follows(claimed, self.last)):
            raise self._wrong("an index entry that is out of order", "order")
        if claimed != self._rebuilt(claimed.at, claimed.size):
            raise self._wrong("an index entry that the leaves do not lead to", "root")
        self.last, self.place = claimed, self.size
        self.indexes += 1

    def _follows(self, claimed: IndexEntry, last: IndexEntry) -> bool:
        """An index that covers no more than what stood before the last one could keep an entry out for ever."""
        return claimed.size > max(self.place, last.size) and claimed.at >= last.at

    def _rebuilt(self, at: datetime, size: int) -> IndexEntry:
        places = np.frombuffer(self.places, dtype="<u8")
        count = int(np.searchsorted(places, size))
        if self.last is not None and self.last.count == count:  # the same leaves as before
            return IndexEntry(at, count, self.last.depth, self.last.root, size)
        made = self._made(count, places)
        return IndexEntry(at, made.count, made.depth, made.root, size)

    def _made(self, count: int, places: NDArray[np.uint64]) -> Index:
        """The index of the first ``count`` leaves; grown from the last one, since an office makes one each hour."""
        done = 0 if self._index_before is None else self._index_before.count
        labels, indexes = bytes(self.labels[32 * done : 32 * count]), places[done:count].astype(np.uint64)
        made = build(labels, indexes) if self._index_before is None else extended(self._index_before, labels, indexes)
        self._index_before = made
        return made

    def _wrong(self, detail: str, kind: str) -> IndexRootError:
        return IndexRootError(f"{detail}: {self.size}", index=self.size, kind=kind)
