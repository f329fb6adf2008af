"""What a single event lies sealed in: a cell of its person, which holds the event and, of one that is withheld, its opening."""

from __future__ import annotations

import json
from uuid import UUID

from azukari.web.leaves.models import Single
from azukari.web.subjects.cells import Place, open_cell


def place(single_id: UUID) -> Place:
    """Where the cell stands."""
    return Place("leaves_single", single_id, "cell")


def read(row: Single, key: bytes) -> tuple[bytes, bytes | None]:
    """The event, and the opening where it is not derived. Raises WrongKeyError, PayloadError."""
    held = json.loads(open_cell(bytes(row.cell), key, place(row.id)))
    return held["event"].encode(), bytes.fromhex(held["opening"]) if held["opening"] else None
