"""The integrator: one process at a time turns entries into signed checkpoints, as a thread or as a service."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID, uuid4

from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.db.models import Q

from azukari.errors import AzukariError
from azukari.ledger.note import Signer
from azukari.stores.clock import Clock
from azukari.web import office
from azukari.web.sequencer import queries
from azukari.web.sequencer.actions import checkpoint
from azukari.web.sequencer.check import check_log
from azukari.web.sequencer.models import Lease
from azukari.web.sequencer.queries.signing import verifiers

LEASE: Final = timedelta(seconds=30)
INTERVAL: Final = 1.0
"""Seconds between two checkpoints of a log that grows."""
AWAY: Final = 1.0
"""Seconds before a database that was away is asked again."""
REFRESH: Final = timedelta(seconds=600)
"""A log at rest is handed to ``after`` again after so long: witnesses sign it anew, so that it stays fresh."""


class Stop(Protocol):
    """止める合図。 As ``threading.Event``: set from outside, waited for between two rounds."""

    def is_set(self) -> bool:
        """Whether to stop."""

    def wait(self, timeout: float) -> bool:
        """Wait at most so many seconds for it; whether to stop."""


def acquire(*, log_id: UUID, holder: UUID, by: UUID, at: datetime, lease: timedelta = LEASE) -> bool:
    """Take or prolong the lease of a log; False while another process holds it.

    A lease that ends much later than one could have been given now was written under another clock, and is void.
    """
    until = at + lease
    free = Q(holder=holder) | Q(until__lt=at) | Q(until__gt=until + lease)
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
    lease: timedelta = LEASE,
    by: UUID,
    at: datetime,
) -> None:
    """Integrate until told to stop: 1. Wait for the lease. 2. Recompute the whole log, before anything is signed.
    3. Each ``interval`` seconds sign what is new, and hand it to ``after`` (export, witnesses), again also when
    nothing was new for ``REFRESH``. 4. Whoever lost the lease, because ``after`` took longer than it lasts, signs
    nothing more and waits again; it is asked for before each checkpoint of a long backlog too. 5. Give the lease up at
    the end.

    An error of the ledger or the disk ends it, and with it all signing: after a failed sync nothing that is read back
    can be trusted. A database that is away (``office.is_away``) is waited for, and all begins at 1 again. ``after`` may
    fail with any AzukariError; the log grows all the same, and it is called again.
    """
    holder = uuid4()  # the same after an outage, whose lease could not be given up
    while not stop.is_set():
        try:
            _run(log_id, holder, signers, clock, stop, after, interval, lease, by=by, at=at)
        except (OperationalError, InterfaceError) as error:
            if not office.is_away(error):
                raise
            connection.close()
            stop.wait(AWAY)


def _run(
    log_id: UUID,
    holder: UUID,
    signers: Callable[[datetime], Sequence[Signer]],
    clock: Clock,
    stop: Stop,
    after: Callable[[queries.Signed], None],
    interval: float,
    lease: timedelta,
    *,
    by: UUID,
    at: datetime,
) -> None:
    """Steps 1 to 5, until told to stop."""
    handed = _Handed(after)

    def ours() -> bool:
        return acquire(log_id=log_id, holder=holder, by=by, at=clock.now(), lease=lease)

    def signed(now: datetime) -> queries.Signed:
        return checkpoint.integrate(
            log_id=log_id, signers=signers(now), by=by, at=now, going_on=lambda: not stop.is_set() and ours()
        )

    try:
        while not stop.is_set():
            if not ours():  # 1
                stop.wait(interval)
                continue
            if queries.latest(log_id) is not None:
                check_log(log_id, [verifier.vkey for verifier in verifiers(log_id)])  # 2
            while not stop.is_set() and ours():  # 4
                now = clock.now()
                handed.hand(signed(now), now)  # 3
                stop.wait(interval)
    finally:
        give_up(log_id=log_id, holder=holder, by=by, at=at)  # 5
        connection.close()


class _Handed:
    """渡し済みの状態。 Which checkpoint was handed on, and when."""

    def __init__(self, after: Callable[[queries.Signed], None]) -> None:
        self._after = after
        self._size, self._at = -1, datetime.min

    def hand(self, signed: queries.Signed, now: datetime) -> None:
        """Hand it on if it is new, or grew old; what fails is tried again in the next round."""
        if signed.size == self._size and abs(now - self._at) < REFRESH:
            return
        try:
            self._after(signed)
            self._size, self._at = signed.size, now
        except AzukariError:
            self._size = -1
