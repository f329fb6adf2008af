"""The certificate of a permission: what a sub-contractor shows and checks offline (docs/spec/permission.md)."""

from __future__ import annotations

import hmac
from uuid import UUID

from django.db.models import Max, QuerySet

from azukari.errors import NotFoundError, NotWitnessedError
from azukari.seal.certificate import LABELS, StatusProof, make_certificate
from azukari.seal.logged import OpenValue
from azukari.web.accounts import queries as accounts
from azukari.web.custody.models import Permission, PermissionStatus
from azukari.web.sequencer import queries as sequencer
from azukari.web.sequencer.queries.proving import proof
from azukari.web.sequencer.queries.witnessing import published


def opened(row: Permission) -> dict[str, OpenValue]:
    """What the commitments of a permission hide, each with its opening: HMAC-SHA256 under the permission's own seed."""
    values = {
        "body": accounts.body(row.body_id).name,
        "asker": row.entrustment.party.name,
        "party": row.party.name,
        "purpose": row.entrustment.purpose,
        "safeguards": row.safeguards,
        "evidence": row.evidence,
    }
    seed = bytes(row.opening_seed)
    return {label: OpenValue(hmac.digest(seed, label.encode(), "sha256"), values[label]) for label in LABELS}


def certificate(permission_id: UUID) -> bytes:
    """The certificate as of the newest thing that the ledger says of the permission, a revocation too.

    NotFoundError for a permission that was never granted, or that no shown checkpoint covers yet; NotWitnessedError
    where too few witnesses have cosigned.
    """
    row = Permission.objects.select_related("entrustment__party", "party").filter(id=permission_id).first()
    if row is None or row.entry is None or row.entry_index is None:
        raise NotFoundError("there is no certificate of this permission")
    log = sequencer.log_of(row.body_id)
    size = published(log.id).size
    if row.entry_index >= size:
        raise NotFoundError("no checkpoint covers this permission yet")
    said = PermissionStatus.objects.filter(permission=row, entry_index__lt=size).order_by("-entry_index").first()

    def proven(index: int) -> bytes:
        found: bytes = proof(log.id, index, size=size, extra=log.vkey.encode())
        return found

    status = StatusProof(bytes(said.entry), said.entry_index, proven(said.entry_index)) if said else None
    return make_certificate(bytes(row.entry), row.entry_index, opened(row), proven(row.entry_index), status)


def certificate_versions(body_id: UUID, found: QuerySet[Permission]) -> dict[UUID, str]:
    """Of these permissions, by id, what changes with the certificate: the newest index that the ledger has of each, as text.

    Proofs under a later checkpoint say the same; so one that nothing was said of since need not be handed out again.
    Left out are those that were never granted, and those that no shown checkpoint covers.
    """
    try:
        size = published(sequencer.log_of(body_id).id).size
    except (NotFoundError, NotWitnessedError):
        return {}
    status = PermissionStatus.objects.filter(body_id=body_id, permission__in=found, entry_index__lt=size)
    said = dict(status.order_by().values_list("permission_id").annotate(Max("entry_index")))
    covered = found.filter(entry_index__lt=size).order_by("entry_index").values_list("id", "entry_index")
    return {permission_id: str(said.get(permission_id, index)) for permission_id, index in covered}
