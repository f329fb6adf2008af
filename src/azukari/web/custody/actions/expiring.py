"""Remove copy records whose time is over: they are personal data, and are not kept for ever."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from azukari.fields.days import day_of
from azukari.ledger.entry import canonical
from azukari.stores.files import remove
from azukari.web.custody import places
from azukari.web.custody.models import HandOver
from azukari.web.sequencer import queries as sequencer
from azukari.web.sequencer.actions import entry as ledger_entry

EXPIRY_ENTRY: Final = "azukari/record-expiry/v1"


def remove_expired(*, body_id: UUID, by: UUID, at: datetime) -> list[UUID]:
    """Remove every copy record that is over its last day, with a ledger entry each; returns the hand-overs.

    The package itself stays sealed. May be repeated; raises StorageError.
    """
    due = HandOver.objects.filter(
        body_id=body_id, status=HandOver.Status.RELEASED, expires_on__lt=day_of(at), record_removed_at__isnull=True
    )
    removed = []
    for hand_over_id in list(due.order_by("entry_index").values_list("id", flat=True)):
        data = canonical({"type": EXPIRY_ENTRY, "handover": hand_over_id.hex, "day": day_of(at).isoformat()})
        with transaction.atomic():
            if due.filter(id=hand_over_id).update(record_removed_at=at):  # nobody else was first
                ledger_entry.append(log_id=sequencer.log_of(body_id).id, data=data, by=by, at=at)
                removed.append(hand_over_id)
    for row in HandOver.objects.filter(body_id=body_id, record_removed_at__isnull=False):
        remove(places.record(row.id))
    return removed
