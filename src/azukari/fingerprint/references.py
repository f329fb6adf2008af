"""Row references: 80 random-looking bits that belong to one row of one hand-over (docs/spec/fingerprint.md, section 5).

Derived from the delivered position alone. Nothing about a person goes in, least of all a number: a code
used in place of the individual number would be the number (PPC Q&A 9-2, 9-4).
"""

from __future__ import annotations

import unicodedata
from typing import Final

import numpy as np

from azukari.fingerprint.keys import aes, numbered_blocks

DOMAIN: Final = b"azkref/1"
BITS: Final = 80
LENGTH: Final = 16
ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U


def references(key: bytes, count: int, first: int = 0) -> list[str]:
    """The references of delivered positions first, first + 1, ...; 16 characters each."""
    positions = np.arange(first, first + count, dtype=np.uint64)
    blocks = np.frombuffer(aes(key, numbered_blocks(DOMAIN, positions)), dtype=np.uint8).reshape(-1, 16)
    bits = np.unpackbits(blocks[:, :10], axis=1).reshape(-1, LENGTH, 5)
    symbols = bits @ np.array([16, 8, 4, 2, 1], dtype=np.uint8)
    letters = np.frombuffer(ALPHABET.encode(), dtype=np.uint8)[symbols]
    text = letters.tobytes().decode("ascii")
    return [text[i : i + LENGTH] for i in range(0, len(text), LENGTH)]


def normal(text: str) -> str:
    """A reference as somebody re-typed it, in the form that was delivered; "" if it cannot be one."""
    folded = unicodedata.normalize("NFKC", text).upper().replace(" ", "").replace("-", "")
    return folded if len(folded) == LENGTH and set(folded) <= set(ALPHABET) else ""
