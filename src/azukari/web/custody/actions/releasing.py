"""Finish what is logged, void what is not: the second half of sealing, and the restart after a crash."""

from __future__ import annotations

import filecmp
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from azukari.errors import NotWitnessedError, StateError, StorageError
from azukari.fields.days import day_of
from azukari.ledger.witnessing import Ask
from azukari.seal.package import write_package
from azukari.stores.files import creating, remove, replacing, sweep_temporary
from azukari.stores.keys import KeyEncryptionKey
from azukari.web.custody import places, queries, vault
from azukari.web.custody.models import HandOver
from azukari.web.custody.queries import permissions
from azukari.web.leaves import queries as leaves_listed
from azukari.web.leaves.actions import bulk as leaves
from azukari.web.sequencer import queries as sequencer
from azukari.web.sequencer.actions import checkpoint, witnessing
from azukari.web.sequencer.queries.proving import proof
from azukari.web.sequencer.queries.signing import signers_of

_BLOCK = 1 << 20  # bytes copied at a time
VOID = "void"
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Recovered:
    """後始末の結果。 Hand-overs that were finished, voided, and that still wait for witnesses."""

    finished: int
    voided: int
    waiting: int


def release(
    *,
    hand_over_id: UUID,
    kek: KeyEncryptionKey,
    by: UUID,
    at: datetime,
    ask: Ask | None = None,
    must_copy: bool = True,
    telling: Progress = lambda done, total: None,
) -> None:
    """Steps 3 and 4: append everybody's leaf and say where they stand; sign a checkpoint that covers that, have it
    cosigned, put the package together, hand it out. No leaf, no data: without the first there is no second.

    May be repeated at any point. Raises StorageError, KeyFileError, and NotWitnessedError where the body's policy
    asks for more witnesses than have cosigned (``ask`` None: nobody is asked now); the hand-over then stays logged.
    Without ``must_copy`` the package in the office is enough, where its destination is gone or taken. It stays in the
    office, too, where the permission was revoked after the entry was logged; the leaves are called void then. ``telling`` hears
    how many leaves are appended.
    """
    info = queries.hand_over(hand_over_id)
    output = Path(info.output_path) if info.output_path else None
    listed = _list(info, kek, by=by, at=at, telling=telling)
    if listed == VOID or info.entrustment in permissions.taken_back(info.body):
        output = None
    log = sequencer.log_of(info.body)
    checkpoint.integrate(log_id=log.id, signers=signers_of(log.id, kek, day_of(at)), by=by, at=at)
    if not places.package(info.id).exists():
        if ask is not None:
            witnessing.gather(log_id=log.id, ask=ask, by=by, at=at)
        assert info.entry is not None and info.entry_index is not None  # a constraint of the register
        covering = leaves_listed.covering(info.id)
        proven = proof(log.id, info.entry_index, extra=log.vkey.encode(), covering=covering)
        with replacing(places.package(info.id)) as out, places.payload(info.id).open("rb") as payload:
            write_package(out, info.entry, payload, proven)
    _copy_out(places.package(info.id), output, must=must_copy)
    status = HandOver.Status.VOID if listed == VOID else HandOver.Status.RELEASED
    HandOver.objects.filter(id=info.id).update(status=status)
    remove(places.payload(info.id))


def _list(
    info: queries.HandOverInfo, kek: KeyEncryptionKey, *, by: UUID, at: datetime, telling: Progress
) -> str | None:
    """Everybody's leaf, from wherever an earlier attempt stopped; what their last entry says, None where none are owed."""
    key = kek.unwrap(info.wrapped_data_key, vault.record_purpose(info.id))
    given_up = info.entrustment in permissions.taken_back(info.body)
    return leaves.finish(bulk_id=info.id, key=key, kek=kek, given_up=given_up, by=by, at=at, progress=telling)


def recover(*, kek: KeyEncryptionKey, by: UUID, at: datetime, ask: Ask | None = None) -> Recovered:
    """After a crash, or when witnesses were missing: finish or void. Does nothing while another process is sealing."""
    with places.sealing_alone(wait=0.1):
        finished = waiting = 0
        for row in HandOver.objects.filter(status=HandOver.Status.LOGGED).order_by("entry_index"):
            if row.output_path:
                _sweep_beside(Path(row.output_path))
            try:
                release(hand_over_id=row.id, kek=kek, by=by, at=at, ask=ask, must_copy=False)
                finished += 1
            except NotWitnessedError:
                waiting += 1
        leaves.sweep(by=by, at=at)
        return Recovered(finished, _void_unlogged(), waiting)


def _void_unlogged() -> int:
    """Remove what is left over; returns how many hand-overs never reached the register."""
    leftovers = places.leftovers()
    known = {str(i) for i in HandOver.objects.values_list("id", flat=True)}
    for path in leftovers:
        remove(path)
    return len({path.stem for path in leftovers if path.suffix in (".payload", ".record")} - known)


def _copy_out(package: Path, output: Path | None, *, must: bool) -> None:
    """Copy the kept package to where the officer wanted it, unless it is there."""
    try:
        if output is None or (output.is_file() and filecmp.cmp(package, output, shallow=False)):
            return
        with creating(output) as out, package.open("rb") as source:
            while block := source.read(_BLOCK):
                out.write(block)
    except (OSError, StorageError, StateError):
        if must:
            raise


def _sweep_beside(output: Path) -> None:
    """Remove the temporary files of this output, and of no other, from a folder that is not ours."""
    with suppress(StorageError):
        sweep_temporary(output.parent, name=output.name)
