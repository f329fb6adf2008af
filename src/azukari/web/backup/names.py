"""The names of backups in a folder: they tell the moment, so the order of names is that of time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

PATTERN: Final = "azukari-*.azb"
KEYSTORES: Final = "keystore-*.azb"
"""Those of the keystore, which live for days: no pattern finds both."""
_FORM: Final = "azukari-%Y%m%dT%H%M%SZ.azb"
_KEYSTORE_FORM: Final = "keystore-%Y%m%dT%H%M%SZ.azb"


def name_at(at: datetime) -> str:
    """The name of a backup that is begun now; ``at`` in any zone."""
    return at.astimezone(UTC).strftime(_FORM)


def made_at(name: str) -> datetime | None:
    """The moment that a name tells, in UTC; None for another file."""
    return _parsed(name, _FORM)


def keystore_name_at(at: datetime) -> str:
    """The name of a backup of the keystore that is begun now; ``at`` in any zone."""
    return at.astimezone(UTC).strftime(_KEYSTORE_FORM)


def keystores(folder: Path) -> dict[Path, datetime]:
    """The backups of a keystore in a folder, and when each was made. OSError."""
    found = ((path, _parsed(path.name, _KEYSTORE_FORM)) for path in sorted(folder.glob(KEYSTORES)))
    return {path: made for path, made in found if made is not None}


def over(folder: Path, at: datetime, days: int) -> list[Path]:
    """The backups of a keystore that are older than ``days``. OSError."""
    return [path for path, made in keystores(folder).items() if at - made > timedelta(days=days)]


def _parsed(name: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(name, form).replace(tzinfo=UTC)
    except ValueError:
        return None
