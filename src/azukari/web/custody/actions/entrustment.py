"""Registering an entrustment: what may go to whom, for what, until when."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from django.db import transaction

from azukari.errors import NotFoundError, NotPermittedError, OptionError
from azukari.fields.kinds import REFERENCE, Field
from azukari.ledger.entry import canonical
from azukari.seal.commitments import OPENING_BYTES, commitment
from azukari.web.custody.models import Entrustment, Party, PermittedField
from azukari.web.sequencer import queries as sequencer
from azukari.web.sequencer.actions import entry

ENTRY_TYPE = "azukari/entrustment/v1"


@dataclass(frozen=True)
class Period:
    """期間。 First and last day, both included. OptionError if it ends before it starts."""

    starts_on: date
    ends_on: date

    def __post_init__(self) -> None:
        if self.ends_on < self.starts_on:
            raise OptionError("the period ends before it starts")

    def holds(self, other: Period) -> bool:
        """Whether the other period lies in this one."""
        return self.starts_on <= other.starts_on and other.ends_on <= self.ends_on


def create(
    *,
    body_id: UUID,
    party_id: UUID,
    title: str,
    purpose: str,
    starts_on: date,
    ends_on: date,
    fields: Iterable[Field | str],
    by: UUID,
    at: datetime,
    parent_id: UUID | None = None,
    purpose_opening: bytes | None = None,
) -> UUID:
    """Register an entrustment with its ledger entry, in one transaction; returns the id.

    The entry holds random ids, kinds of field, days and a commitment to the purpose: no title, no name.
    OptionError for an empty title, purpose or field list, for a period that ends before it starts, or an
    opening of other than 32 bytes (default: fresh random ones); FormatError for an unknown field;
    NotPermittedError for a revoked party, or for a child with a field or day that its parent does not have;
    NotFoundError without such a party, parent or log of the body.
    """
    opening = secrets.token_bytes(OPENING_BYTES) if purpose_opening is None else purpose_opening
    if not title.strip() or not purpose.strip() or len(opening) != OPENING_BYTES:
        raise OptionError("an entrustment needs a title, a purpose and an opening of 32 bytes")
    period, permitted = Period(starts_on, ends_on), _fields(fields)
    with transaction.atomic():
        parent = _parent(body_id, parent_id, period, permitted)
        row = Entrustment(
            id=uuid4(),
            body_id=body_id,
            party=_party(body_id, party_id),
            parent=parent,
            title=title.strip(),
            purpose=purpose,
            purpose_opening=opening,
            starts_on=starts_on,
            ends_on=ends_on,
            created_at=at,
            created_by=by,
        )
        log_id = sequencer.log_of(body_id).id
        row.entry_index = entry.append(log_id=log_id, data=_entry(row, permitted), by=by, at=at)
        row.save(force_insert=True)
        PermittedField.objects.bulk_create(
            PermittedField(body_id=body_id, entrustment=row, field=field) for field in permitted
        )
    return row.id


def _fields(fields: Iterable[Field | str]) -> list[str]:
    parsed = {field if isinstance(field, Field) else Field.parse(field) for field in fields}
    if not parsed or REFERENCE.kind in {field.kind for field in parsed}:
        raise OptionError("an entrustment needs kinds of field; a reference is azukari's own")
    return sorted(map(str, parsed))


def _party(body_id: UUID, party_id: UUID) -> Party:
    # Locked, so that it cannot be revoked between this look and the entry.
    row = Party.objects.select_for_update(no_key=True).filter(id=party_id, body_id=body_id).first()
    if row is None:
        raise NotFoundError("the body has no such party")
    if row.status == Party.Status.REVOKED:
        raise NotPermittedError("the party was revoked")
    return row


def _parent(body_id: UUID, parent_id: UUID | None, period: Period, permitted: list[str]) -> Entrustment | None:
    if parent_id is None:
        return None
    row = Entrustment.objects.filter(id=parent_id, body_id=body_id).first()
    if row is None:
        raise NotFoundError("the body has no such entrustment")
    if not Period(row.starts_on, row.ends_on).holds(period):
        raise NotPermittedError("outside the period of the entrustment above")
    above = set(row.permitted.values_list("field", flat=True))
    if not above.issuperset(permitted):
        raise NotPermittedError("a field that the entrustment above does not permit")
    return row


def _entry(row: Entrustment, permitted: list[str]) -> bytes:
    committed = commitment("purpose", bytes(row.purpose_opening), row.purpose.encode())
    return canonical(
        {
            "type": ENTRY_TYPE,
            "entrustment": str(row.id),
            "party": str(row.party_id),
            "parent": str(row.parent_id) if row.parent_id else None,
            "fields": permitted,
            "starts_on": row.starts_on.isoformat(),
            "ends_on": row.ends_on.isoformat(),
            "purpose": committed.hex(),
        }
    )
