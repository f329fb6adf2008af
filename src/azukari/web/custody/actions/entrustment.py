"""Registering an entrustment: what may go to whom, for what, until when."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import date, datetime
from typing import Final
from uuid import UUID, uuid4

from django.db import transaction

from azukari.errors import NotFoundError, NotPermittedError, OptionError
from azukari.fields.kinds import Field
from azukari.ledger.entry import canonical
from azukari.seal.commitments import OPENING_BYTES, commitment
from azukari.seal.logged import MAX_VALUE
from azukari.web.custody.clauses import KEYS
from azukari.web.custody.models import Entrustment, Party, PermittedField
from azukari.web.custody.terms import Period, parse_fields, require_within
from azukari.web.sequencer import queries as sequencer
from azukari.web.sequencer.actions import entry

ENTRY_TYPE = "azukari/entrustment/v1"
MAX_TITLE: Final = 400  # characters


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
    purpose_opening: bytes | None = None,
    stage: str = Entrustment.Stage.PERFORMANCE,
    legal_basis: str = "",
    places: str = "",
    clauses: Iterable[str] = (),
) -> UUID:
    """Register an entrustment with its ledger entry, in one transaction; returns the id.

    The entry holds random ids, kinds of field, days and a commitment to the purpose: no title, no name.
    OptionError for an empty or overlong title or purpose, an empty field list, a period that ends before it starts, an
    unknown stage or clause, or an opening of other than 32 bytes (default: fresh random ones); FormatError for an unknown field;
    NotPermittedError for a revoked party; NotFoundError without such a party or log of the body. A sub-entrustment
    comes about by a permission alone (``actions.permission``).
    """
    _require_texts(title, purpose)
    opening, kept = _opening(purpose_opening), _kept(stage, clauses)
    period, permitted = Period(starts_on, ends_on), parse_fields(fields)
    with transaction.atomic():
        row = Entrustment(
            body_id=body_id,
            party=_party(body_id, party_id),
            title=title.strip(),
            purpose="\n".join(purpose.splitlines()),  # a browser sends CR LF, which no certificate carries
            purpose_opening=opening,
            stage=stage,
            legal_basis=legal_basis.strip(),
            places=places.strip(),
            clauses=kept,
        )
        return _store(row, period, permitted, by=by, at=at).id


def open_child(
    *, above: Entrustment, party: Party, period: Period, permitted: list[str], by: UUID, at: datetime
) -> Entrustment:
    """The sub-entrustment of a permission, inside the caller's transaction: title, purpose and basis are those above."""
    require_within(above, period, permitted)
    row = Entrustment(
        body_id=above.body_id,
        party=_party(above.body_id, party.id),
        parent=above,
        title=above.title,
        purpose=above.purpose,
        purpose_opening=secrets.token_bytes(OPENING_BYTES),
        legal_basis=above.legal_basis,
    )
    return _store(row, period, permitted, by=by, at=at)


def set_stage(*, entrustment_id: UUID, stage: str, clauses: Iterable[str], by: UUID, at: datetime) -> None:
    """Move an entrustment to another stage and note which clauses its contract holds. OptionError, NotFoundError."""
    kept = _kept(stage, clauses)
    if not Entrustment.objects.filter(id=entrustment_id).update(stage=stage, clauses=kept):
        raise NotFoundError("there is no such entrustment")


def _require_texts(title: str, purpose: str) -> None:
    if not title.strip() or not purpose.strip():
        raise OptionError("an entrustment needs a title and a purpose")
    if len(title) > MAX_TITLE or len(purpose) > MAX_VALUE:
        raise OptionError("a title has at most 400 characters, and a purpose 2,000: no certificate carries more")


def _opening(given: bytes | None) -> bytes:
    """What opens the commitment to the purpose: what was given, or fresh random bytes."""
    opening = secrets.token_bytes(OPENING_BYTES) if given is None else given
    if len(opening) != OPENING_BYTES:
        raise OptionError("an opening has 32 bytes")
    return opening


def _kept(stage: str, clauses: Iterable[str]) -> list[str]:
    """The clauses that the contract holds, each once, of a stage that there is."""
    kept = sorted(set(clauses))
    if stage not in Entrustment.Stage.values or not KEYS.issuperset(kept):
        raise OptionError("an unknown stage or clause")
    return kept


def _store(row: Entrustment, period: Period, permitted: list[str], *, by: UUID, at: datetime) -> Entrustment:
    row.id = uuid4()
    row.starts_on, row.ends_on, row.created_at, row.created_by = period.starts_on, period.ends_on, at, by
    log_id = sequencer.log_of(row.body_id).id
    row.entry_index = entry.append(log_id=log_id, data=_entry(row, permitted), by=by, at=at)
    row.save(force_insert=True)
    PermittedField.objects.bulk_create(
        PermittedField(body_id=row.body_id, entrustment=row, field=field) for field in permitted
    )
    return row


def _party(body_id: UUID, party_id: UUID) -> Party:
    # Locked, so that it cannot be revoked between this look and the entry.
    row = Party.objects.select_for_update(no_key=True).filter(id=party_id, body_id=body_id).first()
    if row is None:
        raise NotFoundError("the body has no such party")
    if row.status == Party.Status.REVOKED:
        raise NotPermittedError("the party was revoked")
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
