"""Seal one hand-over, in the order of docs/spec/package.md, section 6."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import polars as pl
from django.db import Error, connection, transaction
from numpy.typing import NDArray

from azukari.errors import (
    ColumnError,
    NotFoundError,
    NotPermittedError,
    NotWitnessedError,
    StateError,
    StorageError,
    UnconfirmedKeyError,
)
from azukari.fields.days import day_of
from azukari.fingerprint.keys import HandOverKey
from azukari.handover.choosing import Choice, verify_choice
from azukari.handover.record import RecordReader
from azukari.handover.sealing import REFERENCE_HEADER, Parties, Plan, Secrets, seal_table
from azukari.ledger.witnessing import Ask
from azukari.seal.manifest import Entry
from azukari.stores.files import creating, remove
from azukari.stores.keys import KeyEncryptionKey
from azukari.web.accounts import queries as accounts
from azukari.web.custody import places, queries, retention, snapshots, vault
from azukari.web.custody.actions import listing, releasing
from azukari.web.custody.models import HandOver, Snapshot
from azukari.web.custody.queries import permissions
from azukari.web.custody.withholding import Withheld, withhold
from azukari.web.leaves.actions import bulk as leaves
from azukari.web.sequencer import queries as sequencer
from azukari.web.sequencer.actions import entry as ledger_entry

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Order:
    """封印の指示。 What is to be sealed, for whom, and where the package goes."""

    entrustment_id: UUID
    party_id: UUID
    choice: Choice
    output: Path | None  # None: the package stays in the office, to be fetched
    strict_schema: bool = False
    canaries: int | None = None
    hand_over_id: UUID | None = None  # None: a new one; given by whoever must find it again
    parent_id: UUID | None = None  # for a sub-contractor: the hand-over that the party above holds
    unmatched: bool = False  # the officer's word: rows may leave in which nobody under protection can be told apart


def seal(
    *,
    source: pl.DataFrame,
    order: Order,
    kek: KeyEncryptionKey,
    by: UUID,
    at: datetime,
    ask: Ask | None = None,
    progress: Progress = lambda done, total: None,
    telling: Progress = lambda done, total: None,
) -> queries.HandOverInfo:
    """Mark, seal, log, sign and release one copy; returns the released hand-over.

    ``progress`` may raise, which ends the sealing; ``telling`` is called once it is logged, for its leaves, and may not.

    Raises NotPermittedError (another party than the entrustee; a sub-entrustment without a permission in force all the
    way up, or without the hand-over above), UnconfirmedKeyError, ExpiredError, ProtectedError (somebody is under
    protective measures and rows cannot be told apart, ``order.unmatched`` apart), ColumnError (a
    column called like the reference), NothingToSealError, NumberInTextError, StateError (the output exists; protective
    measures changed meanwhile), NotFoundError (its folder does not), MarkError, StorageError. Permission is asked for
    again when the entry is logged. After any of them nothing is logged and nothing was released; but a StorageError or
    NotWitnessedError that names the hand-over came after the entry, and a restart finishes it. ``ask`` reaches the
    witnesses of the body's policy.
    """
    entrustment, party = _permitted(order, day_of(at))
    if order.output is not None:
        _require_new(order.output)
    if REFERENCE_HEADER in dict(order.choice.leaving):
        raise ColumnError(f"{REFERENCE_HEADER} is the name of azukari's own column")
    verify_choice(source, order.choice)
    withheld = withhold(source, order.choice, entrustment.body, day_of(at), kek)
    withheld.require_matched(order.unmatched)
    hand_over_id = order.hand_over_id or uuid4()
    with places.sealing_alone():
        snapshot = _snapshot(source, entrustment.body, kek, by=by, at=at)
        parties = _parties(hand_over_id, entrustment, party, snapshot, order.parent_id, day_of(at))
        key, record_key = HandOverKey(secrets.token_bytes(32)), secrets.token_bytes(32)
        plan = Plan(
            tuple(order.choice.leaving), order.choice.local_id, order.strict_schema, order.canaries, withheld.held
        )
        keys = Secrets(key, record_key, vault.index_key(snapshot, kek))
        session = connection.connection
        if order.hand_over_id is not None:
            _void(hand_over_id, by=by, at=at)  # what an attempt under the same id left that lost the register
        try:
            entry = _spool(hand_over_id, withheld.frame, plan, parties, keys, progress)
            roles = _spool_people(hand_over_id, withheld.frame, order.choice, keys, entrustment.body, kek, by=by, at=at)
            _log(hand_over_id, entry, order, snapshot, withheld, keys, kek, roles, by=by, at=at)
        except BaseException:
            if connection.connection is session:  # else it broke, and a server may still be committing: a restart sees
                _void(hand_over_id, by=by, at=at)
            raise
        try:
            releasing.release(hand_over_id=hand_over_id, kek=kek, by=by, at=at, ask=ask, telling=telling)
        except NotWitnessedError as error:
            raise NotWitnessedError(f"hand-over {hand_over_id.hex} is logged; `azukari recover` releases it") from error
        except (StorageError, Error, OSError) as error:
            raise StorageError(f"hand-over {hand_over_id.hex} is logged; `azukari recover` finishes it") from error
    return queries.hand_over(hand_over_id)


def _require_new(output: Path) -> None:
    if output.exists():
        raise StateError("the output file exists already")
    if not output.resolve().parent.is_dir():
        raise NotFoundError("the folder of the output file")


def _permitted(order: Order, today: date) -> tuple[queries.EntrustmentInfo, queries.PartyInfo]:
    entrustment = queries.entrustment(order.entrustment_id)
    party = queries.party(order.party_id)
    if party.id == entrustment.party and party.status != "confirmed":
        raise UnconfirmedKeyError
    permissions.require_may_receive(entrustment, party.id, today)
    _require_parent(order.parent_id, entrustment)
    return entrustment, party


def _require_parent(parent_id: UUID | None, entrustment: queries.EntrustmentInfo) -> None:
    """A copy for a sub-contractor hangs on the one that the party above has; any other copy hangs on none."""
    if entrustment.parent is None:
        if parent_id is not None:
            raise NotPermittedError("only a sub-contractor's copy hangs on another")
        return
    if parent_id is None:
        raise NotPermittedError("a sub-contractor's copy hangs on the hand-over of the party above")
    above = queries.hand_over(parent_id)
    if above.entrustment != entrustment.parent or above.status != HandOver.Status.RELEASED:
        raise NotPermittedError("that hand-over is not one that the party above holds")


def _snapshot(
    source: pl.DataFrame, body_id: UUID, kek: KeyEncryptionKey, *, by: UUID, at: datetime
) -> queries.SnapshotInfo:
    """The snapshot of this very table, made if it is new: equal tables share one index key."""
    mac = snapshots.table_mac(source, body_id, kek)
    with transaction.atomic():
        row = Snapshot.objects.filter(body_id=body_id, table_mac=mac).first()
        if row is None:
            snapshot_id = uuid4()
            wrapped = kek.wrap(secrets.token_bytes(32), vault.index_purpose(snapshot_id))
            row = Snapshot.objects.create(
                id=snapshot_id,
                body_id=body_id,
                table_mac=mac,
                wrapped_index_key=wrapped,
                rows=source.height,
                created_at=at,
                created_by=by,
            )
    return queries.snapshot(row.id)


def _parties(
    hand_over_id: UUID,
    entrustment: queries.EntrustmentInfo,
    party: queries.PartyInfo,
    snapshot: queries.SnapshotInfo,
    parent_id: UUID | None,
    today: date,
) -> Parties:
    body = accounts.body(entrustment.body)
    return Parties(
        hand_over=hand_over_id.hex,
        body=body.id.hex,
        entrustment=entrustment.id.hex,
        party=party.id.hex,
        snapshot=snapshot.id.hex,
        parent=parent_id.hex if parent_id else "",
        party_name=party.name,
        purpose=entrustment.purpose,
        recipient=party.recipient,
        recipient_vkey=party.vkey,
        oversight=body.recipient,
        oversight_vkey=body.vkey,
        day=today.isoformat(),
        expires=entrustment.ends_on.isoformat(),
    )


def _spool(
    hand_over_id: UUID, source: pl.DataFrame, plan: Plan, parties: Parties, keys: Secrets, progress: Progress
) -> Entry:
    """Step 1: sealed bytes and copy record, durable before anything is logged."""
    with creating(places.payload(hand_over_id)) as payload, creating(places.record(hand_over_id)) as record:
        return seal_table(source, plan, parties, keys, payload, record, progress)


def _spool_people(
    hand_over_id: UUID,
    frame: pl.DataFrame,
    choice: Choice,
    keys: Secrets,
    body_id: UUID,
    kek: KeyEncryptionKey,
    *,
    by: UUID,
    at: datetime,
) -> dict[str, int]:
    """Step 1 as well: who stands in which delivered row, so that everybody's leaf can be made once it is logged.

    Returns how many leaves each role gets.
    """
    delivered = _delivered(hand_over_id, keys)
    acting: dict[str, Any] = {"by": by, "at": at}
    roles = listing.roles(frame=frame, choice=choice, delivered=delivered, body_id=body_id, kek=kek, **acting)
    leaves.spool(bulk_id=hand_over_id, key=keys.record_key, roles=roles, **acting)
    return {role: int((numbers >= 0).sum()) for role, numbers in roles.items()}


def _log(
    hand_over_id: UUID,
    entry: Entry,
    order: Order,
    snapshot: queries.SnapshotInfo,
    withheld: Withheld,
    keys: Secrets,
    kek: KeyEncryptionKey,
    roles: dict[str, int],
    *,
    by: UUID,
    at: datetime,
) -> None:
    """Step 2: register row, ledger entry and the leaves that are owed from now on, in one transaction. The entry says
    nothing of what was withheld.

    The log is locked first, so that a revocation stands before this entry and is seen, or after it.
    """
    data = entry.encode()
    with transaction.atomic():
        index = ledger_entry.append(log_id=sequencer.log_of(snapshot.body).id, data=data, by=by, at=at)
        entrustment, party = _permitted(order, day_of(at))
        withheld.require_still(snapshot.body, day_of(at))
        HandOver.objects.create(
            id=hand_over_id,
            body_id=snapshot.body,
            entrustment_id=order.entrustment_id,
            party_id=order.party_id,
            parent_id=order.parent_id,
            snapshot_id=snapshot.id,
            status=HandOver.Status.LOGGED,
            fields=[str(field) for field in entry.fields],
            rows=roles[listing.PERSON],
            withheld_rows=len(withheld.held),
            withheld_addresses=withheld.blanked,
            unmatched_rows=withheld.unmatched,
            wrapped_key=kek.wrap(keys.key.secret, vault.hand_over_purpose(hand_over_id)),
            wrapped_data_key=kek.wrap(keys.record_key, vault.record_purpose(hand_over_id)),
            entry_index=index,
            entry=data,
            output_path=None if order.output is None else str(order.output.resolve()),
            expires_on=retention.record_expiry(date.fromisoformat(entry.expires)),
            created_at=at,
            created_by=by,
        )
        _owe(hand_over_id, entrustment, party, entry, data, roles, by=by, at=at)


def _owe(
    hand_over_id: UUID,
    entrustment: queries.EntrustmentInfo,
    party: queries.PartyInfo,
    entry: Entry,
    data: bytes,
    roles: dict[str, int],
    *,
    by: UUID,
    at: datetime,
) -> None:
    """From the commit on everybody's leaf is owed, and no index is made before they stand there."""
    day, rows = day_of(at), roles[listing.PERSON]
    kind = 1 if entrustment.parent is None else 2
    of = leaves.HandOver(hand_over_id, entrustment.body, kind, entrustment.id, day, data, rows)
    acting: dict[str, Any] = {"by": by, "at": at}
    told: dict[str, Any] = {
        "source": hand_over_id,
        "terms": entrustment,
        "party": party,
        "fields": entry.fields,
        "day": day,
    }
    events = listing.events(told=list(roles), **told, **acting)
    leaves.begin(of=of, leaves=sum(roles.values()), events=events, **acting)


def _delivered(hand_over_id: UUID, keys: Secrets) -> NDArray[np.int64]:
    """The source row of each delivered row, as the copy record has it; behind the last source row stand canaries."""
    with places.record(hand_over_id).open("rb") as file:
        rows = RecordReader(file, keys.record_key, hand_over_id.hex).numbers("source-rows", "<u8")
        return rows.astype(np.int64)


def _void(hand_over_id: UUID, *, by: UUID, at: datetime) -> None:
    """Take back what was spooled, unless the entry is logged: then a restart finishes."""
    if not HandOver.objects.filter(id=hand_over_id).exists():
        remove(places.payload(hand_over_id))
        remove(places.record(hand_over_id))
        leaves.discard(bulk_id=hand_over_id, by=by, at=at)
