"""The auditor's work: rebuild every index from the leaves alone (docs/spec/completeness.md, 6)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import numpy as np

from azukari.errors import FormatError, IndexRootError
from azukari.ledger.entry import canonical

from .index import build
from .index_entry import INDEX, IndexEntry
from .leaf import Leaf, is_leaf
from .making import label_of

_TYPED: Final = canonical({"type": INDEX})[1:-1]  # every entry of that type holds these bytes


class Audit:
    """索引の監査。 Takes all entries of a ledger in order and computes each index entry anew.

    Memory: 40 bytes for each leaf, and four times that while an index is rebuilt.
    """

    def __init__(self) -> None:
        self.size = 0
        self.indexes = 0
        self._labels = bytearray()
        self._places = bytearray()
        self._last: IndexEntry | None = None

    def take(self, entry: bytes) -> None:
        """The next entry. IndexRootError for an index entry that the leaves before it do not lead to, with its ``index``."""
        if is_leaf(entry):
            self._leaf(entry)
        elif _TYPED in entry:
            self._index(entry)
        self.size += 1

    def _leaf(self, entry: bytes) -> None:
        try:
            Leaf.parse(entry)
        except FormatError as error:
            raise IndexRootError("an entry that begins like a leaf and is none", index=self.size) from error
        self._labels += label_of(entry)
        self._places += self.size.to_bytes(8, "little")

    def _index(self, entry: bytes) -> None:
        try:
            claimed = IndexEntry.parse(entry)
        except FormatError as error:
            raise IndexRootError("an index entry that cannot be read", index=self.size) from error
        if claimed.size > self.size or (self._last and not self._follows(claimed, self._last)):
            raise IndexRootError("an index entry that is out of order", index=self.size)
        if claimed != self._rebuilt(claimed.at, claimed.size):
            raise IndexRootError("an index entry that the leaves do not lead to", index=self.size)
        self._last = claimed
        self.indexes += 1

    def _follows(self, claimed: IndexEntry, last: IndexEntry) -> bool:
        return claimed.size >= last.size and claimed.at >= last.at

    def _rebuilt(self, at: datetime, size: int) -> IndexEntry:
        places = np.frombuffer(self._places, dtype="<u8")
        count = int(np.searchsorted(places, size))
        made = build(bytes(self._labels[: 32 * count]), places[:count].astype(np.uint64))
        return IndexEntry(at, made.count, made.depth, made.root, size)
