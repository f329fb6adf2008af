"""A text of one person, sealed under that person's key k_P for one place in the register (docs/spec/subject.md, 3).

AES-256-GCM; the associated data names table, row and column, so that no cell opens in another one's place. Layout:
``azc1``, 8 bytes that name k_P, 12 bytes nonce, ciphertext, 16 bytes tag.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from azukari.errors import PayloadError, WrongKeyError
from azukari.stores.keys import derived_from

MAGIC: Final = b"azc2"
OLD: Final = b"azc1"
KEY_ID: Final = 8
NONCE: Final = 12
TAG: Final = 16
_HEADER: Final = len(MAGIC) + KEY_ID


@dataclass(frozen=True)
class Place:
    """欄の位置。 Where a cell stands: ``table`` and ``column`` by name, ``row`` by its random id."""

    table: str
    row: UUID
    column: str

    def encode(self) -> bytes:
        """Unambiguous bytes: each part with its length in front."""
        parts = (self.table.encode(), self.row.bytes, self.column.encode())
        return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def seal(text: str, key: bytes, place: Place) -> bytes:
    """Encrypt a text under r_P (32 bytes) for one place."""
    header, nonce = MAGIC + key_id(key), secrets.token_bytes(NONCE)
    return header + nonce + _cipher(key, MAGIC).encrypt(nonce, text.encode(), header + place.encode())


def open_cell(cell: bytes, key: bytes, place: Place) -> str:
    """The text. WrongKeyError for another person's cell, PayloadError for changed bytes or another place."""
    header, nonce, sealed = cell[:_HEADER], cell[_HEADER : _HEADER + NONCE], cell[_HEADER + NONCE :]
    magic = header[: len(MAGIC)]
    if len(sealed) < TAG or magic not in (MAGIC, OLD):
        raise PayloadError("cell")
    if header != magic + key_id(key):
        raise WrongKeyError("cell")
    try:
        return _cipher(key, magic).decrypt(nonce, sealed, header + place.encode()).decode()
    except (InvalidTag, UnicodeDecodeError):
        raise PayloadError("cell") from None


def key_id(key: bytes) -> bytes:
    """8 bytes that name a key and tell nothing of it."""
    return hashlib.sha256(b"azukari/subject-key-id/v1\0" + key).digest()[:KEY_ID]


def _cipher(key: bytes, magic: bytes) -> AESGCM:
    return AESGCM(key if magic == OLD else derived_from(key, "azukari/subject-cell/v2"))
