"""An index that grows by a few leaves: the same bytes as `index.build` gives, in a third of the time or less (completeness.md, 6)."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .index import LABEL_BYTES, Index, Octets, bucket_hash, build, depth_of, node_hash

FEW: Final = 64
"""Up to one new label for so many old ones: with more, sorting all of them is faster."""
Words = NDArray[np.uint64]


def extended(old: Index, labels: Any, indexes: Any) -> Index:
    """The index of the leaves of ``old`` and of some more; arguments and errors as of `build`. ``old`` stays as it is."""
    fresh = build(labels, indexes)
    starts, added = _starts(old), _starts(fresh)
    places = np.searchsorted(starts, added)
    merged = np.insert(starts, places, added)
    few = fresh.count * FEW <= old.count and depth_of(len(merged)) == old.depth
    if not few or (merged[1:] == merged[:-1]).any():  # equal starts: somebody chose labels, and their order needs care
        return _built_anew(old, fresh)
    records = np.insert(old.records, places, fresh.records, axis=0)
    return Index(records, _rehashed(old, records, merged, added))


def _starts(index: Index) -> Words:
    """The first 64 bits of each record, in order."""
    return np.ascontiguousarray(index.records[:, :8]).view(">u8").reshape(-1).astype(np.uint64)


def _built_anew(old: Index, fresh: Index) -> Index:
    rows = np.concatenate([old.records, fresh.records])
    indexes = np.ascontiguousarray(rows[:, LABEL_BYTES:]).view(">u8").reshape(-1).astype(np.uint64)
    return build(np.ascontiguousarray(rows[:, :LABEL_BYTES]), indexes)


def _rehashed(old: Index, records: Octets, starts: Words, added: Words) -> Octets:
    """The nodes, those above a new record computed again, level by level."""
    nodes, width, below = np.array(old.nodes), 2**old.depth, 0
    touched = _rehash_buckets(nodes, old.depth, records, starts, added)
    while width > 1:
        touched = np.unique(touched >> 1)
        for place in touched.tolist():
            left, right = nodes[below + 2 * place].tobytes(), nodes[below + 2 * place + 1].tobytes()
            nodes[below + width + place] = np.frombuffer(node_hash(left, right), dtype=np.uint8)
        below, width = below + width, width // 2
    return nodes


def _rehash_buckets(nodes: Octets, depth: int, records: Octets, starts: Words, added: Words) -> NDArray[np.int64]:
    """Hash the buckets that got a record again; returns their prefixes, ascending."""
    shift = np.uint64(64 - depth)
    touched = np.unique(added >> shift) if depth else np.zeros(min(len(added), 1), dtype=np.uint64)
    firsts = touched << shift if depth else touched
    lasts = firsts | np.uint64(2 ** (64 - depth) - 1)
    bounds = np.searchsorted(starts, firsts), np.searchsorted(starts, lasts, side="right")
    for prefix, first, last in zip(touched.tolist(), *(each.tolist() for each in bounds), strict=True):
        nodes[prefix] = np.frombuffer(bucket_hash(records[first:last].tobytes()), dtype=np.uint8)
    return touched.astype(np.int64)
