"""A held log signs nothing and takes no entry: that of a restored office, until somebody compared it with what was published.

A backup is older than the ledger that others have seen. To go on from it would give two histories one signature, which
witnesses refuse and any two readers prove. The hold is a file, so that it stands from the moment when the office does.
"""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from azukari.errors import StateError
from azukari.stores.files import creating, remove
from azukari.web import office


def hold(office_dir: Path, log_id: UUID) -> None:
    """Hold the log of an office in this folder, which need not be the open one. Raises StateError, StorageError."""
    with creating(_place(office_dir, log_id)) as file:
        file.write(b"restored from a backup: azukari ledger resume\n")


def is_held(log_id: UUID) -> bool:
    """Whether the log of the open office is held."""
    return _place(office.folder(), log_id).exists()


def require_free(log_id: UUID) -> None:
    """StateError while the log is held."""
    if is_held(log_id):
        raise StateError(
            "the office was restored; `azukari ledger resume` first compares its ledger with what was published"
        )


def let_go(log_id: UUID) -> None:
    """The log goes on. Raises StorageError."""
    remove(_place(office.folder(), log_id))


def _place(office_dir: Path, log_id: UUID) -> Path:
    return office_dir / "ledger" / f"{log_id}.held"
