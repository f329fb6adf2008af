"""Which auditors the body listens to, and what they cosigned."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from azukari.ledger.policy import Policy
from azukari.web.leaves.models import Audit, AuditPolicy

_LOOK_BACK = 100  # audited sizes that are looked at


def policy(body_id: UUID) -> Policy | None:
    """The policy of auditors in force; None where the body asks for none."""
    row = AuditPolicy.objects.filter(body_id=body_id).order_by("-id").first()
    return None if row is None else Policy.parse(bytes(row.text))


def lines(body_id: UUID, size: int) -> dict[str, str]:
    """Cosignature lines of the checkpoint of ``size``, by the auditor's name in the policy."""
    return dict(Audit.objects.filter(body_id=body_id, size=size).values_list("auditor", "line"))


def sizes(body_id: UUID) -> Iterator[int]:
    """Sizes of the checkpoints that enough auditors cosigned, newest first."""
    current = policy(body_id)
    found = Audit.objects.filter(body_id=body_id).order_by("-size").values_list("size", flat=True).distinct()
    return (size for size in found[:_LOOK_BACK] if current is None or current.satisfied(lines(body_id, size)))
