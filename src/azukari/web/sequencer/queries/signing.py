"""The log's signing key, unwrapped for one use."""

from __future__ import annotations

from uuid import UUID

from azukari.ledger.note import Signer
from azukari.stores.keys import KeyEncryptionKey
from azukari.web.sequencer import queries


def wrap_seed(kek: KeyEncryptionKey, log_id: UUID, seed: bytes) -> bytes:
    """The 32-byte seed as it is stored with the log."""
    return kek.wrap(seed, _purpose(log_id))


def signer_of(log_id: UUID, kek: KeyEncryptionKey) -> Signer:
    """The signer of a log; NotFoundError without it, KeyFileError if this key does not open its seed."""
    log = queries.log(log_id)
    return Signer(log.origin, kek.unwrap(log.wrapped_key, _purpose(log_id)))


def _purpose(log_id: UUID) -> str:
    return f"log/{log_id}/key"
