"""The second code path to a root: whole subtrees from the left, one leaf at a time, without any tile.

Tiles are built and read by the ledger room; one flipped bit in a stored hash once ended a public log. So no
checkpoint is signed before this path, which starts from what the last checkpoint kept, finds the same root.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from hashlib import sha256

from azukari.ledger.tiles import split_hashes
from azukari.ledger.tree import EMPTY_ROOT, node_hash


def grow(edge: bytes, size: int, leaf_hashes: Iterable[bytes]) -> bytes:
    """The edge after ``leaf_hashes`` follow the first ``size`` leaves; an edge is 32 bytes per one-bit of the size."""
    roots = split_hashes(edge)
    for number, rising in enumerate(leaf_hashes, start=size):
        while number & 1:  # as adding one carries over the ones of a binary number
            rising = sha256(b"\x01" + roots.pop() + rising).digest()  # inlined: half of an integration's hashing
            number >>= 1
        roots.append(rising)
    return b"".join(roots)


def root(edge: bytes) -> bytes:
    """The root over an edge, 32 bytes."""
    roots = split_hashes(edge)
    return reduce(lambda right, left: node_hash(left, right), reversed(roots)) if roots else EMPTY_ROOT
