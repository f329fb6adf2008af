"""Hand-overs that are no table, as small frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from azukari.errors import NotFoundError
from azukari.fields.kinds import Field
from azukari.seal.consignment import Medium, Unit
from azukari.stores.keys import KeyEncryptionKey
from azukari.web.custody.models import ConsignedPerson, Consignment, ConsignmentReceipt
from azukari.web.subjects import queries as subjects
from azukari.web.subjects.cells import Place, open_cell


@dataclass(frozen=True)
class ConsignmentInfo:
    """現物の受渡し。 ``above`` is a hand-over or a consignment of the party above; ``grade`` claimed or receipted, or empty."""

    id: UUID
    body: UUID
    entrustment: UUID
    party: UUID
    above_hand_over: UUID | None
    above_consignment: UUID | None
    unit: Unit
    units: int
    people: int
    fields: tuple[Field, ...]
    carrier: str = field(repr=False)
    note: str = field(repr=False)
    day: date
    withheld_people: int
    withheld_addresses: int
    unlisted: int
    entry: bytes = field(repr=False)
    entry_index: int
    receipted_at: datetime | None
    voided_at: datetime | None
    void_reason: str = field(repr=False)
    void_index: int | None
    created_at: datetime

    @property
    def medium(self) -> Medium:
        """Paper, media or terminal."""
        return self.unit.medium


@dataclass(frozen=True)
class SignedFor:
    """現物の受領。 ``note``: the signed note, or where the paper is filed."""

    grade: str
    note: str = field(repr=False)
    received_at: datetime


def local_id_place(person_id: UUID) -> Place:
    """Where the local id of somebody in a consignment stands."""
    return Place("custody.ConsignedPerson", person_id, "local_id_cell")


def consignment(consignment_id: UUID) -> ConsignmentInfo:
    """The consignment of this id, or NotFoundError."""
    row = Consignment.objects.filter(id=consignment_id).first()
    if row is None:
        raise NotFoundError("there is no such consignment")
    return _info(row)


def of_body(body_id: UUID) -> list[ConsignmentInfo]:
    """All consignments of a body, in the order of its ledger; void ones too."""
    return [_info(row) for row in Consignment.objects.filter(body_id=body_id).order_by("entry_index")]


def grades(body_id: UUID) -> dict[UUID, str]:
    """Of what was signed for, by id: receipted where the recipient's key has signed, else claimed. Read at once."""
    found = ConsignmentReceipt.objects.filter(body_id=body_id).values_list("consignment_id", "grade")
    return dict(sorted(found, key=lambda one: one[1]))  # claimed comes before receipted, which then stands


def held_by_above(entrustment_id: UUID, *, most: int = 200) -> list[ConsignmentInfo]:
    """What the party of an entrustment holds of this kind, newest first."""
    found = Consignment.objects.filter(entrustment_id=entrustment_id, voided_at=None).order_by("-created_at", "id")
    return [_info(row) for row in found[:most]]


def receipts(consignment_id: UUID) -> list[SignedFor]:
    """The receipts of a consignment, oldest first."""
    found = ConsignmentReceipt.objects.filter(consignment_id=consignment_id).order_by("received_at", "id")
    return [SignedFor(row.grade, row.note, row.received_at) for row in found]


def is_signed_for(consignment_id: UUID) -> bool:
    """Whether the recipient's signed receipt is kept."""
    return ConsignmentReceipt.objects.filter(
        consignment_id=consignment_id, grade=ConsignmentReceipt.Grade.RECEIPTED
    ).exists()


def listed(consignment_id: UUID) -> int:
    """How many people are on its list."""
    return ConsignedPerson.objects.filter(consignment_id=consignment_id).count()


def of_subject(subject_id: UUID) -> list[UUID]:
    """The consignments that a person is in, by day; void ones too. What a person's trail is made of."""
    found = ConsignedPerson.objects.filter(subject_id=subject_id).order_by("consignment__day", "consignment_id")
    return list(found.values_list("consignment_id", flat=True))


def local_ids(consignment_id: UUID, kek: KeyEncryptionKey) -> list[str]:
    """The local ids on the list of a consignment, sorted; people who were erased are left out. KeyFileError."""
    rows = list(ConsignedPerson.objects.filter(consignment_id=consignment_id))
    people = subjects.subjects({row.subject_id for row in rows})
    keys = subjects.keys((person for person in people.values() if not person.erased), kek)
    return sorted(
        open_cell(bytes(row.local_id_cell), keys[row.subject_id], local_id_place(row.id))
        for row in rows
        if row.subject_id in keys
    )


def _info(row: Consignment) -> ConsignmentInfo:
    return ConsignmentInfo(
        row.id,
        row.body_id,
        row.entrustment_id,
        row.party_id,
        row.above_hand_over_id,
        row.above_consignment_id,
        Unit(row.unit),
        row.units,
        row.people,
        tuple(map(Field.parse, row.fields)),
        row.carrier,
        row.note,
        row.day,
        row.withheld_people,
        row.withheld_addresses,
        row.unlisted,
        bytes(row.entry),
        row.entry_index,
        row.receipted_at,
        row.voided_at,
        row.void_reason,
        row.void_index,
        row.created_at,
    )
