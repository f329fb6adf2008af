"""Adopting a witness policy: from then on nothing is shown that too few witnesses have seen."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from azukari.errors import OptionError
from azukari.ledger.entry import canonical
from azukari.ledger.policy import Policy
from azukari.web.sequencer import queries
from azukari.web.sequencer.actions import entry
from azukari.web.sequencer.models import WitnessPolicy

POLICY_ENTRY = "azukari/witness-policy/v1"


def adopt(*, log_id: UUID, text: bytes, by: UUID, at: datetime) -> int:
    """Put a C2SP tlog-policy in force, and in the ledger; returns the index of its entry.

    ``quorum none`` ends the asking. Raises FormatError or LimitError for what is no policy, OptionError if it
    names logs and not this one, NotFoundError without the log.
    """
    policy = Policy.parse(text)
    log = queries.log(log_id)
    if policy.logs and log.vkey not in {known.vkey for known in policy.logs}:
        raise OptionError("the policy names other logs than this one")
    data = canonical({"origin": log.origin, "policy": _text(text), "type": POLICY_ENTRY})
    with transaction.atomic():
        index = entry.append(log_id=log_id, data=data, by=by, at=at)
        WitnessPolicy.objects.create(
            log_id=log_id, body=log.body, text=text, entry_index=index, adopted_at=at, adopted_by=by
        )
    return index


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise OptionError("the policy is not UTF-8, so the ledger cannot quote it") from None
