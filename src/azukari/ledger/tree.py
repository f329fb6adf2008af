"""Merkle trees as in RFC 6962 section 2.1 = RFC 9162 section 2.1, with SHA-256.

The provers (`Tree` and the two range functions) and the verifiers share nothing but `node_hash`: provers
follow the recursive definition, verifiers the bit loops of RFC 9162, so that one mistake cannot hide in
both. Indexes count from 0; sizes count leaves; every hash is 32 bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final, Self

from azukari.errors import FormatError, ProofError

from .limits import LIMITS

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()
"""Root of the tree without leaves, 32 bytes (RFC 9162 2.1.1)."""

_NODE: Final = b"\x01"
_SLICE: Final = 1 << 20  # bytes of a level hashed at a time


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256(0x00 || entry), 32 bytes (RFC 9162 2.1.1). `entry` may have any length."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right), 32 bytes (RFC 9162 2.1.1); both sides are 32-byte hashes."""
    return sha256(_NODE + left + right).digest()


def check_hashes(hashes: Iterable[bytes]) -> None:
    """Raise FormatError unless every item is 32 bytes long."""
    if not set(map(len, hashes)) <= {HASH_BYTES}:
        raise FormatError("a hash is not 32 bytes long")


def root_of(leaf_hashes: Sequence[bytes]) -> bytes:
    """Root of the tree over `leaf_hashes` (each 32 bytes), 32 bytes; `EMPTY_ROOT` for none (RFC 9162 2.1.1).

    Works level by level and lets an unpaired last node rise unchanged, which equals the recursive split at
    the largest power of two. Raises FormatError for a hash of another length.
    """
    check_hashes(leaf_hashes)
    level = leaf_hashes
    while len(level) > 1:
        pairs = iter(level)
        # Inlined node_hash: for a million leaves the call alone would cost a third of the time.
        above = [sha256(_NODE + left + right).digest() for left, right in zip(pairs, pairs, strict=False)]
        if len(level) % 2:
            above.append(level[-1])
        level = above
    return bytes(level[0]) if level else EMPTY_ROOT


def inclusion_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """Leaf ranges (from, to) whose roots make the inclusion path, leaf's sibling first (RFC 9162 2.1.3.1).

    Raises ProofError when there is no leaf `index` in a tree of `size` leaves.
    """
    if not 0 <= index < size:
        raise ProofError(f"no leaf {index} in a tree of size {size}")
    low, high = 0, size
    ranges = []
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low = middle
    return ranges[::-1]


def consistency_ranges(old_size: int, size: int) -> list[tuple[int, int]]:
    """Leaf ranges (from, to) whose roots make the consistency path (RFC 9162 2.1.4.1, SUBPROOF).

    Empty when `old_size` is 0 or equals `size`. Raises ProofError unless 0 <= old_size <= size.
    """
    if not 0 <= old_size <= size:
        raise ProofError(f"a tree of size {size} has no past of size {old_size}")
    if old_size == 0:
        return []
    low, high = 0, size
    ranges = []
    while high != old_size:
        middle = low + _split(high - low)
        if old_size <= middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low = middle
    if low:  # else the old tree is a whole subtree, and the verifier holds its root already
        ranges.append((low, high))
    return ranges[::-1]


class Tree:
    """ハッシュ木。 All levels of one tree in memory (64 bytes per leaf), for many paths over one leaf set."""

    def __init__(self, leaf_hashes: Sequence[bytes]) -> None:
        """Hash all levels above `leaf_hashes` (each 32 bytes, else FormatError)."""
        check_hashes(leaf_hashes)
        self._grow(b"".join(leaf_hashes))

    @classmethod
    def of_row(cls, row: bytes) -> Self:
        """The tree over the hashes of a row, one after another (a multiple of 32 bytes); not cut apart first."""
        tree = cls.__new__(cls)
        tree._grow(row)
        return tree

    def _grow(self, leaves: bytes) -> None:
        self._size = len(leaves) // HASH_BYTES
        self._levels = [leaves]
        while len(self._levels[-1]) > HASH_BYTES:
            self._levels.append(_level_above(self._levels[-1]))

    @property
    def size(self) -> int:
        """Number of leaves."""
        return self._size

    @property
    def root(self) -> bytes:
        """Root hash, 32 bytes; `EMPTY_ROOT` without leaves."""
        return self._levels[-1] or EMPTY_ROOT

    def node(self, low: int, high: int) -> bytes:
        """Root of the subtree over leaves low..high-1, 32 bytes; the range must be one of this tree's own."""
        height = (high - low - 1).bit_length()
        at = (low >> height) * HASH_BYTES
        return self._levels[height][at : at + HASH_BYTES]

    def siblings(self, index: int) -> list[bytes]:
        """The sibling at each level above leaf `index`, lowest first; the leaves must be a power of two."""
        found = []
        for level in self._levels[:-1]:
            at = (index ^ 1) * HASH_BYTES
            found.append(level[at : at + HASH_BYTES])
            index >>= 1
        return found

    def path(self, index: int) -> list[bytes]:
        """Inclusion path of leaf `index`, leaf's sibling first (RFC 9162 2.1.3.1); ProofError if none."""
        return [self.node(low, high) for low, high in inclusion_ranges(index, self._size)]

    def consistency_path(self, old_size: int) -> list[bytes]:
        """Path from the tree of the first `old_size` leaves to this one (RFC 9162 2.1.4.1), or ProofError."""
        return [self.node(low, high) for low, high in consistency_ranges(old_size, self._size)]


def inclusion_path(leaf_hashes: Sequence[bytes], index: int) -> list[bytes]:
    """One inclusion path (RFC 9162 2.1.3.1); for several over one leaf set keep a `Tree`.

    Raises ProofError when there is no leaf `index`, FormatError for a hash that is not 32 bytes.
    """
    return Tree(leaf_hashes).path(index)


def consistency_path(leaf_hashes: Sequence[bytes], old_size: int) -> list[bytes]:
    """Consistency path from the first `old_size` leaves to all of them (RFC 9162 2.1.4.1).

    Raises ProofError unless 0 <= old_size <= len(leaf_hashes), FormatError for a hash that is not 32 bytes.
    """
    return Tree(leaf_hashes).consistency_path(old_size)


def verify_inclusion(leaf_hash: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """Check that `leaf_hash` is leaf `index` of the tree (`size`, `root`), by RFC 9162 2.1.3.2.

    Raises ProofError when the path does not lead to the root, FormatError for a hash that is not 32 bytes.
    """
    check_hashes([leaf_hash, root, *path])
    if not 0 <= index < size <= LIMITS.tree_size:
        raise ProofError(f"no leaf {index} in a tree of size {size}")
    fn, sn, r = index, size - 1, leaf_hash
    for p in path:
        if sn == 0:
            raise ProofError("the inclusion path is too long")
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node_hash(r, p)
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise ProofError("the inclusion path is too short")
    if r != root:
        raise ProofError("the inclusion path does not lead to the root")


def verify_consistency(old_size: int, old_root: bytes, size: int, root: bytes, path: Sequence[bytes]) -> None:
    """Check that the tree (`size`, `root`) starts with the leaves of (`old_size`, `old_root`).

    By RFC 9162 2.1.4.2; beyond it, a tree of size 0 must have `EMPTY_ROOT`, and paths from size 0 or between
    equal sizes must be empty. Raises ProofError, or FormatError for a hash that is not 32 bytes.
    """
    check_hashes([old_root, root, *path])
    if not 0 <= old_size <= size <= LIMITS.tree_size:
        raise ProofError(f"a tree of size {size} has no past of size {old_size}")
    if (old_size == 0 and old_root != EMPTY_ROOT) or (size == 0 and root != EMPTY_ROOT):
        raise ProofError("a tree of size 0 has another root than the empty one")
    if old_size in (0, size):
        if path:
            raise ProofError("the consistency path should be empty")
        if old_size == size and old_root != root:
            raise ProofError(f"two different roots for size {size}")
        return
    # The RFC's shortcut: a whole subtree starts from the root that the verifier already holds.
    whole = old_size & (old_size - 1) == 0
    steps = [old_root, *path] if whole else list(path)
    if not path:
        raise ProofError("the consistency path is too short")
    fn, sn = old_size - 1, size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = steps[0]
    for c in steps[1:]:
        if sn == 0:
            raise ProofError("the consistency path is too long")
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, c)
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise ProofError("the consistency path is too short")
    if fr != old_root or sr != root:
        raise ProofError("the consistency path does not lead from the old root to the new one")


def _split(count: int) -> int:
    """Largest power of two below `count` (> 1)."""
    return 1 << ((count - 1).bit_length() - 1)


def _level_above(level: bytes) -> bytes:
    paired = len(level) // (2 * HASH_BYTES) * (2 * HASH_BYTES)
    parts = []
    # In slices: half a million separate hashes at once would take more memory than the tree itself.
    for start in range(0, paired, _SLICE):
        ends = range(start, min(start + _SLICE, paired), 2 * HASH_BYTES)
        parts.append(b"".join([sha256(_NODE + level[at : at + 64]).digest() for at in ends]))
    return b"".join(parts) + level[paired:]
