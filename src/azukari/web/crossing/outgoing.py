"""What is to go out, what of it is new, and the folders of what is on its way; the register is not changed here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Final
from uuid import UUID

from azukari.seal.items import RefusalItem
from azukari.stores.crossing import Progress, write_folder
from azukari.web.crossing import queries
from azukari.web.crossing.models import Crossed

REFUSAL: Final = "refusal"
"""An item that tells of another that was not taken: one that cannot be read itself is told to nobody, or the sides would never end."""


@dataclass(frozen=True)
class Outgoing:
    """出す品。 An item that may go out: how to read its bytes, or the place of a finished file in the office's folder.

    ``version`` tells whether it changed since it went out last; only then it is read.
    """

    kind: str
    id: UUID
    version: str
    read: Callable[[], bytes] = field(default=bytes, repr=False)
    path: str = ""


def changed(body_id: UUID, candidates: Iterable[Outgoing]) -> list[Outgoing]:
    """Those that are new, or another version than went out last; what could not be taken here is among them, too."""
    before = queries.exported(body_id)
    found = chain(candidates, _refusals(body_id))
    return [item for item in found if before.get((item.kind, item.id)) != item.version]


def _refusals(body_id: UUID) -> Iterator[Outgoing]:
    """What could not be taken here, whatever it meant: either side hears of its own."""
    for one in queries.refusals(body_id, Crossed.Direction.IN):
        item = RefusalItem(one.id.hex, one.kind, one.item.hex, one.number, one.word, one.detail)
        data = item.encode()
        yield Outgoing(REFUSAL, one.id, hashlib.sha256(data).hexdigest(), read=partial(bytes, data))


def write(*, body_id: UUID, folder: Path, progress: Progress = lambda done, total: None) -> tuple[Path, ...]:
    """Write all crossings that have not arrived yet under ``folder``; returns their folders.

    May be repeated, also into another folder: a crossing that was lost is written again, byte for byte. StorageError.
    """
    return tuple(
        write_folder(folder, note, queries.parcels(body_id, number), progress)
        for number, note in queries.on_their_way(body_id)
    )
