"""Files that have no name on any disk: memory that is read under /proc, as for a table that must not lie in the clear."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path


def address(path: Path) -> Path:
    """A path that a program finds from anywhere: links followed, unless they lead to a file without a name."""
    resolved = path.resolve()
    return resolved if resolved.exists() else path


def source(path: Path) -> Path | BytesIO:
    """What the table engine is given: the address of a file, or the bytes of one without a name, whose links it follows."""
    found = address(path)
    return found if found.is_absolute() and not found.is_symlink() else BytesIO(path.read_bytes())
