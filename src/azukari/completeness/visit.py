"""What a person keeps from one visit to the next, so that nothing can be taken back (docs/spec/completeness.md, 9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from azukari.errors import LimitError
from azukari.ledger.checkpoint import Checkpoint
from azukari.ledger.entry import canonical, parse_canonical

from .labels import KEY_BYTES, LIST, SEALED, key_id
from .reading import MAX_COUNT, count, listed, members, require, text, unhexed
from .report import MAX_LISTS, Report, checkpoint_of

VISIT: Final = "azukari/visit/v1"
MAX_VISIT: Final = 1_048_576  # bytes


@dataclass(frozen=True)
class KeptList:
    """前回の一覧。 Chain, id of the list key (32 bytes) and number of entries at a visit; not the key itself."""

    chain: int
    id: bytes
    entries: int

    def __post_init__(self) -> None:
        require(self.chain in (LIST, SEALED) and len(self.id) == KEY_BYTES, "list")
        require(0 <= self.entries <= MAX_COUNT, "entries")


@dataclass(frozen=True)
class Visit:
    """前回の控え。 The signed checkpoint that was seen, and how long each list was. It holds no list key.

    Raises FormatError unless the note is one of a checkpoint of ``origin``.
    """

    origin: str
    checkpoint: bytes
    lists: tuple[KeptList, ...]

    def __post_init__(self) -> None:
        require(self.seen.origin == self.origin, "a checkpoint of another ledger")
        require(0 < len(self.lists) <= MAX_LISTS, "lists")

    @property
    def seen(self) -> Checkpoint:
        """The checkpoint, whose signatures were verified at that visit."""
        return checkpoint_of(self.checkpoint)

    @classmethod
    def of(cls, report: Report) -> Visit:
        """What to keep of a report that was verified."""
        kept = tuple(KeptList(one.chain, key_id(one.key), len(one.entries)) for one in report.lists)
        return cls(report.origin, report.checkpoint, kept)

    def encode(self) -> bytes:
        """The bytes of the file."""
        return canonical(
            {
                "type": VISIT,
                "origin": self.origin,
                "checkpoint": self.checkpoint.decode(),
                "lists": [{"chain": one.chain, "entries": one.entries, "id": one.id.hex()} for one in self.lists],
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> Visit:
        """Read what `encode` wrote. Raises FormatError, LimitError."""
        if len(data) > MAX_VISIT:
            raise LimitError(f"a visit of more than {MAX_VISIT} bytes")
        value = members(parse_canonical(data, VISIT), "checkpoint", "lists", "origin", "type")
        kept = tuple(_read_list(each) for each in listed(value["lists"]))
        return cls(text(value["origin"]), text(value["checkpoint"]).encode(), kept)


def _read_list(value: Any) -> KeptList:
    value = members(value, "chain", "entries", "id")
    return KeptList(count(value["chain"]), unhexed(value["id"], KEY_BYTES), count(value["entries"]))
