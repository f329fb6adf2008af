"""Reading cases, specimens and disclosures, as small frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from azukari.errors import NotFoundError
from azukari.web.incidents.models import Case, Disclosure, Specimen


@dataclass(frozen=True)
class CaseInfo:
    """漏えい等事案。 One leak."""

    id: UUID
    body: UUID
    title: str = field(repr=False)
    opened_at: datetime


@dataclass(frozen=True)
class SpecimenInfo:
    """流出標本。 A specimen's commitment (hex) and where it stands in the ledger."""

    id: UUID
    body: UUID
    case: UUID
    commit: str
    entry_index: int
    rows: int
    logged_at: datetime
    wrapped_opening: bytes = field(repr=False)


@dataclass(frozen=True)
class DisclosureInfo:
    """印の開示。 Which channels of a hand-over's marks were disclosed with which specimen."""

    id: UUID
    specimen: UUID
    hand_over: UUID
    channels: tuple[str, ...]
    entry_index: int
    disclosed_at: datetime


def case(case_id: UUID) -> CaseInfo:
    """The case of this id, or NotFoundError."""
    row = Case.objects.filter(id=case_id).first()
    if row is None:
        raise NotFoundError("there is no such case")
    return _case(row)


def cases(body_id: UUID) -> list[CaseInfo]:
    """The cases of a body, newest first."""
    return [_case(row) for row in Case.objects.filter(body_id=body_id).order_by("-opened_at", "id")]


def specimen(specimen_id: UUID) -> SpecimenInfo:
    """The specimen of this id, or NotFoundError."""
    row = Specimen.objects.filter(id=specimen_id).first()
    if row is None:
        raise NotFoundError("there is no such specimen")
    return _specimen(row)


def specimens(case_id: UUID) -> list[SpecimenInfo]:
    """The specimens of a case, in the order of the ledger."""
    return [_specimen(row) for row in Specimen.objects.filter(case_id=case_id).order_by("entry_index")]


def disclosures(hand_over_id: UUID) -> list[DisclosureInfo]:
    """What was disclosed of a hand-over's marks, in the order of the ledger."""
    found = Disclosure.objects.filter(hand_over_id=hand_over_id).order_by("entry_index")
    return [_disclosure(row) for row in found]


def disclosed_before(body_id: UUID, entry_index: int) -> frozenset[UUID]:
    """The hand-overs of a body of whose marks something was disclosed before this entry of its ledger."""
    found = Disclosure.objects.filter(body_id=body_id, entry_index__lt=entry_index)
    return frozenset(found.values_list("hand_over_id", flat=True))


def _case(row: Case) -> CaseInfo:
    return CaseInfo(row.id, row.body_id, row.title, row.opened_at)


def _specimen(row: Specimen) -> SpecimenInfo:
    return SpecimenInfo(
        row.id,
        row.body_id,
        row.case_id,
        row.commit,
        row.entry_index,
        row.rows,
        row.logged_at,
        bytes(row.wrapped_opening),
    )


def _disclosure(row: Disclosure) -> DisclosureInfo:
    return DisclosureInfo(
        row.id, row.specimen_id, row.hand_over_id, tuple(row.channels), row.entry_index, row.disclosed_at
    )
