"""Where the files of this room lie in the office directory; names are random ids and sizes."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from azukari.web import office


def people(bulk_id: UUID) -> Path:
    """Who stands in which delivered row, encrypted; there while the bulk is open."""
    return office.folder() / "spool" / f"{bulk_id}.people"


def plan(bulk_id: UUID) -> Path:
    """All leaves of a bulk, sorted, 90 bytes each; there while the bulk is open."""
    return office.folder() / "spool" / f"{bulk_id}.plan"


def spooled() -> list[Path]:
    """All files of the two kinds."""
    spool = office.folder() / "spool"
    return [path for kind in ("people", "plan") for path in spool.glob(f"*.{kind}")]


def epochs(log_id: UUID) -> Path:
    """The folder with one folder for each index epoch that is kept, named by its size."""
    return office.folder() / "epochs" / log_id.hex


def epoch(log_id: UUID, size: int) -> Path:
    """The folder of the index over the leaves before ``size``: ``records`` and ``nodes``."""
    return epochs(log_id) / str(size)
