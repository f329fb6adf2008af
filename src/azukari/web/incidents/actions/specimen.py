"""Open a case, and log a specimen before any key is touched (docs/spec/trace.md, step 1)."""

from __future__ import annotations

import secrets
from datetime import datetime
from uuid import UUID, uuid4

from django.db import connection, transaction

from azukari.errors import NotFoundError, OptionError
from azukari.fields.days import day_of
from azukari.stores.keys import KeyEncryptionKey
from azukari.trace.specimen import Specimen as Sample
from azukari.trace.specimen import SpecimenFile, specimen_entry
from azukari.web.incidents import keeping
from azukari.web.incidents.models import Case, Specimen
from azukari.web.sequencer import queries as sequencer
from azukari.web.sequencer.actions import checkpoint
from azukari.web.sequencer.actions import entry as ledger_entry
from azukari.web.sequencer.queries.signing import signers_of


def open_case(*, body_id: UUID, title: str, by: UUID, at: datetime) -> UUID:
    """Open a case; specimens of one leak belong to one case, because the bound counts them. OptionError without a title."""
    if not title.strip():
        raise OptionError("a case needs a title")
    return Case.objects.create(id=uuid4(), body_id=body_id, title=title.strip(), opened_at=at, opened_by=by).id


def log_specimen(*, case_id: UUID, sample: Sample, kek: KeyEncryptionKey, by: UUID, at: datetime) -> UUID:
    """Commit to a specimen in the ledger, signed, and keep it encrypted. Returns its id; NotFoundError without the case."""
    case = Case.objects.filter(id=case_id).first()
    if case is None:
        raise NotFoundError("there is no such case")
    specimen_id, opening = uuid4(), secrets.token_bytes(32)
    committed = sample.commitment(opening)
    data = specimen_entry(case=case.id.hex, specimen=specimen_id.hex, committed=committed, day=day_of(at).isoformat())
    keeping.keep(specimen_id, SpecimenFile(sample, opening, {}), kek)
    log_id = sequencer.log_of(case.body_id).id
    session = connection.connection
    try:
        with transaction.atomic():
            index = ledger_entry.append(log_id=log_id, data=data, by=by, at=at)
            Specimen.objects.create(
                id=specimen_id,
                body_id=case.body_id,
                case=case,
                commit=committed.hex(),
                entry_index=index,
                rows=len(sample.rows),
                logged_at=at,
                logged_by=by,
                wrapped_opening=kek.wrap(opening, keeping.opening_purpose(specimen_id)),
            )
    except BaseException:
        if connection.connection is session:  # else it broke, and a server may still be committing
            keeping.forget_unlogged(specimen_id)
        raise
    checkpoint.integrate(log_id=log_id, signers=signers_of(log_id, kek, day_of(at)), by=by, at=at)
    return specimen_id
