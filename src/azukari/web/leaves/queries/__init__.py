"""Reading what the office remembers of leaves, as small frozen values."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from azukari.web.leaves import files
from azukari.web.leaves.models import Bulk


def leftovers() -> list[Path]:
    """Spooled files that no open bulk waits for: what a crash left of a hand-over that was not logged, or of one that is done."""
    waiting = {str(i) for i in Bulk.objects.filter(state=Bulk.State.OPEN).values_list("id", flat=True)}
    return [path for path in files.spooled() if path.stem not in waiting]


def covering(hand_over_id: UUID) -> int:
    """How many entries a checkpoint must have to cover the last entry of these leaves; 0 where there is none."""
    index = Bulk.objects.filter(id=hand_over_id).values_list("entry_index", flat=True).first()
    return 0 if index is None else index + 1
