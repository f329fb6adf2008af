"""When a log was last recomputed whole and found to hold: a file beside it, since a check only reads the register."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from uuid import UUID

from azukari.stores.files import replacing
from azukari.web import office


def keep(log_id: UUID, *, size: int, at: datetime) -> None:
    """Note that the first ``size`` entries held at this moment. Raises StorageError."""
    with replacing(_place(log_id)) as file:
        file.write(json.dumps({"size": size, "at": at.isoformat(timespec="seconds")}).encode() + b"\n")


def last(log_id: UUID) -> datetime | None:
    """The moment of the last whole check that held; None if none was noted, or what is there tells none."""
    try:
        found = datetime.fromisoformat(json.loads(_place(log_id).read_bytes())["at"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if found.tzinfo else None


def _place(log_id: UUID) -> Path:
    return office.folder() / "ledger" / f"{log_id}.checked"
