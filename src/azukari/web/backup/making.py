"""Make a backup of the open office, while people go on with their work."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Final

from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from azukari import __version__
from azukari.errors import KeyFileError, NotFoundError, OptionError, StorageError
from azukari.ledger.entry import canonical
from azukari.stores.keys import KeyEncryptionKey
from azukari.web import environment, office
from azukari.web.accounts import queries as accounts
from azukari.web.backup.container import Member, archive, encrypt
from azukari.web.backup.database import Snapshot, blocks, snapshot
from azukari.web.custody import places
from azukari.web.sequencer import queries as sequencer
from azukari.web.subjects import keystore

TYPE: Final = "azukari/backup/v1"
# The register comes from its database; the rest is made anew, or must not outlive its work.
LEFT_OUT: Final = {environment.SESSION_KEY, environment.ADDRESS, "uploads", "cache", "epochs"}
# What a register with leaves on their way cannot do without: held open, since whoever finishes them removes it.
_OWED: Final = (".people", ".plan")
# With what SQLite keeps beside them. The keystore has backups of its own, which do not live as long.
_REGISTER: Final = (environment.SQLITE, "lock.sqlite3", keystore.FILE)


@dataclass(frozen=True)
class Made:
    """作った控え。 Number of files in a backup beside the register, and their bytes."""

    files: int
    bytes: int


def recipients(chosen: Sequence[str]) -> list[str]:
    """Whom a backup is sealed to: those chosen, else the oversight key of the office's one body.

    OptionError where nobody was chosen and there is no such key, or several: one body would hold the other's register.
    """
    if chosen:
        return list(chosen)
    found = [body.recipient for body in accounts.bodies() if body.recipient]
    if len(found) != 1:
        raise OptionError("--to: name the key that may open this backup")
    return found


def make(
    out: IO[bytes],
    *,
    kek: KeyEncryptionKey,
    to: Sequence[str],
    programs: Path | None,
    at: datetime,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Made:
    """Write a backup of the open office, sealed to the age keys ``to``, into ``out``; only one process does so at a time.

    1. For a moment nobody seals: the names of all files and a snapshot of the register are taken. 2. The register is read
    from its snapshot. 3. Then the files; a payload that became a package meanwhile is taken as that package, and people
    whose leaves were on their way as they were then.

    Raises OptionError, StateError (somebody sealed for ten minutes), KeyFileError (the key was replaced while this waited),
    StorageError.
    """
    with ExitStack() as stack:
        with places.sealing_alone():  # 1
            _require_own(kek)
            names = list(_files(office.folder()))
            owed = {name: stack.enter_context(_opened(name)) for name in names if Path(name).suffix in _OWED}
            taken = stack.enter_context(snapshot(office.folder(), programs))
        count = _Count(taken.size + sum(_size(name) for name in names), progress)
        members = _members(taken, names, owed, count)
        encrypt(archive(_header(taken, kek, at), members, kek), out, to)
        count.finish()
    return Made(count.files, count.done)


def _require_own(kek: KeyEncryptionKey) -> None:
    """A backup names the key that opens it: under one that was replaced nobody could restore it."""
    if any(body.key_id != kek.key_id for body in accounts.bodies()):
        raise KeyFileError("this key is not the office's any more")


def _header(taken: Snapshot, kek: KeyEncryptionKey, at: datetime) -> bytes:
    """What the file says of itself; ``logs`` name the sizes that were signed before the snapshot."""
    logs = list(_logs())
    return canonical(
        {
            "type": TYPE,
            "made": at.isoformat(timespec="seconds"),
            "version": __version__,
            "key_id": kek.key_id,
            "database": taken.kind,
            "versions": dict(taken.versions),
            "migrations": sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations()),
            "logs": [{"id": str(log.id), "origin": log.origin, "size": _signed(log)} for log in logs],
        }
    )


def _logs() -> Iterator[sequencer.LogInfo]:
    """The logs that grow here; an outside face has none, only mirrors, and these sign nothing."""
    for body in accounts.bodies():
        with suppress(NotFoundError):
            log = sequencer.log_of(body.id)
            if log.signs:
                yield log


def _signed(log: sequencer.LogInfo) -> int:
    signed = sequencer.latest(log.id)
    return signed.size if signed else 0


def _files(folder: Path) -> Iterator[str]:
    """Names, below the office, of what a backup takes beside the register."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        inside = Path(place).relative_to(folder)
        if inside == Path():
            folders[:] = [name for name in folders if name not in LEFT_OUT]
            files = [name for name in files if name not in LEFT_OUT]
        for name in sorted(files):
            if not name.startswith((".", *_REGISTER)) and not (Path(place) / name).is_symlink():
                yield (inside / name).as_posix()


def _size(name: str) -> int:
    try:
        return (office.folder() / name).stat().st_size
    except OSError:
        return 0


def _members(taken: Snapshot, names: Sequence[str], owed: Mapping[str, IO[bytes]], count: _Count) -> Iterator[Member]:
    for member in taken.members():  # 2
        yield Member(member.name, member.size, count.counted(member.blocks))
    done = set(names)
    for name in names:  # 3
        found = (name, owed[name]) if name in owed else _read(name, done)
        if found is not None:
            actual, file = found
            with file:
                count.files += 1
                yield Member(actual, os.fstat(file.fileno()).st_size, count.counted(blocks(file)))


def _opened(name: str) -> IO[bytes]:
    return (office.folder() / name).open("rb")


def _read(name: str, listed: set[str]) -> tuple[str, IO[bytes]] | None:
    """The file; of a payload that was released meanwhile its package, unless that is listed itself; or nothing.

    A file that is gone was removed for good meanwhile, as a copy record over its last day; the ledger will say so again.
    """
    try:
        return name, _opened(name)
    except FileNotFoundError:
        place = Path(name)
        package = f"packages/{place.stem}.azk"
        if place.suffix != ".payload" or package in listed:
            return None
        return package, _opened(package)
    except OSError:
        raise StorageError("a file of the office cannot be read") from None


class _Count:
    """Bytes and files so far."""

    def __init__(self, total: int, progress: Callable[[int, int], None]) -> None:
        self.files = self.done = 0
        self._total, self._progress = total, progress

    def counted(self, parts: Iterable[bytes]) -> Iterator[bytes]:
        for part in parts:
            self.done += len(part)
            self._progress(min(self.done, self._total - 1), self._total)
            yield part

    def finish(self) -> None:
        self._progress(self._total, self._total)
