"""The index over the leaves of a log, built from its entries, kept as two static files, and mapped where it is read."""

from __future__ import annotations

from array import array
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import numpy as np

from azukari.completeness.growing import extended
from azukari.completeness.index import LABEL_BYTES, Index
from azukari.completeness.index import build as built
from azukari.completeness.leaf import HEAD_BYTES, LEAF_BYTES, is_leaf
from azukari.stores.files import PUBLIC, make_folders, replacing
from azukari.web.leaves import files
from azukari.web.sequencer import queries as sequencer

RECORDS: Final = "records"
NODES: Final = "nodes"
FILES: Final = (RECORDS, NODES)
_LABEL: Final = slice(HEAD_BYTES, HEAD_BYTES + LABEL_BYTES)


def build(log_id: UUID, size: int, last: int | None = None) -> Index:
    """The index of all leaves before ``size``; on from the files of the index of ``last``, where they are still there."""
    old, start = (mapped(log_id, last), last) if last is not None and is_kept(log_id, last) else (None, 0)
    labels, indexes = bytearray(), array("Q")
    for index, data in enumerate(sequencer.entries(log_id, start, size), start):
        if is_leaf(data) and len(data) == LEAF_BYTES:
            labels += data[_LABEL]
            indexes.append(index)
    rows, places = np.frombuffer(labels, dtype=np.uint8), np.frombuffer(indexes, dtype=np.uint64)
    return built(rows, places) if old is None else extended(old, rows, places)


def write(log_id: UUID, size: int, index: Index) -> None:
    """Write the two files, durable; whoever finds the second has both. Raises StorageError."""
    folder = files.epoch(log_id, size)
    make_folders(folder)
    for name, table in ((RECORDS, index.records), (NODES, index.nodes)):
        with replacing(folder / name, mode=PUBLIC) as file:
            file.write(table.reshape(-1).data)


def is_kept(log_id: UUID, size: int) -> bool:
    """Whether the files of this index are there."""
    return (files.epoch(log_id, size) / NODES).is_file()


def opened(log_id: UUID, size: int) -> Index:
    """The index of this size, mapped; rebuilt from the leaves where its files are gone. Raises StorageError."""
    if not is_kept(log_id, size):
        write(log_id, size, build(log_id, size))
    return mapped(log_id, size)


def mapped(log_id: UUID, size: int) -> Index:
    """The index in the two files, of which only what is asked for is read."""
    folder = files.epoch(log_id, size)
    return Index.of(_map(folder / RECORDS), _map(folder / NODES))


def _map(path: Path) -> Any:
    """A file of no bytes cannot be mapped."""
    return np.memmap(path, dtype=np.uint8, mode="r") if path.stat().st_size else b""
