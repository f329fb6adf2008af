"""The code of the spelling channel: which form each slot of a cell takes (docs/spec/fingerprint.md, section 4).

A cell is keyed by its own value in presentation form, so no row key is needed: the code survives
shuffling, subsets and dropped columns, and equal values are spelled alike throughout one copy.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from azukari.fields.kinds import Kind
from azukari.fields.spelling import Slot
from azukari.fingerprint.keys import aes

CODE: Final = "half/1"
TAG_BYTES: Final = 16
WORDS: Final = 8  # of 16 bits for each tag


def tags(kind: Kind, values: Iterable[str]) -> bytes:
    """The concatenated 16-byte tags of cell values in presentation form. Public: no key is involved."""
    return encoded_tags(kind, (value.encode("utf-8", "surrogatepass") for value in values))


def encoded_tags(kind: Kind, values: Iterable[bytes]) -> bytes:
    """The same of values in UTF-8."""
    copy = hashlib.sha256(b"azukari/slot/v1\0" + kind.value.encode() + b"\0").copy  # cheaper than a new object
    out = bytearray()
    for value in values:
        state = copy()
        state.update(value)
        out += state.digest()[:TAG_BYTES]
    return bytes(out)


def code_words(key: bytes, tag_bytes: bytes) -> NDArray[np.uint16]:
    """Eight 16-bit words for each tag under the key of the spelling channel; shape (tags, 8)."""
    return np.frombuffer(aes(key, tag_bytes), dtype=">u2").reshape(-1, WORDS).astype(np.uint16)


def forms(words: NDArray[np.uint16], slot: Slot) -> NDArray[np.int8]:
    """The form of one slot for each row of ``words``: word * forms >> 16; shape (rows,)."""
    return ((words[:, slot.number].astype(np.uint32) * slot.forms) >> 16).astype(np.int8)


def form_probabilities(slot: Slot) -> tuple[float, ...]:
    """The exact law of a slot's form under a random key: how many of the 65,536 words give each form."""
    starts = [-(-(form << 16) // slot.forms) for form in range(slot.forms + 1)]
    return tuple((after - start) / 65536 for start, after in pairwise(starts))
