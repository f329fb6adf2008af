"""The inside's crossings: what is new is made ready to go out, and what came from outside is taken."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Final
from uuid import UUID

from azukari.errors import StateError
from azukari.fields.days import day_of
from azukari.stores.crossing import Progress
from azukari.stores.crossing_file import unpack
from azukari.stores.keys import KeyEncryptionKey
from azukari.web.crossing.actions import refusing, taking, writing
from azukari.web.crossing.arriving import chosen
from azukari.web.crossing.inbox import private_folder
from azukari.web.crossing.queries import paired, refusals
from azukari.web.custody.actions import crossing
from azukari.web.custody.queries import ledger
from azukari.web.custody.queries.crossing import outgoing
from azukari.web.enrolment.queries import crossing as enrolled
from azukari.web.sequencer import hold, queries
from azukari.web.sequencer.actions import checkpoint
from azukari.web.sequencer.queries.signing import signers_of

OF_THE_LEDGER: Final = frozenset({"ledger", "checkpoint"})
"""Kinds of item that follow one another by themselves: the versions of what went out say where the next begins."""


def make(*, body_id: UUID, kek: KeyEncryptionKey, by: UUID, at: datetime) -> writing.Made:
    """Make crossings of what is new for the outside; the ledger is integrated first, since a certificate waits for that.

    A long ledger goes in parts, each with crossings of its own. Raises as ``crossing.writing.make``; StateError while a
    restored ledger is held.
    """
    log = queries.log_of(body_id)
    hold.require_free(log.id)
    checkpoint.integrate(log_id=log.id, signers=signers_of(log.id, kek, day_of(at)), by=by, at=at)
    candidates = chain(outgoing(body_id, kek), enrolled.outgoing(body_id, kek, day_of(at)))
    made = writing.make(body_id=body_id, candidates=candidates, kek=kek, by=by, at=at)
    while ledger.waits(body_id):
        more = writing.make(body_id=body_id, candidates=ledger.outgoing(body_id), kek=kek, by=by, at=at)
        if not more.items:  # another export was faster, or the log is damaged
            break
        made = writing.Made(made.crossings + more.crossings, made.items + more.items)
    return made


def take(
    *, body_id: UUID, folder: Path, kek: KeyEncryptionKey, by: UUID, at: datetime, progress: Progress
) -> taking.Came:
    """Take one crossing from outside. Raises as ``crossing.taking.take``; StateError while a restored ledger is held.

    A held ledger takes no entry: each item that needs one would be passed over, and the crossing still count as taken.
    """
    hold.require_free(queries.log_of(body_id).id)

    def apply(item: taking.Incoming) -> None:
        crossing.apply(item=item, body_id=body_id, kek=kek, by=by, at=at)

    return taking.take(body_id=body_id, folder=folder, apply=apply, kek=kek, by=by, at=at, progress=progress)


def take_file(
    *,
    body_id: UUID,
    blocks: Iterable[bytes],
    size: int,
    kek: KeyEncryptionKey,
    by: UUID,
    at: datetime,
    progress: Progress = lambda done, total: None,
) -> list[taking.Came]:
    """Take those crossings of one file of ``size`` bytes that are next; empty where all of several were taken before.

    Raises as ``stores.crossing_file.unpack``, ``arriving.chosen`` and ``take``; a crossing is taken whole or not at all,
    and one that is refused leaves those before it taken. StateError before the two sides are paired.
    """
    side = paired(body_id).side
    hold.require_free(queries.log_of(body_id).id)
    with private_folder() as folder:
        unpack(blocks, size, folder, progress)
        return [
            take(body_id=body_id, folder=found.path, kek=kek, by=by, at=at, progress=progress)
            for found in chosen(folder, bodies=[body_id], side=side)
        ]


def send_again(*, body_id: UUID, refusal_id: UUID, by: UUID, at: datetime) -> None:
    """Let an item go out once more that the outside could not take. NotFoundError; StateError for one of the ledger."""
    refused = [one for one in refusals(body_id, "out") if one.id == refusal_id]
    if any(one.kind in OF_THE_LEDGER for one in refused):
        raise StateError("what the ledger says goes out once")
    refusing.send_again(body_id=body_id, refusal_id=refusal_id, by=by, at=at)
