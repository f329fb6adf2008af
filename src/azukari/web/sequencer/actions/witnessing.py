"""Asking witnesses to cosign a checkpoint (C2SP tlog-witness): over a connection, or by carried files.

No transaction is open while a witness is asked, and no failure of a witness stops the log from growing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from azukari.errors import AzukariError, ForkError, NotFoundError, StateError
from azukari.ledger.cosignature import cosignature_time
from azukari.ledger.note import Signature
from azukari.ledger.policy import Policy, PolicyWitness
from azukari.ledger.tiles import TileReader
from azukari.ledger.witnessing import Answer, Ask, Request, read_answer, stored_size
from azukari.web.sequencer import queries, rows
from azukari.web.sequencer.models import Cosignature
from azukari.web.sequencer.queries import witnessing

REFRESH_SECONDS: Final = 600
"""A cosignature of the newest checkpoint is asked for again after so long, so that it stays fresh."""


@dataclass(frozen=True)
class Gathered:
    """連署の集まり。 Size asked for, whether the policy is met, and per witness that failed the word of its error."""

    size: int
    enough: bool
    failed: Mapping[str, AzukariError] = field(default_factory=dict)


def gather(*, log_id: UUID, ask: Ask, by: UUID, at: datetime, everybody: bool = False) -> Gathered:
    """Ask every witness of the policy that has an address for the newest checkpoint; nothing without a policy.

    ``everybody``: also those whose cosignature of it is still fresh.

    A witness that cannot be reached, refuses, or answers nonsense stands in ``failed`` and changes nothing; one
    that has seen more than this database holds, or another history, is a ForkError there. NotFoundError before
    the first checkpoint.
    """
    signed = queries.checkpoint(log_id)
    policy = witnessing.policy(log_id)
    failed: dict[str, AzukariError] = {}
    for witness in _due(log_id, policy, signed.size, at, everybody) if policy else ():
        try:
            _ask(log_id, witness, signed, ask, by=by, at=at)
        except AzukariError as error:
            failed[witness.name] = error
    return Gathered(signed.size, witnessing.is_witnessed(log_id, signed.size), failed)


def request(*, log_id: UUID, witness: str, old_size: int | None = None, by: UUID, at: datetime) -> bytes:
    """The add-checkpoint body for one witness, to be carried; ``old_size`` if the witness told another size.

    NotFoundError for a witness that the policy does not name, or before the first checkpoint.
    """
    _named(log_id, witness)
    old = witnessing.last_cosigned(log_id, witness)[0] if old_size is None else old_size
    return _request(log_id, queries.checkpoint(log_id), old)


def take_answer(*, log_id: UUID, witness: str, body: bytes, size: int | None = None, by: UUID, at: datetime) -> int:
    """Keep the cosignature that a carried answer holds for the checkpoint of ``size``, or the newest; the size.

    SignatureError for an answer to another checkpoint or by another key, FormatError for what is no answer.
    """
    signed = queries.checkpoint(log_id, size)
    _keep(log_id, _named(log_id, witness), signed, Answer(200, body), at=at)
    return signed.size


def _due(log_id: UUID, policy: Policy, size: int, at: datetime, everybody: bool) -> list[PolicyWitness]:
    """Witnesses with an address whose cosignature of this size is missing or has grown old."""
    found = []
    for witness in policy.witnesses.values():
        seen, time = witnessing.last_cosigned(log_id, witness.name)
        # A clock that was set back would make an old cosignature look fresh for long: any distance counts.
        stale = abs(at.timestamp() - time) >= REFRESH_SECONDS
        if witness.url and (everybody or seen != size or stale):
            found.append(witness)
    return found


def _ask(log_id: UUID, witness: PolicyWitness, signed: queries.Signed, ask: Ask, *, by: UUID, at: datetime) -> None:
    """Ask from the size that we remember; once more if the witness remembers another."""
    assert witness.url
    old = witnessing.last_cosigned(log_id, witness.name)[0]
    answer = ask(witness.url, _request(log_id, signed, old))
    if answer.status == 409:
        answer = ask(witness.url, _request(log_id, signed, stored_size(answer)))
    _keep(log_id, witness, signed, answer, at=at)


def _request(log_id: UUID, signed: queries.Signed, old: int) -> bytes:
    if old > signed.size:
        raise ForkError(
            f"a witness has cosigned size {old}, and this database holds {signed.size}", kind="rollback", size=old
        )
    path = TileReader(rows.tile_reader(log_id), signed.size).consistency_path(old)
    return Request(old, tuple(path), signed.note).encode()


def _keep(log_id: UUID, witness: PolicyWitness, signed: queries.Signed, answer: Answer, *, at: datetime) -> None:
    if answer.status == 422:
        raise ForkError(f"a witness knows another history than that of size {signed.size}", kind="fork")
    if answer.status != 200:
        raise StateError(f"the witness answered {answer.status}")
    for line in read_answer(answer, signed.note, [witness.verifier]):
        _store(log_id, witness.name, signed.size, line, at)


def _store(log_id: UUID, witness: str, size: int, signature: Signature, at: datetime) -> None:
    Cosignature.objects.update_or_create(
        log_id=log_id,
        size=size,
        witness=witness,
        key_id=signature.key_id.hex(),
        defaults={
            "body": queries.log(log_id).body,
            "line": signature.line,
            "time": cosignature_time(signature),
            "received_at": at,
        },
    )


def _named(log_id: UUID, witness: str) -> PolicyWitness:
    policy = witnessing.policy(log_id)
    if policy is None or witness not in policy.witnesses:
        raise NotFoundError("the policy names no such witness")
    return policy.witnesses[witness]
