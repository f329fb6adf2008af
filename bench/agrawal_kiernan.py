"""The peer of marking: Agrawal and Kiernan, "Watermarking Relational Databases", VLDB 2002, from the paper.

    python bench/agrawal_kiernan.py [--quick]

Section 3 of the paper: with F(pk) = H(K || H(K || pk)), a tuple is marked if F mod gamma = 0; the attribute is F mod
nu, the bit F mod xi among the least significant ones, and the bit becomes the lowest bit of H(K || pk). Detection
counts the bits that agree. H is SHA-256 here. The last line is JSON: what the marks are worth when a copy is cut
down, as a check that the peer is what the paper says (all bits agree, whichever rows are left; half under another key).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
from collections.abc import Iterator, Sequence

GAMMA, XI = 2, 4  # every second tuple; the four lowest bits

Column = list[int | None]


def places(
    key: bytes, primary: Sequence[bytes], attributes: int, gamma: int, xi: int
) -> Iterator[tuple[int, int, int, int]]:
    """(tuple, attribute, bit position, bit) of every selected tuple."""
    sha256 = hashlib.sha256
    for row, pk in enumerate(primary):
        inner = sha256(key + pk).digest()
        chosen = int.from_bytes(sha256(key + inner).digest()[:8], "big")
        if chosen % gamma == 0:
            chosen //= gamma  # the paper's F is so long that the three choices are as good as independent
            yield row, chosen % attributes, chosen // attributes % xi, inner[-1] & 1


def mark(key: bytes, primary: Sequence[bytes], columns: Sequence[Column], gamma: int = GAMMA, xi: int = XI) -> int:
    """Mark the columns in place; a missing value takes no mark. Returns how many bits were set."""
    marks = 0
    for row, attribute, place, bit in places(key, primary, len(columns), gamma, xi):
        value = columns[attribute][row]
        if value is not None:
            columns[attribute][row] = value & ~(1 << place) | bit << place
            marks += 1
    return marks


def agreeing(
    key: bytes, primary: Sequence[bytes], columns: Sequence[Column], gamma: int = GAMMA, xi: int = XI
) -> tuple[int, int]:
    """(bits that agree, bits looked at): the statistic of the paper's detection."""
    agree = looked_at = 0
    for row, attribute, place, bit in places(key, primary, len(columns), gamma, xi):
        value = columns[attribute][row]
        if value is not None:
            looked_at += 1
            agree += value >> place & 1 == bit
    return agree, looked_at


def main() -> int:
    """Mark a made-up table, keep one row in fifty, look for the mark."""
    parser = argparse.ArgumentParser(description="Check the peer of bench/seal.py against its paper.")
    parser.add_argument("--quick", action="store_true", help="20,000 rows instead of 200,000")
    rows = 20_000 if parser.parse_args().quick else 200_000
    chance = random.Random(1)
    primary = [f"{number:010}".encode() for number in range(rows)]
    columns: list[Column] = [[chance.randrange(10**6) for _ in range(rows)] for _ in range(6)]
    mark(b"k" * 32, primary, columns)
    kept = sorted(chance.sample(range(rows), rows // 50))
    left, some = [primary[row] for row in kept], [[column[row] for row in kept] for column in columns]
    own, stranger = agreeing(b"k" * 32, left, some), agreeing(b"x" * 32, left, some)
    print(f"one row in 50 of {rows:,}: {own[0]} of {own[1]} bits agree")
    print(f"under another key: {stranger[0]} of {stranger[1]}")
    print(json.dumps({"peer_bits_agree": {"figure": own[0] / own[1], "goal": 1.0, "better": "higher"}}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
