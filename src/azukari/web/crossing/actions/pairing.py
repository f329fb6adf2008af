"""The two sides get to know each other: each has a card, and a fingerprint is read out both ways."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from azukari.errors import ForeignCrossingError, StateError
from azukari.seal.crossing import Side
from azukari.seal.identity import Identity, require_fingerprint
from azukari.seal.pairing import SideCard
from azukari.stores.keys import KeyEncryptionKey
from azukari.web.crossing.models import Crossed, Exported, Parcel, Peer, Refusal
from azukari.web.crossing.vault import identity_purpose


def prepare(*, body_id: UUID, side: Side, kek: KeyEncryptionKey, by: UUID, at: datetime) -> None:
    """Make this side's own key, unless it is there. StateError if this office is the other side of the body."""
    with transaction.atomic():
        row = Peer.objects.filter(body=body_id).first()
        if row is None:
            secret = Identity.generate().secret.encode()
            wrapped = kek.wrap(secret, identity_purpose(body_id))
            Peer.objects.create(body=body_id, side=side.value, wrapped_identity=wrapped, created_at=at, created_by=by)
        elif row.side != side.value:
            raise StateError("this office is the other side of the body")


def pair(*, card: SideCard, body_id: UUID, fingerprint: str, by: UUID, at: datetime) -> None:
    """Pin the keys of the other side, whose card the caller has verified; the same card again changes nothing.

    ``fingerprint`` is what was heard (case, width, spaces and hyphens do not matter). ForeignCrossingError for a card
    of another body or of our own side, NotPermittedError for another fingerprint, StateError before ``prepare`` or if
    another key is pinned: a chain of crossings has one pair for life.
    """
    with transaction.atomic():
        row = Peer.objects.select_for_update(no_key=True).filter(body=body_id).first()
        if row is None:
            raise StateError("this side has no key yet")
        if (UUID(hex=card.body), card.side.value) != (body_id, Side(row.side).other.value):
            raise ForeignCrossingError("a card of another body, or of this side")
        require_fingerprint(fingerprint, card.fingerprint)
        if row.vkey and (row.vkey, row.recipient) != (card.vkey, card.recipient):
            raise StateError("another key of the other side is pinned")
        if not row.vkey:
            row.recipient, row.vkey, row.paired_at, row.paired_by = card.recipient, card.vkey, at, by
            row.save(update_fields=["recipient", "vkey", "paired_at", "paired_by"])


def renew(*, body_id: UUID, kek: KeyEncryptionKey, by: UUID, at: datetime) -> None:
    """Begin anew, with a key of its own and no chain: the one way on after a side was restored from a backup.

    Both sides do it and pair again; then everything goes out once more, which changes nothing where it arrived. Crossings
    of before are signed by a key that nobody pins any more. StateError where nothing was prepared.
    """
    with transaction.atomic():
        row = Peer.objects.select_for_update(no_key=True).filter(body=body_id).first()
        if row is None:
            raise StateError("this side has no key yet")
        for model in (Parcel, Crossed, Exported, Refusal):
            model.objects.filter(body=body_id).delete()
        row.delete()
        prepare(body_id=body_id, side=Side(row.side), kek=kek, by=by, at=at)
