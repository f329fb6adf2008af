"""The names of backups in a folder: they tell the moment, so the order of names is that of time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

PATTERN: Final = "azukari-*.azb"
_FORM: Final = "azukari-%Y%m%dT%H%M%SZ.azb"


def name_at(at: datetime) -> str:
    """The name of a backup that is begun now; ``at`` in any zone."""
    return at.astimezone(UTC).strftime(_FORM)


def made_at(name: str) -> datetime | None:
    """The moment that a name tells, in UTC; None for another file."""
    try:
        return datetime.strptime(name, _FORM).replace(tzinfo=UTC)
    except ValueError:
        return None
