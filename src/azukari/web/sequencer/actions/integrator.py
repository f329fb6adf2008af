"""The integrator: one process at a time turns entries into signed checkpoints, as a thread or as a service."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID, uuid4

from django.db import IntegrityError, connection, transaction
from django.db.models import Q

from azukari.errors import AzukariError, StateError
from azukari.ledger.note import Signer
from azukari.stores.clock import Clock
from azukari.web.sequencer import queries
from azukari.web.sequencer.actions import checkpoint
from azukari.web.sequencer.check import check_log
from azukari.web.sequencer.models import Lease
from azukari.web.sequencer.queries.signing import verifiers

LEASE: Final = timedelta(seconds=30)
INTERVAL: Final = 1.0
"""Seconds between two checkpoints of a log that grows."""
REFRESH: Final = timedelta(seconds=600)
"""A log at rest is handed to ``after`` again after so long: witnesses sign it anew, so that it stays fresh."""


class Stop(Protocol):
    """止める合図。 As ``threading.Event``: set from outside, waited for between two rounds."""

    def is_set(self) -> bool:
        """Whether to stop."""

    def wait(self, timeout: float) -> bool:
        """Wait at most so many seconds for it; whether to stop."""


def acquire(*, log_id: UUID, holder: UUID, by: UUID, at: datetime) -> bool:
    """Take or prolong the lease of a log; False while another process holds it.

    A lease that ends much later than one could have been given now was written under another clock, and is void.
    """
    until = at + LEASE
    free = Q(holder=holder) | Q(until__lt=at) | Q(until__gt=until + LEASE)
    if Lease.objects.filter(free, log_id=log_id).update(holder=holder, until=until):
        return True
    try:
        with transaction.atomic():
            Lease.objects.create(log_id=log_id, body=queries.log(log_id).body, holder=holder, until=until)
    except IntegrityError:
        return False
    return True


def give_up(*, log_id: UUID, holder: UUID, by: UUID, at: datetime) -> None:
    """End the lease, so that another process need not wait for its end."""
    Lease.objects.filter(log_id=log_id, holder=holder).delete()


def run(
    *,
    log_id: UUID,
    signers: Callable[[datetime], Sequence[Signer]],
    clock: Clock,
    stop: Stop,
    after: Callable[[queries.Signed], None] = lambda signed: None,
    interval: float = INTERVAL,
    by: UUID,
    at: datetime,
) -> None:
    """Integrate until told to stop: 1. Take the lease, or wait. 2. Recompute the whole log, before anything is
    signed. 3. Each ``interval`` seconds sign what is new, and hand it to ``after`` (export, witnesses), again also
    when nothing was new for ``REFRESH``. 4. Give the lease up at the end.

    An error of the ledger or the disk ends it, and with it all signing: after a failed sync nothing that is read back
    can be trusted. ``after`` may fail with any AzukariError; the log grows all the same, and it is called again.
    """
    holder = uuid4()
    try:
        if _wait_for_lease(log_id, holder, clock, stop, interval, by):  # 1
            if queries.latest(log_id) is not None:
                check_log(log_id, [verifier.vkey for verifier in verifiers(log_id)])  # 2
            _rounds(log_id, holder, signers, clock, stop, after, interval, by)  # 3
    finally:
        give_up(log_id=log_id, holder=holder, by=by, at=at)  # 4
        connection.close()


def _wait_for_lease(log_id: UUID, holder: UUID, clock: Clock, stop: Stop, interval: float, by: UUID) -> bool:
    while not stop.is_set():
        if acquire(log_id=log_id, holder=holder, by=by, at=clock.now()):
            return True
        stop.wait(interval)
    return False


def _rounds(
    log_id: UUID,
    holder: UUID,
    signers: Callable[[datetime], Sequence[Signer]],
    clock: Clock,
    stop: Stop,
    after: Callable[[queries.Signed], None],
    interval: float,
    by: UUID,
) -> None:
    handed, handed_at = -1, clock.now()
    while not stop.is_set():
        now = clock.now()
        if not acquire(log_id=log_id, holder=holder, by=by, at=now):
            raise StateError("another process integrates this log now")
        signed = checkpoint.integrate(log_id=log_id, signers=signers(now), by=by, at=now)
        if signed.size != handed or abs(now - handed_at) >= REFRESH:
            try:
                after(signed)
                handed, handed_at = signed.size, now
            except AzukariError:
                handed = -1  # once more in the next round
        stop.wait(interval)
