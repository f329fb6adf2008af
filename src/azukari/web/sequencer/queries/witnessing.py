"""What witnesses have said: the policy in force, their cosignatures, and the checkpoints that may be shown."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from azukari.errors import NotWitnessedError
from azukari.ledger.policy import Policy
from azukari.ledger.witnessing import add_signatures
from azukari.web.sequencer.models import Cosignature, SignedCheckpoint, WitnessPolicy
from azukari.web.sequencer.queries import Signed, checkpoint

_LOOK_BACK = 1_000  # checkpoints searched for one that enough witnesses cosigned


def policy(log_id: UUID) -> Policy | None:
    """The policy adopted last (C2SP tlog-policy); None if the body asks no witness."""
    row = WitnessPolicy.objects.filter(log_id=log_id).order_by("-id").first()
    return None if row is None else Policy.parse(bytes(row.text))


def cosignatures(log_id: UUID, size: int) -> dict[str, str]:
    """Newest cosignature line of the checkpoint of ``size``, by the witness's name in the policy."""
    rows = Cosignature.objects.filter(log_id=log_id, size=size).order_by("time")
    return {row.witness: row.line for row in rows}


def last_cosigned(log_id: UUID, witness: str) -> tuple[int, int]:
    """Size of the largest checkpoint that this witness cosigned, and when it did so last (POSIX seconds); (0, 0)."""
    row = Cosignature.objects.filter(log_id=log_id, witness=witness).order_by("-size", "-time").first()
    return (0, 0) if row is None else (row.size, row.time)


def cosigned(log_id: UUID, size: int | None = None) -> Signed:
    """The checkpoint of this size, or the newest, with the cosignatures that came in; NotFoundError."""
    signed = checkpoint(log_id, size)
    lines = tuple(cosignatures(log_id, signed.size).values())
    note = add_signatures(signed.note, lines) if lines else signed.note
    return Signed(signed.log, signed.size, signed.root, note, signed.signed_at)


def is_witnessed(log_id: UUID, size: int) -> bool:
    """Whether the policy in force is met for the checkpoint of ``size``; always so without one."""
    current = policy(log_id)
    return current is None or current.satisfied(cosignatures(log_id, size))


def published(log_id: UUID, covering: int = 0) -> Signed:
    """The newest checkpoint that the policy in force is met for, with its cosignatures.

    This is what is shown, exported and put into proofs: without enough witnesses nothing leaves. It covers at
    least ``covering`` entries. NotFoundError before the first checkpoint, NotWitnessedError if none is enough.
    """
    checkpoint(log_id)
    for size in _newest_sizes(log_id, covering):
        if is_witnessed(log_id, size):
            return cosigned(log_id, size)
    raise NotWitnessedError


def _newest_sizes(log_id: UUID, covering: int) -> Iterator[int]:
    found = SignedCheckpoint.objects.filter(log_id=log_id, size__gte=covering).order_by("-size")
    return iter(found.values_list("size", flat=True)[:_LOOK_BACK])
