"""Salted commitments: to manifest values, every cell, source row numbers (docs/spec/package.md, section 3)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from azukari.errors import CommitmentError

OPENING_BYTES: Final = 32
SALT_BYTES: Final = 16
HASH_BYTES: Final = 32
_CELL: Final = b"azukari/cell/v1\0"
_SOURCE_ROW: Final = b"azukari/source-row/v1\0"


def commitment(label: str, opening: bytes, value: bytes) -> bytes:
    """SHA-256 commitment: hiding because ``opening`` is 32 secret random bytes, bound to its ``label``."""
    return hashlib.sha256(b"azukari/commit/v1\0" + label.encode() + b"\0" + opening + value).digest()


def verify_commitment(label: str, opening: bytes, value: bytes, committed: bytes) -> None:
    """Raises CommitmentError unless ``committed`` is the commitment to ``value``."""
    if len(opening) != OPENING_BYTES or commitment(label, opening, value) != committed:
        raise CommitmentError(label)


def salts(key: bytes, column: int, first: int, count: int) -> list[bytes]:
    """The 16-byte salts of delivered positions first, ..., first + count - 1 in one column.

    AES-128-CTR keystream of the first 16 key bytes from the counter block u64be(column) || u64be(first):
    one block is one salt, and opening some says nothing about the others.
    """
    start = column.to_bytes(8, "big") + first.to_bytes(8, "big")
    stream = Cipher(algorithms.AES(key[:16]), modes.CTR(start)).encryptor().update(bytes(SALT_BYTES * count))
    return [stream[i : i + SALT_BYTES] for i in range(0, len(stream), SALT_BYTES)]


def cell_commitment(column: int, salt: bytes, value: str) -> bytes:
    """The commitment to one cell, ``value`` in presentation form."""
    text = value.encode("utf-8", "surrogatepass")
    return hashlib.sha256(_CELL + column.to_bytes(2, "big") + salt + text).digest()


def cell_commitments(key: bytes, column: int, first: int, values: Sequence[str]) -> list[bytes]:
    """The commitments to consecutive cells of one column; as `cell_commitment`, a million a second."""
    encoded = [value.encode("utf-8", "surrogatepass") for value in values]
    joined = encoded_cell_commitments(key, column, first, encoded)
    return [joined[i : i + HASH_BYTES] for i in range(0, len(joined), HASH_BYTES)]


def encoded_cell_commitments(key: bytes, column: int, first: int, values: Sequence[bytes]) -> bytes:
    """The same of values in UTF-8, concatenated."""
    return _salted(_CELL + column.to_bytes(2, "big"), salts(key, column, first, len(values)), values)


def source_row_commitment(salt: bytes, source_row: int) -> bytes:
    """The commitment to the number that a delivered row has in its source."""
    return hashlib.sha256(_SOURCE_ROW + salt + source_row.to_bytes(8, "big")).digest()


def source_row_commitments(key: bytes, first: int, source_rows: Sequence[int]) -> bytes:
    """The concatenated commitments to consecutive source row numbers, salted as column 0 under a key of their own."""
    return _salted(_SOURCE_ROW, salts(key, 0, first, len(source_rows)), [row.to_bytes(8, "big") for row in source_rows])


def _salted(prefix: bytes, salts_: Sequence[bytes], values: Sequence[bytes]) -> bytes:
    """SHA-256 of prefix || salt || value for each pair, concatenated."""
    copy = hashlib.sha256(prefix).copy  # cheaper than a new object each time
    out = bytearray()
    for salt, value in zip(salts_, values, strict=True):
        state = copy()
        state.update(salt + value)
        out += state.digest()
    return bytes(out)


def row_leaf(position: int, source_row: bytes, cells: bytes) -> bytes:
    """The Merkle leaf data of one delivered row: its position and all its commitments, concatenated."""
    return b"azukari/row/v1\0" + position.to_bytes(8, "big") + source_row + cells
