"""The proof of a consignment: what somebody shows of it, checked offline (docs/spec/consignment.md, The proof)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from azukari.errors import NotFoundError, NotWitnessedError, OptionError
from azukari.seal.consignment import LABELS, REASON, opened
from azukari.seal.consignment_proof import Voiding, make_consignment_proof
from azukari.seal.logged import OpenValue
from azukari.stores.keys import KeyEncryptionKey
from azukari.web.custody import vault
from azukari.web.custody.models import Consignment, ConsignmentReceipt
from azukari.web.sequencer import queries as sequencer
from azukari.web.sequencer.queries.proving import proof as inclusion
from azukari.web.sequencer.queries.witnessing import published

MAY_SHOW: Final = (*LABELS, REASON)
"""What a proof may open."""


def proof(consignment_id: UUID, shown: Iterable[str], kek: KeyEncryptionKey) -> bytes:
    """The proof of a consignment that opens the values ``shown``, with its receipt and what called it void.

    OptionError for a label that there is not; NotFoundError for no consignment, or one that no shown checkpoint covers yet;
    NotWitnessedError where too few witnesses have cosigned; FormatError for a text that no proof carries; KeyFileError.
    """
    labels = set(shown)
    if not labels <= set(MAY_SHOW):
        raise OptionError("a proof cannot show this")
    row = Consignment.objects.select_related("entrustment", "party").filter(id=consignment_id).first()
    if row is None:
        raise NotFoundError("there is no such consignment")
    log = sequencer.log_of(row.body_id)
    size = published(log.id).size
    if row.entry_index >= size:
        raise NotFoundError("no checkpoint covers this consignment yet")
    openings = _openings(row, labels, kek)
    reason = openings.pop(REASON, None)
    first = inclusion(log.id, row.entry_index, size=size, extra=log.vkey.encode())
    void = _void(row, log, size, reason)
    return make_consignment_proof(bytes(row.entry), row.entry_index, first, openings, _receipt(row), void)


def versions(body_id: UUID, parties: Iterable[UUID]) -> dict[UUID, str]:
    """Of what these parties got, by id, what changes with the proof: the newest index in the ledger, and whether it is signed for.

    Proofs under a later checkpoint say the same. Left out is what no shown checkpoint covers, or too few witnesses have seen.
    """
    try:
        size = published(sequencer.log_of(body_id).id).size
    except (NotFoundError, NotWitnessedError):
        return {}
    found = Consignment.objects.filter(body_id=body_id, party_id__in=parties, entry_index__lt=size).order_by(
        "entry_index"
    )
    signed = set(
        ConsignmentReceipt.objects.filter(
            body_id=body_id, grade=ConsignmentReceipt.Grade.RECEIPTED, consignment__in=found
        ).values_list("consignment_id", flat=True)
    )
    return {
        key: f"{index if void is None or void >= size else void}{'+receipt' if key in signed else ''}"
        for key, index, void in found.values_list("id", "entry_index", "void_index")
    }


def _openings(row: Consignment, labels: set[str], kek: KeyEncryptionKey) -> dict[str, OpenValue]:
    values = {
        "carrier": row.carrier,
        "note": row.note,
        "party": row.party.name,
        "people": str(row.people),
        "purpose": row.entrustment.purpose,
        "units": str(row.units),
        REASON: row.void_reason,
    }
    seed = kek.unwrap(bytes(row.wrapped_seed), vault.seed_purpose(row.id))
    return {label: opened(seed, label, values[label]) for label in labels}


def _receipt(row: Consignment) -> bytes | None:
    """The signed one; what was noted of a paper proves nothing."""
    kept = ConsignmentReceipt.objects.filter(consignment=row, grade=ConsignmentReceipt.Grade.RECEIPTED).first()
    return kept.note.encode() if kept else None


def _void(row: Consignment, log: sequencer.LogInfo, size: int, reason: OpenValue | None) -> Voiding | None:
    """The entry itself, from the ledger; one that no checkpoint covers yet is not there yet."""
    if row.void_index is None or row.void_index >= size:
        return None
    entry = sequencer.entry(log.id, row.void_index)
    return Voiding(entry, row.void_index, inclusion(log.id, row.void_index, size=size, extra=log.vkey.encode()), reason)
