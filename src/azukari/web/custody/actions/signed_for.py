"""Receipts for what is no table: signed by the recipient's key, or a paper that the officer has seen."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from azukari.errors import ForeignReceiptError, NotFoundError, OptionError, StateError
from azukari.seal.consignment import consignment_of, verify_receipt
from azukari.web.custody.models import Consignment, ConsignmentReceipt
from azukari.web.custody.queries import consignments


def add_receipt(*, note: bytes, body_id: UUID, by: UUID, at: datetime) -> UUID:
    """Verify and keep a signed receipt; returns the consignment.

    Raises FormatError, SignatureError, ForeignReceiptError (none of ours), StateError (there already, or void).
    """
    try:
        info = consignments.consignment(UUID(hex=consignment_of(note)))
    except (ValueError, NotFoundError):  # no identifier, or nobody's
        raise ForeignReceiptError("no consignment of this office") from None
    if info.body != body_id:
        raise ForeignReceiptError("no consignment of this office")
    verify_receipt(note, info.entry)
    _keep(info, ConsignmentReceipt.Grade.RECEIPTED, note.decode(), by, at)
    return info.id


def note_paper(*, consignment_id: UUID, filed: str, by: UUID, at: datetime) -> None:
    """Note that a receipt on paper was seen, and where it is filed: a claim of the body, no proof.

    OptionError without a text, StateError (noted already, or void), NotFoundError.
    """
    if not 0 < len(filed.strip()) <= 2_000:
        raise OptionError("where the paper is filed")
    _keep(consignments.consignment(consignment_id), ConsignmentReceipt.Grade.CLAIMED, filed.strip(), by, at)


def _keep(info: consignments.ConsignmentInfo, grade: str, note: str, by: UUID, at: datetime) -> None:
    if info.voided_at is not None:
        raise StateError("this was called void")
    try:
        with transaction.atomic():
            ConsignmentReceipt.objects.create(
                body_id=info.body, consignment_id=info.id, grade=grade, note=note, received_at=at, received_by=by
            )
            Consignment.objects.filter(id=info.id, receipted_at=None).update(receipted_at=at)
    except IntegrityError:
        raise StateError("such a receipt is kept already") from None
