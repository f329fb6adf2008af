"""The secrets of the register, each wrapped for one purpose; only the key-encryption key opens them."""

from __future__ import annotations

import hashlib
import hmac
from uuid import UUID

from azukari.fingerprint.keys import HandOverKey
from azukari.stores.keys import KeyEncryptionKey
from azukari.web.custody.queries import HandOverInfo, SnapshotInfo
from azukari.web.keyring import queries as keyring


def hand_over_purpose(hand_over_id: UUID) -> str:
    """What K_h of a hand-over is wrapped for."""
    return f"handover/{hand_over_id}/key"


def record_purpose(hand_over_id: UUID) -> str:
    """What the key of a copy record is wrapped for."""
    return f"handover/{hand_over_id}/record"


def index_purpose(snapshot_id: UUID) -> str:
    """What the index key of a snapshot is wrapped for."""
    return f"snapshot/{snapshot_id}/index"


def challenge_purpose(party_id: UUID) -> str:
    """What the secret of a party's challenge is wrapped for."""
    return f"party/{party_id}/challenge"


def seed_purpose(consignment_id: UUID) -> str:
    """What the seed of a consignment's openings is wrapped for."""
    return f"consignment/{consignment_id}/seed"


def hand_over_key(info: HandOverInfo, kek: KeyEncryptionKey) -> HandOverKey:
    """K_h. Raises KeyFileError."""
    return HandOverKey(kek.unwrap(info.wrapped_key, hand_over_purpose(info.id)))


def record_key(info: HandOverInfo, kek: KeyEncryptionKey) -> bytes:
    """The key of the copy record, 32 bytes. Raises KeyFileError."""
    return kek.unwrap(info.wrapped_data_key, record_purpose(info.id))


def index_key(info: SnapshotInfo, kek: KeyEncryptionKey) -> bytes:
    """The index key of a snapshot, 32 bytes. Raises KeyFileError."""
    return kek.unwrap(info.wrapped_index_key, index_purpose(info.id))


def table_mac(content: bytes, body_id: UUID, kek: KeyEncryptionKey) -> bytes:
    """What a source table is recognised by: HMAC-SHA256 of its content's digest; useless without the key."""
    key = keyring.derived(body_id, "table-mac", kek)
    return hmac.digest(key, hashlib.sha256(content).digest(), "sha256")
