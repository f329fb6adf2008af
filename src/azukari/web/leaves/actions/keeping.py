"""The index kept fresh: made when it is due, and under a checkpoint at once (docs/spec/completeness.md, 6)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from azukari.fields.days import day_of
from azukari.ledger.witnessing import Ask
from azukari.stores.keys import KeyEncryptionKey
from azukari.web.leaves.actions import epoch
from azukari.web.sequencer import queries as sequencer
from azukari.web.sequencer.actions import checkpoint, witnessing
from azukari.web.sequencer.queries.signing import signers_of


def keep(
    *, body_id: UUID, kek: KeyEncryptionKey, ask: Ask | None, every: timedelta = epoch.EVERY, by: UUID, at: datetime
) -> bool:
    """Make and sign an index if the last is older than ``every`` and nothing is in its way; whether one was made.

    ``ask`` reaches the witnesses. Raises TileError, StorageError, KeyFileError, and what ``checkpoint.integrate`` raises.
    """
    if not epoch.make_due(body_id=body_id, every=every, by=by, at=at):
        return False
    sign(body_id=body_id, kek=kek, ask=ask, by=by, at=at)
    return True


def sign(*, body_id: UUID, kek: KeyEncryptionKey, ask: Ask | None, by: UUID, at: datetime) -> None:
    """A checkpoint over everything so far; the witnesses are asked. Raises what ``checkpoint.integrate`` raises."""
    log = sequencer.log_of(body_id)
    checkpoint.integrate(log_id=log.id, signers=signers_of(log.id, kek, day_of(at)), by=by, at=at)
    if ask is not None:
        witnessing.gather(log_id=log.id, ask=ask, by=by, at=at)
