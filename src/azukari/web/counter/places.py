"""Where the files of the counter lie in the outside office's directory; names are random ids."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from azukari.web import office


def package(hand_over_id: UUID) -> Path:
    """A shelved package."""
    return office.folder() / "packages" / f"{hand_over_id}.azk"
