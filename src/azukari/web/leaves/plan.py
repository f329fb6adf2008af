"""The plan of a bulk: all of its leaves, sorted by label, in one file that is read by offset."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from azukari.completeness.leaf import HEAD_BYTES, LEAF_BYTES
from azukari.errors import FormatError
from azukari.stores.files import creating

_BLOCK: Final = 65_536  # leaves written, or put together, at a time


def make(path: Path, blocks: Iterable[bytes], count: int) -> None:
    """Sort ``count`` leaves, given many at a time, by their labels and write them, durable. StateError, StorageError."""
    table = gathered(blocks, count)
    order = by_label(table)
    with creating(path) as file:
        for first in range(0, count, _BLOCK):
            file.write(table[order[first : first + _BLOCK]].data)


def gathered(blocks: Iterable[bytes], count: int) -> NDArray[np.uint8]:
    """``count`` leaves as rows of bytes. FormatError if there are more or fewer."""
    table = np.empty((count, LEAF_BYTES), dtype=np.uint8)
    at = 0
    for block in blocks:
        rows = np.frombuffer(block, dtype=np.uint8).reshape(-1, LEAF_BYTES)
        _require(at + len(rows) <= count)
        table[at : at + len(rows)] = rows
        at += len(rows)
    _require(at == count)
    return table


def _require(counted: bool) -> None:
    if not counted:
        raise FormatError("other than the leaves that were counted")


def by_label(table: NDArray[np.uint8]) -> NDArray[np.intp]:
    """The order of rows by label. The first eight bytes nearly always tell; where they do not, all 32 are asked."""
    labels = np.ascontiguousarray(table[:, HEAD_BYTES : HEAD_BYTES + 32]).view(">u8").astype(np.uint64)
    order = np.argsort(labels[:, 0], kind="stable")
    ahead = labels[order, 0]
    if (ahead[1:] == ahead[:-1]).any():
        order = np.lexsort(labels.T[::-1])
    return order


def reader(path: Path) -> Callable[[int, int], list[bytes]]:
    """Reads ``count`` leaves from a leaf on. OSError."""

    def read(start: int, count: int) -> list[bytes]:
        with path.open("rb") as file:
            file.seek(start * LEAF_BYTES)
            data = file.read(count * LEAF_BYTES)
        return [data[at : at + LEAF_BYTES] for at in range(0, len(data), LEAF_BYTES)]

    return read
