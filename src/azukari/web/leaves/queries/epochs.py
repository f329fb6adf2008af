"""Which index epochs there are, and which may be shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from azukari.web.leaves.models import Epoch
from azukari.web.sequencer import queries as sequencer
from azukari.web.sequencer.queries import witnessing

KEPT: Final = 2
"""Epochs whose files are kept; older ones are rebuilt from the leaves."""


@dataclass(frozen=True)
class EpochInfo:
    """索引の版。 Size, labels, root and entry of an index, and when it was made."""

    size: int
    count: int
    depth: int
    root: bytes
    entry_index: int
    made_at: datetime


def newest(body_id: UUID) -> EpochInfo | None:
    """The last index of a body; None before the first."""
    row = Epoch.objects.filter(body_id=body_id).order_by("-size").first()
    return None if row is None else as_info(row)


def shown(log_id: UUID) -> list[int]:
    """Sizes of the two newest indexes whose entry is under the checkpoint that may be shown, newest first.

    NotFoundError before the first checkpoint, NotWitnessedError while none has enough witnesses.
    """
    covered = witnessing.published(log_id).size
    found = Epoch.objects.filter(body_id=sequencer.log(log_id).body, entry_index__lt=covered)
    return list(found.order_by("-size").values_list("size", flat=True)[:KEPT])


def as_info(row: Epoch) -> EpochInfo:
    """A row as others read it."""
    return EpochInfo(row.size, row.count, row.depth, bytes(row.root), row.entry_index, row.made_at)
