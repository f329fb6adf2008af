"""Keys derived for a body, and what a key-encryption key has to open besides its own."""

from __future__ import annotations

from uuid import UUID

from azukari.stores.keys import KeyEncryptionKey, derived_from
from azukari.web.keyring.models import DerivationRoot, ReplacedKey


def root_purpose(body_id: UUID) -> str:
    """What the derivation root of a body is wrapped for."""
    return f"body/{body_id}/derivation-root"


def replaced_purpose(body_id: UUID, key_id: str) -> str:
    """What a key-encryption key that is being replaced is wrapped for."""
    return f"body/{body_id}/replaced-key/{key_id}"


def derived(body_id: UUID, purpose: str, kek: KeyEncryptionKey) -> bytes:
    """The body's 32-byte key for ``purpose``; it stays the same when the key-encryption key is replaced. KeyFileError."""
    row = DerivationRoot.objects.filter(body_id=body_id).first()
    named = f"body/{body_id}/{purpose}"
    if row is None:
        return kek.derive(named)
    return derived_from(kek.unwrap(bytes(row.wrapped_root), root_purpose(body_id)), named)


def open_replaced(kek: KeyEncryptionKey) -> int:
    """Let ``kek`` open also what the keys that it is replacing have wrapped; returns how many those are. KeyFileError."""
    rows = list(ReplacedKey.objects.all())
    for row in rows:
        kek.opens_for(kek.unwrap_key(bytes(row.wrapped_key), replaced_purpose(row.body_id, row.key_id)))
    return len(rows)
