"""Reading the register, as small frozen values; secrets and free text are not in their ``repr``."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from azukari.errors import NotFoundError
from azukari.fields.kinds import Field
from azukari.web.custody.models import Entrustment, HandOver, Party, Receipt, Return, Snapshot


@dataclass(frozen=True)
class PartyInfo:
    """当事者。 ``status`` is pending, confirmed or revoked; only a confirmed key is sealed to."""

    id: UUID
    body: UUID
    name: str
    country: str
    recipient: str
    vkey: str
    fingerprint: str
    status: str
    wrapped_challenge: bytes = field(repr=False)
    corporate_number: str = ""
    roster: int | None = None
    grade: str = ""


@dataclass(frozen=True)
class EntrustmentInfo:
    """委託。 First and last day are both included; ``fields`` are sorted."""

    id: UUID
    body: UUID
    party: UUID
    parent: UUID | None
    title: str = field(repr=False)
    purpose: str = field(repr=False)
    purpose_opening: bytes = field(repr=False)
    starts_on: date
    ends_on: date
    entry_index: int
    fields: tuple[Field, ...]
    stage: str = "performance"
    legal_basis: str = ""
    places: str = ""
    clauses: tuple[str, ...] = ()


@dataclass(frozen=True)
class HandOverInfo:
    """受渡し。 Status and ledger entry of one package; keys only in wrapped form."""

    id: UUID
    body: UUID
    entrustment: UUID
    party: UUID
    parent: UUID | None
    snapshot: UUID
    status: str
    fields: tuple[Field, ...]
    rows: int
    wrapped_key: bytes = field(repr=False)
    wrapped_data_key: bytes = field(repr=False)
    entry_index: int | None
    entry: bytes | None = field(repr=False)
    output_path: str | None = field(repr=False)
    expires_on: date
    burned_at: datetime | None
    record_removed_at: datetime | None
    created_at: datetime
    withheld_rows: int = 0
    withheld_addresses: int = 0
    unmatched_rows: int = 0


@dataclass(frozen=True)
class SnapshotInfo:
    """元データの控え。 A state of a source table; ``rows`` as it was read."""

    id: UUID
    body: UUID
    rows: int
    table_mac: bytes = field(repr=False)
    wrapped_index_key: bytes = field(repr=False)


@dataclass(frozen=True)
class ReceiptInfo:
    """受領。 ``grade`` is receipted or opened."""

    id: UUID
    hand_over: UUID
    grade: str
    note: str = field(repr=False)
    received_at: datetime


@dataclass(frozen=True)
class ReturnInfo:
    """返却。 Counts in rows."""

    id: UUID
    hand_over: UUID
    returned: int
    missing: int
    added: int
    changed: int
    returned_at: datetime


def party(party_id: UUID) -> PartyInfo:
    """The party of this id, or NotFoundError."""
    row = Party.objects.filter(id=party_id).first()
    if row is None:
        raise NotFoundError("there is no such party")
    return as_party(row)


def parties(body_id: UUID) -> list[PartyInfo]:
    """The parties of a body, oldest first."""
    return [as_party(row) for row in Party.objects.filter(body_id=body_id).order_by("created_at", "id")]


def entrustment(entrustment_id: UUID) -> EntrustmentInfo:
    """The entrustment of this id, or NotFoundError."""
    row = Entrustment.objects.filter(id=entrustment_id).first()
    if row is None:
        raise NotFoundError("there is no such entrustment")
    return as_entrustment(row)


def entrustments(body_id: UUID) -> list[EntrustmentInfo]:
    """The entrustments of a body, parents before children, in the order of the ledger."""
    found = Entrustment.objects.filter(body_id=body_id).order_by("entry_index")
    return [as_entrustment(row) for row in found.prefetch_related("permitted")]


def hand_over(hand_over_id: UUID) -> HandOverInfo:
    """The hand-over of this id, or NotFoundError."""
    row = HandOver.objects.filter(id=hand_over_id).first()
    if row is None:
        raise NotFoundError("there is no such hand-over")
    return as_hand_over(row)


def is_hand_over(hand_over_id: UUID) -> bool:
    """Whether there is a hand-over of this id: then its entry stands in the ledger, whatever failed afterwards."""
    return HandOver.objects.filter(id=hand_over_id).exists()


def hand_overs(body_id: UUID, *, entrustment_id: UUID | None = None) -> list[HandOverInfo]:
    """The hand-overs of a body, or of one of its entrustments, oldest first."""
    found = HandOver.objects.filter(body_id=body_id).order_by("created_at", "id")
    if entrustment_id is not None:
        found = found.filter(entrustment_id=entrustment_id)
    return [as_hand_over(row) for row in found]


def count_hand_overs(body_id: UUID) -> int:
    """How many hand-overs of a body stand in its ledger: as many suspects a trace would have."""
    return HandOver.objects.filter(body_id=body_id, entry_index__isnull=False).count()


def snapshot(snapshot_id: UUID) -> SnapshotInfo:
    """The snapshot of this id, or NotFoundError."""
    row = Snapshot.objects.filter(id=snapshot_id).first()
    if row is None:
        raise NotFoundError("there is no such snapshot")
    return as_snapshot(row)


def as_snapshot(row: Snapshot) -> SnapshotInfo:
    """A row as the rest of this room reads it."""
    return SnapshotInfo(row.id, row.body_id, row.rows, bytes(row.table_mac), bytes(row.wrapped_index_key))


def receipts(hand_over_id: UUID) -> list[ReceiptInfo]:
    """The receipts of a hand-over, oldest first."""
    found = Receipt.objects.filter(hand_over_id=hand_over_id).order_by("received_at", "id")
    return [ReceiptInfo(row.id, row.hand_over_id, row.grade, row.note, row.received_at) for row in found]


def returns(hand_over_id: UUID) -> list[ReturnInfo]:
    """The returns of a hand-over, oldest first."""
    found = Return.objects.filter(hand_over_id=hand_over_id).order_by("returned_at", "id")
    names = ("id", "hand_over_id", "returned", "missing", "added", "changed", "returned_at")
    return [ReturnInfo(*(getattr(row, name) for name in names)) for row in found]


def as_party(row: Party) -> PartyInfo:
    """A row as the rest of this room reads it."""
    return PartyInfo(
        row.id,
        row.body_id,
        row.name,
        row.country,
        row.recipient,
        row.vkey,
        row.fingerprint,
        row.status,
        bytes(row.wrapped_challenge),
        row.corporate_number,
        row.roster,
        row.grade,
    )


def as_entrustment(row: Entrustment) -> EntrustmentInfo:
    """A row as the rest of this room reads it."""
    return EntrustmentInfo(
        row.id,
        row.body_id,
        row.party_id,
        row.parent_id,
        row.title,
        row.purpose,
        bytes(row.purpose_opening),
        row.starts_on,
        row.ends_on,
        row.entry_index,
        tuple(sorted(Field.parse(permitted.field) for permitted in row.permitted.all())),
        row.stage,
        row.legal_basis,
        row.places,
        tuple(row.clauses),
    )


def as_hand_over(row: HandOver) -> HandOverInfo:
    """A row as the rest of this room reads it."""
    return HandOverInfo(
        row.id,
        row.body_id,
        row.entrustment_id,
        row.party_id,
        row.parent_id,
        row.snapshot_id,
        row.status,
        tuple(Field.parse(text) for text in row.fields),
        row.rows,
        bytes(row.wrapped_key),
        bytes(row.wrapped_data_key),
        row.entry_index,
        None if row.entry is None else bytes(row.entry),
        row.output_path,
        row.expires_on,
        row.burned_at,
        row.record_removed_at,
        row.created_at,
        row.withheld_rows,
        row.withheld_addresses,
        row.unmatched_rows,
    )
