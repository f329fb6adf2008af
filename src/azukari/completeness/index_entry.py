"""The entry that fixes an index: how many labels, and the root over them (docs/spec/completeness.md, 6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from azukari.ledger.entry import canonical, parse_canonical

from .index import depth_of
from .reading import MAX_COUNT, count, members, require, time, timed, unhexed

INDEX: Final = "azukari/index/v1"
_MEMBERS: Final = ("at", "count", "depth", "root", "size", "type")


@dataclass(frozen=True)
class IndexEntry:
    """索引の記載。 The index over the ``count`` leaves among the first ``size`` entries of the ledger, made at ``at``.

    ``at``: a time in UTC, to the second. ``depth``: what `depth_of` says of ``count``. ``root``: 32 bytes. Anything else
    raises FormatError.
    """

    at: datetime
    count: int
    depth: int
    root: bytes
    size: int

    def __post_init__(self) -> None:
        timed(self.at)
        require(0 <= self.count <= self.size <= MAX_COUNT and self.depth == depth_of(self.count), "count")
        require(len(self.root) == 32, "root")

    def encode(self) -> bytes:
        """The canonical bytes: the ledger entry."""
        return canonical(
            {
                "type": INDEX,
                "at": timed(self.at),
                "count": self.count,
                "depth": self.depth,
                "root": self.root.hex(),
                "size": self.size,
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> IndexEntry:
        """Read an entry strictly; FormatError for anything else."""
        value = members(parse_canonical(data, INDEX), *_MEMBERS)
        counts = {name: count(value[name]) for name in ("count", "depth", "size")}
        return cls(at=time(value["at"]), root=unhexed(value["root"], 32), **counts)
