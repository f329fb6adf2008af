"""The body's ledger comes from inside, and is shown to everybody as far as its own key has signed it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from azukari.errors import ForeignCrossingError, ForkError, IndexRootError, NotFoundError
from azukari.seal.items import CheckpointItem, EntriesItem
from azukari.seal.pairing import SideCard
from azukari.web.counter import queries
from azukari.web.leaves.actions import following
from azukari.web.sequencer.actions import mirroring
from azukari.web.sequencer.queries.shipping import Shipped


def pin(*, card: SideCard, by: UUID, at: datetime) -> None:
    """Keep the ledger of a card whose fingerprint was compared under the key that it names. As ``mirroring.pin``."""
    mirroring.pin(body_id=UUID(hex=card.body), origin=card.origin, vkey=card.log_vkey, by=by, at=at)


def put_entries(*, body_id: UUID, item: EntriesItem, by: UUID, at: datetime) -> ForkError | None:
    """Entries, which wait for their checkpoint. Returns the ForkError of one that was shown otherwise, kept as evidence.

    Raises as ``mirroring.pin`` and ``extend``.
    """
    log_id = _log(body_id, by, at)
    try:
        mirroring.extend(log_id=log_id, start=item.start, entries=item.bundle, by=by, at=at)
    except ForkError as error:
        mirroring.convict(log_id=log_id, error=error, shown=_entry(error), by=by, at=at)
        return error
    return None


def put_checkpoint(*, body_id: UUID, item: CheckpointItem, by: UUID, at: datetime) -> ForkError | IndexRootError | None:
    """The checkpoint that is shown from now on, and the indexes under it, rebuilt.

    Returns the ForkError of one that was refused and kept as evidence, or the IndexRootError of an index that is not shown.

    Raises as ``mirroring.pin`` and ``accept``; ForeignCrossingError if the item names another body.
    """
    if UUID(hex=item.id) != body_id:
        raise ForeignCrossingError("an item of another body")
    log_id, note = _log(body_id, by, at), item.note.encode()
    changes = tuple(one.encode() for one in item.changes)
    try:
        shipped = Shipped(note, item.since, item.past.encode(), changes)
        mirroring.accept(log_id=log_id, shipped=shipped, by=by, at=at)
    except ForkError as error:
        mirroring.convict(log_id=log_id, error=error, shown=note, by=by, at=at)
        return error
    return following.follow(log_id=log_id, by=by, at=at)


def _entry(error: ForkError) -> bytes:
    entry = error.facts["entry"]
    assert isinstance(entry, bytes)
    return entry


def _log(body_id: UUID, by: UUID, at: datetime) -> UUID:
    """The ledger, under the key that was pinned with the pair, or else the first that the body named."""
    known = queries.entruster(body_id)
    if not known.vkey:
        raise NotFoundError("nothing is known of the ledger of this body")
    return mirroring.pin(body_id=body_id, origin=known.origin, vkey=known.vkey, by=by, at=at)
