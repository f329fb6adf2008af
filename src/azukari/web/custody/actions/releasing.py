"""Finish what is logged, void what is not: the second half of sealing, and the restart after a crash."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from uuid import UUID

from azukari.seal.package import write_package
from azukari.stores.files import creating, remove, replacing, sweep_temporary
from azukari.stores.keys import KeyEncryptionKey
from azukari.web import office
from azukari.web.custody import places, queries
from azukari.web.custody.models import HandOver
from azukari.web.sequencer import queries as sequencer
from azukari.web.sequencer.actions import checkpoint
from azukari.web.sequencer.signing import signer_of

_BLOCK = 1 << 20  # bytes copied at a time


def release(*, hand_over_id: UUID, kek: KeyEncryptionKey, by: UUID, at: datetime) -> None:
    """Steps 3 and 4: sign a checkpoint that covers the entry, then put the package together and hand it out.

    May be repeated at any point. Raises StorageError, KeyFileError; the hand-over then stays logged.
    """
    info = queries.hand_over(hand_over_id)
    log = sequencer.log_of(info.body)
    checkpoint.integrate(log_id=log.id, signer=signer_of(log.id, kek), by=by, at=at)
    if not places.package(info.id).exists():
        assert info.entry is not None and info.entry_index is not None  # a constraint of the register
        proof = sequencer.proof(log.id, info.entry_index, extra=log.vkey.encode())
        with replacing(places.package(info.id)) as out, places.payload(info.id).open("rb") as payload:
            write_package(out, info.entry, payload, proof)
    _copy_out(places.package(info.id), Path(info.output_path) if info.output_path else None)
    HandOver.objects.filter(id=info.id).update(status=HandOver.Status.RELEASED)
    remove(places.payload(info.id))


def recover(*, kek: KeyEncryptionKey, by: UUID, at: datetime) -> tuple[int, int]:
    """After a crash: (finished, voided). Does nothing while another process is sealing."""
    with places.sealing_alone(wait=0.1):
        finished = 0
        for row in HandOver.objects.filter(status=HandOver.Status.LOGGED).order_by("entry_index"):
            release(hand_over_id=row.id, kek=kek, by=by, at=at)
            finished += 1
        return finished, _void_unlogged()


def pending() -> bool:
    """Whether a crash left anything to finish or to void."""
    return HandOver.objects.filter(status=HandOver.Status.LOGGED).exists() or bool(_unlogged())


def _unlogged() -> list[Path]:
    """Files of hand-overs that never reached the register."""
    known = {str(i) for i in HandOver.objects.values_list("id", flat=True)}
    folders = (office.folder() / "spool", office.folder() / "index")
    kept = {".payload", ".record"}
    return [
        path for folder in folders for path in folder.iterdir() if path.suffix in kept and path.stem not in known
    ] + [path for folder in folders for path in folder.glob(".*") if path.is_file()]


def _void_unlogged() -> int:
    leftovers = _unlogged()
    voided = {path.stem for path in leftovers if not path.name.startswith(".")}
    for path in leftovers:
        remove(path)
    # Payloads of released hand-overs whose removal was cut short.
    for row in HandOver.objects.filter(status=HandOver.Status.RELEASED):
        remove(places.payload(row.id))
    for name in ("spool", "index", "packages"):
        sweep_temporary(office.folder() / name)
    return len(voided)


def _copy_out(package: Path, output: Path | None) -> None:
    """Copy the kept package to where the officer wanted it, unless it is there."""
    if output is None or (output.exists() and output.stat().st_size == package.stat().st_size):
        return
    with creating(output) as out, package.open("rb") as source:
        while block := source.read(_BLOCK):
            out.write(block)
