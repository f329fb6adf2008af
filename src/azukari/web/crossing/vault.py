"""The identity of this side, wrapped for one purpose; only the key-encryption key opens it."""

from __future__ import annotations

from uuid import UUID

from azukari.seal.identity import Identity
from azukari.stores.keys import KeyEncryptionKey
from azukari.web.crossing.models import Peer


def identity_purpose(body_id: UUID) -> str:
    """What the identity of this side is wrapped for."""
    return f"crossing/{body_id}/identity"


def identity_of(peer: Peer, kek: KeyEncryptionKey) -> Identity:
    """The identity of this side. KeyFileError under another key."""
    return Identity(kek.unwrap(bytes(peer.wrapped_identity), identity_purpose(peer.body)).decode())
