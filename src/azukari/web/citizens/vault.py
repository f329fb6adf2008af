"""The list keys of a citizen, wrapped for one purpose by the key of the outside office."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from azukari.completeness.labels import KEY_BYTES
from azukari.stores.keys import KeyEncryptionKey


def purpose(citizen_id: UUID) -> str:
    """What the list keys of a citizen are wrapped for."""
    return f"citizen/{citizen_id}/list-keys"


def wrap(citizen_id: UUID, keys: Sequence[bytes], kek: KeyEncryptionKey) -> bytes:
    """The list keys, 32 bytes each, in the order of their generations."""
    return kek.wrap(b"".join(keys), purpose(citizen_id))


def unwrap(citizen_id: UUID, wrapped: bytes, kek: KeyEncryptionKey) -> list[bytes]:
    """The counterpart. KeyFileError under another key."""
    joined = kek.unwrap(wrapped, purpose(citizen_id))
    return [joined[at : at + KEY_BYTES] for at in range(0, len(joined), KEY_BYTES)]
