"""Auditors of the index: their policy, apart from that of witnesses, and their cosignatures (docs/spec/completeness.md, 6)."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from azukari.errors import NotFoundError, OptionError, SignatureError
from azukari.ledger.checkpoint import Checkpoint
from azukari.ledger.cosignature import cosignature_time
from azukari.ledger.entry import canonical
from azukari.ledger.note import open_note, parse_note
from azukari.ledger.policy import Policy
from azukari.web.leaves.models import Audit, AuditPolicy
from azukari.web.leaves.queries import auditing
from azukari.web.sequencer import queries as sequencer
from azukari.web.sequencer.actions import entry
from azukari.web.sequencer.queries import witnessing

POLICY_ENTRY: Final = "azukari/auditor-policy/v1"


def adopt(*, body_id: UUID, text: bytes, by: UUID, at: datetime) -> int:
    """Put a tlog-policy of auditors in force, and in the ledger; the index of its entry.

    Raises FormatError or LimitError for what is no policy, OptionError if a key of it is a witness's too, NotFoundError.
    """
    policy, log = Policy.parse(text), sequencer.log_of(body_id)
    witnesses = witnessing.policy(log.id)
    if witnesses is not None and _keys(policy) & _keys(witnesses):
        raise OptionError("an auditor's key is never used for anything less: it is a witness's here")
    data = canonical({"origin": log.origin, "policy": text.decode("ascii", "strict"), "type": POLICY_ENTRY})
    with transaction.atomic():
        index = entry.append(log_id=log.id, data=data, by=by, at=at)
        AuditPolicy.objects.create(body_id=body_id, text=text, entry_index=index, adopted_at=at, adopted_by=by)
    return index


def take_answer(*, body_id: UUID, note: bytes, by: UUID, at: datetime) -> int:
    """Keep the auditors' cosignatures on a note that an auditor gave back; the size of its checkpoint.

    NotFoundError without a policy of auditors or a checkpoint of this size, FormatError for what is no note,
    SignatureError if it is another checkpoint than the one signed here, or no auditor of the policy has signed it.
    """
    policy, log = auditing.policy(body_id), sequencer.log_of(body_id)
    if policy is None:
        raise NotFoundError("there is no policy of auditors")
    auditors = {(one.verifier.name, one.verifier.key_id): one for one in policy.witnesses.values()}
    opened = open_note(note, [one.verifier for one in auditors.values()])
    signed = sequencer.checkpoint(log.id, Checkpoint.parse(opened.text).size)
    if parse_note(signed.note)[0] != opened.text:
        raise SignatureError("this is another checkpoint than the one that was signed here")
    for signature in opened.verified:
        Audit.objects.update_or_create(
            body_id=body_id,
            size=signed.size,
            auditor=auditors[signature.name, signature.key_id].name,
            defaults={"line": signature.line, "time": cosignature_time(signature), "received_at": at},
        )
    return signed.size


def _keys(policy: Policy) -> set[bytes]:
    return {witness.verifier.public for witness in policy.witnesses.values()}
