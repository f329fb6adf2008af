"""The outside's crossings: what firms handed in is made ready to go inside, and what came from there is taken."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from azukari.errors import AzukariError
from azukari.stores.crossing import Progress
from azukari.stores.keys import KeyEncryptionKey
from azukari.web.counter.actions import crossing
from azukari.web.counter.queries.crossing import outgoing
from azukari.web.crossing.actions import taking, writing
from azukari.web.crossing.outgoing import Outgoing


def make(*, body_id: UUID, kek: KeyEncryptionKey, by: UUID, at: datetime) -> writing.Made:
    """Make crossings of what waits for the inside. Raises as ``crossing.writing.make``."""

    def left(items: Sequence[Outgoing]) -> None:
        crossing.mark_exported(items=items, by=by, at=at)

    return writing.make(body_id=body_id, candidates=outgoing(body_id), kek=kek, left=left, by=by, at=at)


def take(
    *, body_id: UUID, folder: Path, kek: KeyEncryptionKey, by: UUID, at: datetime, progress: Progress
) -> taking.Came:
    """Take one crossing from inside. Raises as ``crossing.taking.take``."""

    def apply(item: taking.Incoming) -> AzukariError | None:
        return crossing.apply(item=item, body_id=body_id, kek=kek, by=by, at=at)

    return taking.take(body_id=body_id, folder=folder, apply=apply, kek=kek, by=by, at=at, progress=progress)
