"""Composing a report out of what everybody has, checkpoint, entries and index, and the keys of one person's lists (docs/spec/completeness.md, 8).

Whoever composes it, inside for the counter of a town hall or outside for the person's own page, finds the same entries:
nothing but a key says which leaves are the person's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from azukari.errors import LimitError

from .event import Event
from .index import Index, prove
from .labels import LIST, label
from .leaf import Leaf
from .report import MAX_ENTRIES, ListEntry, LoggedIndex, Path, PersonList, Report, Since

Opened = tuple[bytes, bytes]
"""The canonical event, and its opening, which is empty where it is derived."""
Opener = Callable[[int, int, Leaf], Opened | None]
"""(n, index of the leaf, leaf) -> what the leaf commits to, or None where that is not shown yet."""


@dataclass(frozen=True)
class Ground:
    """拠り所。 What a report stands on: the ledger under one checkpoint, and an index that is logged under it.

    ``entry`` gives the bytes of the entry of an index, ``path`` its inclusion path under ``checkpoint``.
    """

    origin: str
    checkpoint: bytes
    logged: LoggedIndex
    index: Index
    entry: Callable[[int], bytes]
    path: Callable[[int], Path]


def read_list(ground: Ground, key: bytes, opener: Opener) -> PersonList:
    """The list of one key: n = 1, 2, 3 ... while the index has a label.

    LimitError beyond the entries of a report; FormatError for a leaf or event of another form; and as ``opener``.
    """
    found: list[ListEntry] = []
    while places := ground.index.find(label(key, len(found) + 1)):
        if len(found) == MAX_ENTRIES:
            raise LimitError(f"more than {MAX_ENTRIES} entries")
        found.append(_entry(ground, len(found) + 1, places[0], opener))
    return PersonList(LIST, key, tuple(found))


def compose(ground: Ground, lists: Sequence[PersonList], since: Since | None) -> Report:
    """The report: these lists, one for each generation of the key in order, with the proof that they hold everything.

    LimitError for more than a report takes.
    """
    buckets, nodes = prove(ground.index, [name for one in lists for name in one.proven()])
    return Report(
        origin=ground.origin,
        checkpoint=ground.checkpoint,
        index=ground.logged,
        lists=tuple(lists),
        buckets=tuple(buckets),
        nodes=nodes,
        since=since,
    )


def _entry(ground: Ground, n: int, index: int, opener: Opener) -> ListEntry:
    leaf = Leaf.parse(ground.entry(index))
    opened = opener(n, index, leaf)
    if opened is None:
        return ListEntry(leaf, index, ground.path(index))
    event, opening = opened
    return ListEntry(leaf, index, ground.path(index), Event.parse(event), opening)
