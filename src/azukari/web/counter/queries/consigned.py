"""What a firm got that is no table, as small frozen values; looked for among its own rows only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from azukari.errors import NotFoundError
from azukari.fields.kinds import Field
from azukari.seal.consignment import Unit
from azukari.web.counter.models import Consigned
from azukari.web.counter.queries import WHOLE


@dataclass(frozen=True)
class ConsignedInfo:
    """届いた現物。 ``entry`` is the slip that is signed for, ``proof`` the .azd; ``receipt`` "" or where it stands."""

    id: UUID
    body: UUID
    firm: UUID
    work: UUID
    parent: UUID | None
    unit: Unit
    units: int
    people: int
    fields: tuple[Field, ...]
    day: date
    recipient: str
    entry: bytes = field(repr=False)
    proof: bytes = field(repr=False)
    voided_on: date | None
    receipt: str
    shelved_at: datetime

    @property
    def wants_receipt(self) -> bool:
        """Whether the firm can sign for it now: with the key that the entry names, and once."""
        return bool(self.recipient) and self.voided_on is None and self.receipt in {"", "refused"}


def consignments(firm_id: UUID, cut: slice = WHOLE, *, work_id: UUID | None = None) -> list[ConsignedInfo]:
    """What a firm got, or under one of its works, newest first; ``cut``: of one page."""
    found = Consigned.objects.filter(firm_id=firm_id).order_by("-shelved_at", "id")
    return [_info(row) for row in (found if work_id is None else found.filter(work_id=work_id))[cut]]


def consignment(firm_id: UUID, consignment_id: UUID) -> ConsignedInfo:
    """One of them, or NotFoundError."""
    row = Consigned.objects.filter(id=consignment_id, firm_id=firm_id).first()
    if row is None:
        raise NotFoundError("there is no such consignment")
    return _info(row)


def _info(row: Consigned) -> ConsignedInfo:
    return ConsignedInfo(
        row.id,
        row.body_id,
        row.firm_id,
        row.work_id,
        row.parent,
        Unit(row.unit),
        row.units,
        row.people,
        tuple(map(Field.parse, row.fields)),
        row.day,
        row.recipient,
        bytes(row.entry),
        bytes(row.proof),
        row.voided_on,
        row.receipt,
        row.shelved_at,
    )
