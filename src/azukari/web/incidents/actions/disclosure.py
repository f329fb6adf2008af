"""Disclose what a finding needs, and no more (docs/spec/trace.md, step 9)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from azukari.errors import StateError
from azukari.evidence.bundle import Bundle
from azukari.evidence.making import LedgerView, channels_needed, make_bundle, make_specimen_file
from azukari.fields.days import day_of
from azukari.fingerprint.keys import Channel
from azukari.stores.keys import KeyEncryptionKey
from azukari.trace.specimen import SpecimenFile, disclosure_entry
from azukari.trace.tracing import Trace
from azukari.web.custody.actions import burning
from azukari.web.custody.queries.copies import receipt_notes
from azukari.web.incidents import queries
from azukari.web.incidents.models import Disclosure, Specimen
from azukari.web.sequencer import queries as sequencer
from azukari.web.sequencer.actions import checkpoint
from azukari.web.sequencer.actions import entry as ledger_entry
from azukari.web.sequencer.queries import witnessing
from azukari.web.sequencer.queries.signing import signers_of


def disclose(
    *, found: Trace, file: SpecimenFile, kek: KeyEncryptionKey, by: UUID, at: datetime
) -> tuple[Bundle, SpecimenFile]:
    """Open the channel keys that the finding needs, log it, burn the copies, and make both evidence files.

    Repeating it after a crash or a lost file gives the same evidence again, without a second disclosure.
    Raises StateError if the finding accuses no copy.
    """
    info = queries.specimen(UUID(hex=found.finding.specimen))
    if not found.finding.accused:
        raise StateError("the finding accuses no copy, so there is nothing to disclose")
    wanted = {h: channels_needed(found.examined[h].measurement, found.finding.threshold) for h in found.finding.accused}
    with transaction.atomic():
        # A second disclosure of this specimen waits here, and then finds this one. The log is locked last.
        Specimen.objects.select_for_update(no_key=True).get(id=info.id)
        for hand_over in sorted(wanted):
            burning.burn(hand_over_id=UUID(hex=hand_over), by=by, at=at)
        disclosures = {h: (_log(info, UUID(hex=h), channels, by=by, at=at), channels) for h, channels in wanted.items()}
    log = sequencer.log_of(info.body)
    signed = checkpoint.integrate(log_id=log.id, signers=signers_of(log.id, kek, day_of(at)), by=by, at=at)
    note = witnessing.cosigned(log.id, signed.size).note
    view = LedgerView(log.origin, log.vkey, note.decode(), tuple(sequencer.entries(log.id, 0, signed.size)))
    bundle = make_bundle(
        found,
        file.specimen,
        view,
        specimen_entry=info.entry_index,
        disclosures=disclosures,
        receipts=receipt_notes(info.body),
    )
    return bundle, make_specimen_file(found, file.specimen, file.opening, list(wanted))


def _log(info: queries.SpecimenInfo, hand_over_id: UUID, channels: Sequence[Channel], *, by: UUID, at: datetime) -> int:
    """The index of the disclosure entry: the one of before, if this very disclosure was logged already."""
    names = sorted(channel.value for channel in channels)
    for known in queries.disclosures(hand_over_id):
        if known.specimen == info.id and sorted(known.channels) == names:
            return known.entry_index
    data = disclosure_entry(
        hand_over=hand_over_id.hex, specimen=info.id.hex, channels=names, day=day_of(at).isoformat()
    )
    index = ledger_entry.append(log_id=sequencer.log_of(info.body).id, data=data, by=by, at=at)
    Disclosure.objects.create(
        body_id=info.body,
        specimen_id=info.id,
        hand_over_id=hand_over_id,
        channels=names,
        entry_index=index,
        disclosed_at=at,
        disclosed_by=by,
    )
    return index
