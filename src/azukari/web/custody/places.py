"""Where the files of a hand-over lie in the office directory; names are random ids."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from azukari.errors import StateError, StorageError
from azukari.stores.files import TEMPORARY_SUFFIX
from azukari.web import office
from azukari.web.custody.models import HandOver
from azukari.web.leaves import queries as leaves
from azukari.web.sqlite import sqlite3

_BUSY: Final = 5  # SQLITE_BUSY, in the primary byte of an extended error code
_PRIMARY: Final = 0xFF


def payload(hand_over_id: UUID) -> Path:
    """The sealed bytes while the package is not yet put together."""
    return office.folder() / "spool" / f"{hand_over_id}.payload"


def record(hand_over_id: UUID) -> Path:
    """The copy record."""
    return office.folder() / "index" / f"{hand_over_id}.record"


def package(hand_over_id: UUID) -> Path:
    """The package as it was released; kept, so that the oversight key can open it later."""
    return office.folder() / "packages" / f"{hand_over_id}.azk"


@contextmanager
def sealing_alone(*, wait: float = 600.0) -> Iterator[None]:
    """Only one process seals or recovers at a time; the system frees the lock when a process dies.

    ``wait`` in seconds; StateError when it has passed. The lock is an exclusive transaction on a database
    of its own, which works alike on every platform. StorageError where the disk refuses even that.
    """
    with closing(_locked(wait)):
        yield


def _locked(wait: float) -> Any:
    try:
        lock = sqlite3.connect(office.folder() / "spool" / "lock.sqlite3", timeout=wait, isolation_level=None)
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except BaseException:
            lock.close()
            raise
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & _PRIMARY == _BUSY:
            raise StateError("another process is sealing") from error
        raise StorageError("the lock of the spool") from error
    return lock


def pending() -> bool:
    """Whether a crash left anything to finish or to void."""
    return HandOver.objects.filter(status=HandOver.Status.LOGGED).exists() or bool(leftovers())


def leftovers() -> list[Path]:
    """Payloads and people that no logged hand-over waits for, records of no hand-over at all, and temporary files."""
    known = dict(HandOver.objects.values_list("id", "status"))
    waiting = {str(i) for i, status in known.items() if status == HandOver.Status.LOGGED}
    recorded = {str(i) for i in known}
    spool, index, packages = (office.folder() / name for name in ("spool", "index", "packages"))
    payloads = [path for path in spool.glob("*.payload") if path.stem not in waiting]
    records = [path for path in index.glob("*.record") if path.stem not in recorded]
    temporary = [path for folder in (spool, index, packages) for path in folder.glob(f".*{TEMPORARY_SUFFIX}")]
    return payloads + records + temporary + leaves.leftovers()
