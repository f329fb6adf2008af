"""Receipts and returns: what comes back from a party."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import polars as pl
from django.db import IntegrityError, transaction

from azukari.errors import ForeignReceiptError, NotFoundError, StateError
from azukari.fields.days import day_of
from azukari.fingerprint.keys import Channel
from azukari.handover.record import RecordReader
from azukari.handover.returning import Delivered, Returned, take_back
from azukari.ledger.entry import canonical
from azukari.seal.manifest import SMALL_BAND, SMALL_COUNT, Entry
from azukari.seal.receipt import Grade, hand_over_of, verify_receipt
from azukari.stores.keys import KeyEncryptionKey
from azukari.web.custody import places, queries, vault
from azukari.web.custody.models import HandOver, Receipt, Return
from azukari.web.sequencer import queries as sequencer
from azukari.web.sequencer.actions import entry as ledger_entry

RETURN_ENTRY = "azukari/return/v1"
Keep = Callable[[pl.DataFrame], Callable[[], None]]


def add_receipt(*, note: bytes, body_id: UUID, by: UUID, at: datetime) -> tuple[UUID, Grade]:
    """Verify and keep a receipt; returns the hand-over and the grade it proves.

    Raises FormatError, SignatureError, ForeignReceiptError (none of ours), StateError (already there).
    """
    named = hand_over_of(note)
    try:
        info = queries.hand_over(UUID(hex=named))
    except (ValueError, NotFoundError):  # no identifier, or nobody's
        raise ForeignReceiptError("no hand-over of this office") from None
    if info.body != body_id or info.entry is None:
        raise ForeignReceiptError("no hand-over of this office")
    receipt = verify_receipt(note, Entry.parse(info.entry), info.entry)
    try:
        with transaction.atomic():
            Receipt.objects.create(
                body_id=body_id,
                hand_over_id=info.id,
                grade=receipt.grade.value,
                note=note.decode(),
                received_at=at,
                received_by=by,
            )
            if receipt.grade is Grade.RECEIPTED:
                HandOver.objects.filter(id=info.id).update(receipted_at=at)
    except IntegrityError:
        raise StateError("this receipt is kept already") from None
    return info.id, receipt.grade


def receive_return(
    *,
    table: pl.DataFrame,
    hand_over_id: UUID,
    source: pl.DataFrame | None,
    kek: KeyEncryptionKey,
    by: UUID,
    at: datetime,
    keep: Keep = lambda table: lambda: None,
) -> Returned:
    """Match a returned table against what was delivered, and log the counts.

    ``keep`` stores the matched table and returns how to take it back: it is stored before the counts are logged,
    and not at all if they cannot be. Raises ColumnError, OptionError, KeyFileError, StateError (no copy record any
    more), what ``keep`` raises.
    """
    info = queries.hand_over(hand_over_id)
    key = vault.hand_over_key(info, kek)
    if info.record_removed_at is not None:
        raise StateError("the copy record was removed when its time was over")
    with places.record(info.id).open("rb") as file:
        delivered = Delivered(
            fields=info.fields,
            rows=info.rows,
            reference_key=key.channel(Channel.REFERENCE),
            cell_key=key.derive("cells"),
            record=RecordReader(file, vault.record_key(info, kek), info.id.hex),
        )
        returned = take_back(table, delivered, source)
    take_away = keep(returned.table)
    try:
        _log(info, returned, by=by, at=at)
    except BaseException:
        take_away()
        raise
    return returned


def _log(info: queries.HandOverInfo, returned: Returned, *, by: UUID, at: datetime) -> None:
    counts = {
        "returned": returned.returned,
        "missing": len(returned.missing),
        "added": len(returned.added),
        "changed": len(returned.changed),
    }
    data = canonical(
        {"type": RETURN_ENTRY, "handover": info.id.hex, "day": day_of(at).isoformat()}
        | {name: _banded(count) for name, count in counts.items()}
    )
    with transaction.atomic():
        ledger_entry.append(log_id=sequencer.log_of(info.body).id, data=data, by=by, at=at)
        Return.objects.create(body_id=info.body, hand_over_id=info.id, returned_at=at, returned_by=by, **counts)


def _banded(count: int) -> int | str:
    """Small counts point to people; zero points to nobody."""
    return count if count == 0 or count >= SMALL_COUNT else SMALL_BAND
