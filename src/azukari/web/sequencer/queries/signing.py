"""The log's signing keys, unwrapped for one use, and all keys that ever signed for it."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from azukari.ledger.note import Signer, Verifier
from azukari.stores.keys import KeyEncryptionKey
from azukari.web.sequencer import queries
from azukari.web.sequencer.models import RetiredKey


def wrap_seed(kek: KeyEncryptionKey, log_id: UUID, seed: bytes) -> bytes:
    """The 32-byte seed as it is stored with the log."""
    return kek.wrap(seed, purpose(log_id))


def signers_of(log_id: UUID, kek: KeyEncryptionKey, today: date) -> list[Signer]:
    """Who signs a checkpoint today: the log's key, then the keys that it replaced and whose overlap lasts.

    NotFoundError without the log, KeyFileError if this key does not open their seeds.
    """
    log = queries.log(log_id)
    retired = RetiredKey.objects.filter(log_id=log_id, until__gte=today).order_by("-id")
    wrapped = [log.wrapped_key, *(bytes(row.wrapped_key or b"") for row in retired)]
    return [Signer(log.origin, kek.unwrap(each, purpose(log_id))) for each in wrapped]


def verifiers(log_id: UUID) -> list[Verifier]:
    """Every key that signs or once signed for the log, the present one first. NotFoundError."""
    retired = RetiredKey.objects.filter(log_id=log_id).order_by("-id").values_list("vkey", flat=True)
    return [Verifier.parse(vkey) for vkey in (queries.log(log_id).vkey, *retired)]


def purpose(log_id: UUID) -> str:
    """What the seeds of a log are wrapped for."""
    return f"log/{log_id}/key"
