"""The report: what a person keeps and checks, ``*.azl`` (docs/spec/completeness.md, 8).

Written and read here; what it claims is judged in `checking`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from azukari.errors import FormatError, LimitError
from azukari.ledger.checkpoint import Checkpoint
from azukari.ledger.entry import canonical, parse_canonical
from azukari.ledger.limits import LIMITS
from azukari.ledger.note import from_base64, parse_note, to_base64
from azukari.ledger.tree import HASH_BYTES

from .event import Event
from .index_entry import IndexEntry
from .labels import KEY_BYTES, LIST, SEALED, label
from .leaf import Leaf
from .reading import MAX_COUNT, count, listed, members, require, text, unhexed

REPORT: Final = "azukari/report/v1"
SUFFIX: Final = ".azl"
MAX_REPORT: Final = 4_194_304  # bytes
MAX_LISTS: Final = 64
MAX_ENTRIES: Final = 10_000  # of all lists together
SEALED_ANSWER: Final = "not-answered"
NEXT: Final = 16
"""How many labels after the last entry are proven absent, one by one (count)."""
FAR: Final = tuple(2**power for power in range(5, 21))
"""How far beyond the last entry further labels are proven absent."""

Path = tuple[bytes, ...]


@dataclass(frozen=True)
class ListEntry:
    """一覧の記載。 One leaf with its place and inclusion path, and event and opening where it is open.

    ``opening``: 32 bytes, or empty where it is derived, or where there is no event.
    """

    leaf: Leaf
    index: int
    path: Path
    event: Event | None = None
    opening: bytes = b""

    def __post_init__(self) -> None:
        require(0 <= self.index <= MAX_COUNT, "index")
        _require_path(self.path)
        require(len(self.opening) in (0, KEY_BYTES), "opening")
        require(self.event is not None or not self.opening, "an opening without an event")


@dataclass(frozen=True)
class PersonList:
    """一覧。 All entries under one key, from n = 1 on: of the person (chain 0) or released from the sealed list (chain 1)."""

    chain: int
    key: bytes
    entries: tuple[ListEntry, ...]

    def __post_init__(self) -> None:
        require(self.chain in (LIST, SEALED) and len(self.key) == KEY_BYTES, "list")

    def label(self, n: int) -> bytes:
        """The label of the n-th entry, there or not."""
        return label(self.key, n, self.chain)

    def proven(self) -> list[bytes]:
        """The labels whose buckets the report shows: those of the entries, then those that must be absent."""
        return [self.label(n) for n in range(1, len(self.entries) + 1)] + list(self.absent())

    def absent(self) -> Iterator[bytes]:
        """The labels that must stand nowhere: the next 16, and further ones ever farther apart."""
        last = len(self.entries)
        return (self.label(last + step) for step in (*range(1, NEXT + 1), *FAR))


@dataclass(frozen=True)
class LoggedIndex:
    """索引の記載の証明。 An index entry with its own place and inclusion path."""

    entry: IndexEntry
    index: int
    path: Path

    def __post_init__(self) -> None:
        require(0 <= self.index <= MAX_COUNT, "index")
        _require_path(self.path)


@dataclass(frozen=True)
class Since:
    """前回からの続き。 The consistency path from a checkpoint of this size."""

    size: int
    path: Path

    def __post_init__(self) -> None:
        require(0 <= self.size <= MAX_COUNT, "size")
        _require_path(self.path)


@dataclass(frozen=True)
class Report:
    """一覧の証明書。 All entries of one person with the proof that there are no others, under one checkpoint.

    ``checkpoint``: the signed note. ``lists``: one for each generation of the key, then the released sealed list if there
    is one. ``buckets``: (prefix, records) ascending; ``nodes``: the missing nodes, 32 bytes each. Raises FormatError for
    parts that cannot stand together, LimitError for too many of them.
    """

    origin: str
    checkpoint: bytes
    index: LoggedIndex
    lists: tuple[PersonList, ...]
    buckets: tuple[tuple[int, bytes], ...]
    nodes: bytes
    since: Since | None = None

    def __post_init__(self) -> None:
        if len(self.lists) > MAX_LISTS or sum(len(one.entries) for one in self.lists) > MAX_ENTRIES:
            raise LimitError(f"a report of more than {MAX_LISTS} lists or {MAX_ENTRIES} entries")
        chains = [one.chain for one in self.lists]
        require(chains[:1] == [LIST] and chains == sorted(chains) and chains.count(SEALED) <= 1, "lists")
        require(len({one.key for one in self.lists}) == len(self.lists), "a key twice")
        places = [prefix for prefix, _ in self.buckets]
        require(places == sorted(set(places)) and all(0 <= place <= MAX_COUNT for place in places), "buckets")
        require(len(self.nodes) % HASH_BYTES == 0, "nodes")

    def encode(self) -> bytes:
        """The bytes of the file. LimitError beyond `MAX_REPORT`."""
        data = canonical(
            {
                "type": REPORT,
                "origin": self.origin,
                "checkpoint": self.checkpoint.decode(),
                "index": _index_value(self.index),
                "lists": [_list_value(one) for one in self.lists],
                "buckets": [[prefix, to_base64(records)] for prefix, records in self.buckets],
                "nodes": to_base64(self.nodes),
                "since": self.since and {"size": self.since.size, "path": _joined(self.since.path)},
                "sealed": SEALED_ANSWER,
            }
        )
        if len(data) > MAX_REPORT:
            raise LimitError(f"a report of more than {MAX_REPORT} bytes")
        return data

    @classmethod
    def parse(cls, data: bytes) -> Report:
        """Read a report strictly, verifying nothing. Raises FormatError, LimitError."""
        if len(data) > MAX_REPORT:
            raise LimitError(f"a report of more than {MAX_REPORT} bytes")
        value = members(parse_canonical(data, REPORT), *_MEMBERS)
        require(value["sealed"] == SEALED_ANSWER, "sealed")
        return cls(
            origin=text(value["origin"]),
            checkpoint=text(value["checkpoint"]).encode(),
            index=_read_index(value["index"]),
            lists=_read_lists(value["lists"]),
            buckets=tuple(_read_bucket(each) for each in listed(value["buckets"])),
            nodes=from_base64(text(value["nodes"])),
            since=None if value["since"] is None else _read_since(value["since"]),
        )


_MEMBERS: Final = ("buckets", "checkpoint", "index", "lists", "nodes", "origin", "sealed", "since", "type")


def checkpoint_of(note: bytes) -> Checkpoint:
    """The checkpoint that a note claims, verifying nothing. Raises FormatError, LimitError."""
    return Checkpoint.parse(parse_note(note)[0])


def _index_value(logged: LoggedIndex) -> dict[str, Any]:
    return {"entry": logged.entry.encode().decode(), "index": logged.index, "path": _joined(logged.path)}


def _list_value(one: PersonList) -> dict[str, Any]:
    return {"chain": one.chain, "key": one.key.hex(), "entries": [_entry_value(entry) for entry in one.entries]}


def _entry_value(entry: ListEntry) -> dict[str, Any]:
    return {
        "leaf": to_base64(entry.leaf.encode()),
        "index": entry.index,
        "path": _joined(entry.path),
        "event": entry.event.encode().decode() if entry.event else "",
        "opening": entry.opening.hex(),
    }


def _read_index(value: Any) -> LoggedIndex:
    value = members(value, "entry", "index", "path")
    entry = IndexEntry.parse(text(value["entry"]).encode())
    return LoggedIndex(entry, count(value["index"]), _read_path(value["path"]))


def _read_lists(value: Any) -> tuple[PersonList, ...]:
    """Counted before they are read: whoever sends too much should not keep a reader busy."""
    lists = [members(each, "chain", "entries", "key") for each in listed(value)]
    if len(lists) > MAX_LISTS or sum(len(listed(each["entries"])) for each in lists) > MAX_ENTRIES:
        raise LimitError(f"a report of more than {MAX_LISTS} lists or {MAX_ENTRIES} entries")
    return tuple(
        PersonList(count(each["chain"]), unhexed(each["key"], KEY_BYTES), tuple(map(_read_entry, each["entries"])))
        for each in lists
    )


def _read_entry(value: Any) -> ListEntry:
    value = members(value, "event", "index", "leaf", "opening", "path")
    event, opening = text(value["event"]), text(value["opening"])
    return ListEntry(
        leaf=Leaf.parse(from_base64(text(value["leaf"]))),
        index=count(value["index"]),
        path=_read_path(value["path"]),
        event=Event.parse(event.encode()) if event else None,
        opening=unhexed(opening, KEY_BYTES) if opening else b"",
    )


def _read_bucket(value: Any) -> tuple[int, bytes]:
    pair = listed(value)
    require(len(pair) == 2, "buckets")
    return count(pair[0]), from_base64(text(pair[1]))


def _read_since(value: Any) -> Since:
    value = members(value, "path", "size")
    return Since(count(value["size"]), _read_path(value["path"]))


def _read_path(value: Any) -> Path:
    hashes = from_base64(text(value))
    require(len(hashes) % HASH_BYTES == 0, "path")
    return tuple(hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES))


def _joined(path: Path) -> str:
    return to_base64(b"".join(path))


def _require_path(path: Path) -> None:
    if len(path) > LIMITS.path_hashes or any(len(step) != HASH_BYTES for step in path):
        raise FormatError("a path is too long, or has a hash that is not 32 bytes long")
