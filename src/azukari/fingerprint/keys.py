"""The secret of a hand-over and its channel keys (docs/spec/fingerprint.md, section 1)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from numpy.typing import NDArray

KEY_BYTES: Final = 32


class Channel(StrEnum):
    """印の経路。 One independent way in which a copy is marked, with a key of its own."""

    REFERENCE = "reference"
    CANARY = "canary"
    SPELLING = "spelling"
    ORDER = "order"


@dataclass(frozen=True, repr=False)
class HandOverKey:
    """受渡しごとの秘密鍵。 K_h, 32 random bytes; everything secret about one copy's marks follows from it."""

    secret: bytes

    def derive(self, purpose: str) -> bytes:
        """32 bytes by HKDF-SHA256 (RFC 5869) without salt, info = "azukari/v1/" + purpose."""
        return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"azukari/v1/" + purpose.encode()).derive(self.secret)

    def channel(self, channel: Channel) -> bytes:
        """The key of one channel; opening it says nothing about the other channels."""
        return self.derive(f"channel/{channel.value}")


def aes(key: bytes, blocks: bytes) -> bytes:
    """AES-128 of concatenated 16-byte blocks, each by itself, under the first 16 bytes of ``key``.

    Used as a pseudorandom function on distinct inputs, never to hide data.
    """
    encryptor = Cipher(algorithms.AES(key[:16]), modes.ECB()).encryptor()
    return encryptor.update(blocks) + encryptor.finalize()


def numbered_blocks(domain: bytes, numbers: NDArray[np.uint64]) -> bytes:
    """One block per number: the 8-byte domain, then the number as u64 big-endian."""
    blocks = np.empty((len(numbers), 2), dtype=">u8")
    blocks[:, 0] = int.from_bytes(domain, "big")
    blocks[:, 1] = numbers
    return blocks.tobytes()


def prf_u64(key: bytes, domain: bytes, numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The first 8 bytes, as u64 big-endian, of AES(key, domain || number) for each number."""
    out = np.frombuffer(aes(key, numbered_blocks(domain, numbers)), dtype=">u8").reshape(-1, 2)
    return out[:, 0].astype(np.uint64)
