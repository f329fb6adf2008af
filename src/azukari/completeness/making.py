"""Many leaves at once, as a hand-over of millions appends them (docs/spec/completeness.md, 5).

A leaf is `leaf.head(...)` and a tail of 64 bytes, label ‖ commitment. Sorted by label they stand in no order that tells
who is who.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import repeat

from .labels import LIST, nobody, tails
from .leaf import HEAD_BYTES


def shown(
    head: bytes, keys: Iterable[bytes], numbers: Iterable[int], event_hash: bytes, chain: int = LIST
) -> Iterator[bytes]:
    """The leaf (90 bytes) of each pair of list key and n, all for one event. Raises FormatError as `tails`."""
    return map(head.__add__, tails(keys, numbers, repeat(event_hash), chain))


def nobodys(head: bytes, x: bytes, indexes: Iterable[int]) -> Iterator[bytes]:
    """Leaves (90 bytes) of rows and canaries in which the body knows nobody, under the hand-over's own secret x."""
    return (head + b"".join(nobody(x, i)) for i in indexes)


def label_of(leaf: bytes) -> bytes:
    """What leaves are sorted by before they are appended, 32 bytes."""
    return leaf[HEAD_BYTES : HEAD_BYTES + 32]
