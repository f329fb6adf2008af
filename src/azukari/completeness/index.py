"""The index: a public function from all leaves to one root, and proofs that a label stands there or does not.

docs/spec/completeness.md, 6. A record is a label (32 bytes) and the index of its leaf (u64), 40 bytes; a bucket holds the
records whose labels begin with the same bits, about six of them: with more a proof grows by what nobody asked for, and
with fewer by the nodes above.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from azukari.errors import FormatError, ProofError

LABEL_BYTES: Final = 32
RECORD_BYTES: Final = 40
HASH_BYTES: Final = 32
_BUCKET: Final = b"\x02"
_NODE: Final = b"\x03"

Octets = NDArray[np.uint8]


def depth_of(count: int) -> int:
    """The smallest d with count <= 8 · 2^d."""
    return max(0, (count - 1).bit_length() - 3) if count else 0


@dataclass(frozen=True, eq=False)
class Index:
    """索引。 All records in order and the hashes over their buckets, in memory or mapped from the two static files.

    ``records``: (count, 40) octets. ``nodes``: (2^(depth + 1) - 1, 32) octets: the hash of each bucket, then each level
    above, the root last. Nothing is checked here: whoever reads files of others rebuilds them.
    """

    records: Octets
    nodes: Octets

    @classmethod
    def of(cls, records: Any, nodes: Any) -> Index:
        """The index in two buffers: the bytes of the static files, or a flat `numpy.memmap` of each.

        FormatError unless their lengths go together.
        """
        rows, hashes = np.frombuffer(records, dtype=np.uint8), np.frombuffer(nodes, dtype=np.uint8)
        if rows.size % RECORD_BYTES or hashes.size != HASH_BYTES * (2 ** (depth_of(rows.size // RECORD_BYTES) + 1) - 1):
            raise FormatError("the files of an index do not go together")
        return cls(rows.reshape(-1, RECORD_BYTES), hashes.reshape(-1, HASH_BYTES))

    @property
    def count(self) -> int:
        """Number of labels."""
        return len(self.records)

    @property
    def depth(self) -> int:
        """Bits that tell one bucket from another."""
        return depth_of(self.count)

    @property
    def root(self) -> bytes:
        """The root hash, 32 bytes."""
        return bytes(self.nodes[-1])

    def bucket(self, prefix: int) -> bytes:
        """The records of one bucket, one after another; ``prefix`` is 0 ... 2^depth - 1."""
        return self.records[self._first(prefix) : self._first(prefix + 1)].tobytes()

    def find(self, label: bytes) -> list[int]:
        """Indexes of the leaves under a label: none, one, or several where it was used twice."""
        return look_up(self.bucket(prefix_of(label, self.depth)), label)

    def _first(self, prefix: int) -> int:
        """Where the records of a bucket begin; a bisection, since a mapped file should not be read whole."""
        shift = 64 - self.depth
        return bisect_left(range(self.count), prefix << shift, key=self._start)

    def _start(self, place: int) -> int:
        return int.from_bytes(self.records[place, :8].tobytes(), "big")


def build(labels: Any, indexes: Any) -> Index:
    """The index over labels (bytes, or an array of 32 octets each) and the indexes of their leaves, in any order.

    Deterministic: the same leaves give the same bytes. Needs about 150 bytes of memory a label. FormatError unless there
    is one index for each label.
    """
    rows = np.frombuffer(labels, dtype=np.uint8) if isinstance(labels, bytes | bytearray) else labels.view(np.uint8)
    if rows.size % LABEL_BYTES or rows.size // LABEL_BYTES != len(indexes):
        raise FormatError("not one index for each label")
    records, starts = _sorted(np.ascontiguousarray(rows).reshape(-1, LABEL_BYTES), np.asarray(indexes, dtype=np.uint64))
    depth = depth_of(len(records))
    levels = [_hashed(records, _bounds(starts, depth))]
    while len(levels[-1]) > HASH_BYTES:
        levels.append(_above(levels[-1]))
    return Index(records, np.frombuffer(b"".join(levels), dtype=np.uint8).reshape(-1, HASH_BYTES))


def prove(index: Index, labels: Iterable[bytes]) -> tuple[list[tuple[int, bytes]], bytes]:
    """Buckets (prefix, records) and missing nodes (32 bytes each) that prove what stands under these labels."""
    prefixes = sorted({prefix_of(label, index.depth) for label in labels})
    places = missing(prefixes, index.depth)
    starts = [2 ** (index.depth + 1) - 2 ** (index.depth + 1 - level) for level in range(index.depth + 1)]
    nodes = b"".join(index.nodes[starts[level] + place].tobytes() for level, place in places)
    return [(prefix, index.bucket(prefix)) for prefix in prefixes], nodes


def missing(prefixes: Sequence[int], depth: int) -> list[tuple[int, int]]:
    """(level, place) of each node that a proof of these buckets (ascending) needs, in the order of the proof."""
    found, known = [], list(prefixes)
    for level in range(depth):
        here = set(known)
        found += [(level, place ^ 1) for place in known if place ^ 1 not in here]
        known = sorted({place >> 1 for place in known})
    return found


def check_buckets(buckets: Sequence[tuple[int, bytes]], depth: int) -> None:
    """The buckets are ascending, sorted, and of their prefixes; FormatError otherwise."""
    last = -1
    for prefix, records in buckets:
        rows = [records[at : at + RECORD_BYTES] for at in range(0, len(records), RECORD_BYTES)]
        if not last < prefix < 2**depth or len(records) % RECORD_BYTES:
            raise FormatError("buckets that are not in order")
        if any(not left < right for left, right in pairwise(rows)):
            raise FormatError("a bucket that is not sorted")
        if any(prefix_of(row, depth) != prefix for row in rows):
            raise FormatError("a record in a bucket that is not its own")
        last = prefix


def verify(root: bytes, depth: int, buckets: Sequence[tuple[int, bytes]], nodes: bytes) -> None:
    """Check that buckets and missing nodes, as `prove` gives them, lead to the root.

    FormatError as `check_buckets`; ProofError for another root, or a node too many or too few.
    """
    check_buckets(buckets, depth)
    places = missing([prefix for prefix, _ in buckets], depth)
    if not buckets or len(nodes) != HASH_BYTES * len(places):
        raise ProofError("nodes that are too many or too few")
    given = {place: nodes[at * HASH_BYTES : (at + 1) * HASH_BYTES] for at, place in enumerate(places)}
    level = {prefix: bucket_hash(records) for prefix, records in buckets}
    for height in range(depth):
        level |= {place: node for (at, place), node in given.items() if at == height}
        level = {left >> 1: node_hash(level[left], level[left + 1]) for left in level if not left & 1}
    if level[0] != root:
        raise ProofError("the buckets do not lead to the root of the index")


def look_up(records: bytes, label: bytes) -> list[int]:
    """Indexes of the leaves under a label, among the records of its bucket."""
    rows = (records[at : at + RECORD_BYTES] for at in range(0, len(records), RECORD_BYTES))
    return [int.from_bytes(row[LABEL_BYTES:], "big") for row in rows if row[:LABEL_BYTES] == label]


def found_in(buckets: Iterable[tuple[int, bytes]]) -> dict[bytes, list[int]]:
    """Indexes by label, of all buckets; read once, since an office may show a bucket as large as a report can be."""
    found: dict[bytes, list[int]] = {}
    for _, records in buckets:
        for at in range(0, len(records), RECORD_BYTES):
            row = records[at : at + RECORD_BYTES]
            found.setdefault(row[:LABEL_BYTES], []).append(int.from_bytes(row[LABEL_BYTES:], "big"))
    return found


def prefix_of(label: bytes, depth: int) -> int:
    """The first ``depth`` bits of a label, as a number: its bucket."""
    return int.from_bytes(label[:8], "big") >> (64 - depth)


def bucket_hash(records: bytes) -> bytes:
    """Hash of one bucket, 32 bytes."""
    return sha256(_BUCKET + records).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of a node above two others, 32 bytes."""
    return sha256(_NODE + left + right).digest()


def _sorted(labels: Octets, indexes: NDArray[np.uint64]) -> tuple[Octets, NDArray[np.uint64]]:
    """All records in order, and the first 64 bits of each: enough to sort by, but where somebody chose labels."""
    words = labels.view(">u8")
    starts = words[:, 0].astype(np.uint64)
    order = np.argsort(starts)
    if (starts[order[1:]] == starts[order[:-1]]).any():
        order = np.lexsort((indexes, *(words[:, at].astype(np.uint64) for at in (3, 2, 1, 0))))
    records = np.empty((len(labels), RECORD_BYTES), dtype=np.uint8)
    records[:, :LABEL_BYTES] = labels[order]
    records[:, LABEL_BYTES:] = indexes[order].astype(">u8").view(np.uint8).reshape(-1, 8)
    return records, starts[order]


def _bounds(starts: NDArray[np.uint64], depth: int) -> list[int]:
    """Where each bucket begins, and where the last one ends."""
    if not depth:
        return [0, len(starts)]
    firsts = np.arange(2**depth, dtype=np.uint64) << np.uint64(64 - depth)
    return [*np.searchsorted(starts, firsts).tolist(), len(starts)]


def _hashed(records: Octets, bounds: list[int]) -> bytes:
    octets = records.reshape(-1).data
    ends = pairwise(bounds)
    rows = (octets[first * RECORD_BYTES : last * RECORD_BYTES] for first, last in ends)
    return b"".join([sha256(_BUCKET + row).digest() for row in rows])


def _above(level: bytes) -> bytes:
    return b"".join([sha256(_NODE + level[at : at + 64]).digest() for at in range(0, len(level), 64)])
