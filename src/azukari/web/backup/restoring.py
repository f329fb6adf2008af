"""Verify a backup, and restore an office from it: whole, or not at all (docs/spec/backup.md, whose steps these are)."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final
from uuid import UUID

from azukari.errors import (
    FormatError,
    KeyFileError,
    OptionError,
    PayloadError,
    SignatureError,
    StateError,
    StorageError,
)
from azukari.ledger.entry import parse_canonical
from azukari.stores.files import TEMPORARY_SUFFIX, creating
from azukari.stores.keys import KeyEncryptionKey
from azukari.web import environment, office
from azukari.web.backup.container import HEADER, Sink, Texts, code, decrypt
from azukari.web.backup.database import PIECES, Loading, forget
from azukari.web.sequencer.hold import hold

TYPE: Final = "azukari/backup/v1"
_KINDS: Final = ("sqlite", "postgresql")
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Backup:
    """検証済みの控え。 What a backup says of itself, and the digest (hex) and size in bytes of each member."""

    made: str
    version: str
    kind: str
    versions: Mapping[str, int]
    migrations: frozenset[str]
    logs: Sequence[tuple[UUID, str, int]]
    digests: Mapping[str, str]
    size: int
    mac: str


def verify(
    source: IO[bytes], secret: str, kek: KeyEncryptionKey, progress: Progress = lambda done, total: None
) -> Backup:
    """Steps 1 to 5, by reading the whole file once; nothing is written.

    1. It opens with this age identity. 2. It is an archive of plain members: header first, digests and code last. 3. The
    code over the digests is of this office's key. 4. Every member has its digest, none is missing, none is there besides.
    5. The header is of a version that is known here, and so is every change of the register that it names.

    FormatError, WrongKeyError, PayloadError, KeyFileError, SignatureError, LimitError, OptionError (step 5).
    """
    texts = Texts()
    decrypt(_Watched(source, progress), secret, texts)  # 1, 2
    header = _header(texts.header)
    if header["key_id"] != kek.key_id:
        raise KeyFileError("the backup was made with another office's key")
    require_whole(texts, kek)  # 3, 4
    found = _backup(header, texts)
    if unknown := {each for each in found.migrations if _is_ours(each)} - _known():  # 5
        raise OptionError(f"the backup was made by a newer azukari ({found.version}): {len(unknown)} unknown change(s)")
    return found


def restore(
    source: IO[bytes],
    folder: Path,
    *,
    secret: str,
    kek: KeyEncryptionKey,
    database: str | None,
    programs: Path | None,
    progress: Progress = lambda done, total: None,
) -> Backup:
    """Verify, then make the office in ``folder``, which must not be there or be empty; every log of it is held.

    6. The files are written beside ``folder`` and synced. 7. The register is loaded, in one transaction. 8. The folder gets its
    name. Killed at any point, the same restore may be repeated. Raises as ``verify``, StateError, StorageError, OptionError
    where ``database`` (the address of an empty PostgreSQL database) does not fit the backup.
    """
    _require_free(folder)
    folder = folder.resolve()
    backup = verify(source, secret, kek, progress)
    _require_kind(backup, database)
    name = hashlib.sha256(f"{backup.mac}\n{folder}".encode()).hexdigest()
    loading = None if database is None else Loading(database, backup.versions, programs, name)
    _sweep(folder)
    staging = folder.with_name(f".{folder.name}.{secrets.token_hex(6)}{TEMPORARY_SUFFIX}")
    try:
        _write_files(source, secret, backup, staging, database)  # 6
        if loading is not None:
            _load(source, secret, backup, loading)  # 7
        _publish(staging, folder)  # 8
    except OSError as error:
        raise StorageError((error.strerror or "I/O").lower()) from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    if database is not None:
        forget(database)
    return backup


def require_whole(texts: Texts, kek: KeyEncryptionKey) -> None:
    """Steps 3 and 4: SignatureError, PayloadError."""
    if not hmac.compare_digest(texts.mac.strip(), code(texts.manifest, kek)):
        raise SignatureError("backup")
    if texts.manifest != "".join(f"{each}  {name}\n" for name, each in texts.digests.items()).encode("ascii"):
        raise PayloadError("the members of the backup are not those of its list")


def missing(backup: Backup) -> int:
    """How many changes of the register this version knows that the backup has not seen: `azukari migrate` makes them."""
    return len(_known() - backup.migrations)


def _header(data: bytes) -> dict[str, Any]:
    header = parse_canonical(data, TYPE)
    kinds = {
        "made": str,
        "version": str,
        "key_id": str,
        "database": str,
        "versions": dict,
        "migrations": list,
        "logs": list,
    }
    if set(header) != {"type", *kinds} or not all(isinstance(header[name], kind) for name, kind in kinds.items()):
        raise FormatError("backup header")
    if header["database"] not in _KINDS:
        raise FormatError("backup header")
    return header


def _backup(header: Mapping[str, Any], texts: Texts) -> Backup:
    try:
        return Backup(
            made=header["made"],
            version=header["version"],
            kind=header["database"],
            versions={str(name): int(value) for name, value in header["versions"].items()},
            migrations=frozenset(map(str, header["migrations"])),
            logs=[(UUID(log["id"]), str(log["origin"]), int(log["size"])) for log in header["logs"]],
            digests=texts.digests,
            size=sum(texts.sizes.values()),
            mac=texts.mac.decode("ascii").strip(),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise FormatError("backup header") from None


def _known() -> frozenset[str]:
    """Every change of the register that this azukari has, as ``app.name``."""
    found = Path(office.__file__).parent.glob("*/migrations/[0-9]*.py")
    return frozenset(f"{path.parent.parent.name}.{path.stem}" for path in found)


def _is_ours(migration: str) -> bool:
    return (Path(office.__file__).parent / migration.partition(".")[0] / "migrations").is_dir()


def _require_free(folder: Path) -> None:
    if not folder.resolve().parent.is_dir():
        raise StateError(f"the folder around {folder.name} is not there")
    if os.path.lexists(folder) and (not folder.is_dir() or any(folder.iterdir())):
        raise StateError(f"{folder.name} is there already and is not overwritten")


def _require_kind(backup: Backup, database: str | None) -> None:
    if backup.kind == "sqlite" and database is not None:
        raise OptionError("--database: the register of this backup is an SQLite file")
    if backup.kind == "postgresql" and database is None:
        raise OptionError("--database: the register of this backup needs an empty PostgreSQL database")


def _sweep(folder: Path) -> None:
    """What a killed restore to this place has left."""
    for left in folder.parent.glob(f".{folder.name}.*{TEMPORARY_SUFFIX}"):
        shutil.rmtree(left, ignore_errors=True)


def _write_files(source: IO[bytes], secret: str, backup: Backup, staging: Path, database: str | None) -> None:
    office.make_folders(staging)
    source.seek(0)
    decrypt(source, secret, _Files(staging, backup))
    office.ensure_session_key(staging)
    if database is not None:
        with creating(staging / environment.ADDRESS) as file:
            file.write(database.strip().encode() + b"\n")
    for log_id, _, _ in backup.logs:
        hold(staging, log_id)
    for place, _, _ in os.walk(staging):
        _sync(Path(place))


def _load(source: IO[bytes], secret: str, backup: Backup, loading: Loading) -> None:
    source.seek(0)
    loading.start()
    try:
        decrypt(source, secret, _Pieces(loading, backup))
    except BaseException:
        loading.give_up()
        raise
    loading.finish()


def _publish(staging: Path, folder: Path) -> None:
    if os.name == "nt" and folder.is_dir():
        folder.rmdir()
    os.rename(staging, folder)  # onto an empty folder, if there is one; never onto anything else
    _sync(folder.parent)


def _sync(folder: Path) -> None:
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some file systems cannot
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


class _Files(Sink):
    """Writes the members that are files of the office, and looks at each digest once more."""

    def __init__(self, folder: Path, backup: Backup) -> None:
        self._folder, self._backup = folder, backup
        self._file: IO[bytes] | None = None

    def begin(self, name: str, size: int) -> None:
        self._name, self._digest = name, hashlib.sha256()
        if name in self._backup.digests and name != HEADER and not name.startswith(PIECES):
            path = self._folder / name
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")

    def write(self, data: bytes) -> None:
        self._digest.update(data)
        if self._file is not None:
            self._file.write(data)

    def end(self) -> None:
        _require_digest(self._backup, self._name, self._digest.hexdigest())
        if self._file is not None:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._file = None


class _Pieces(Sink):
    """Gives the pieces of the dump to the database."""

    def __init__(self, loading: Loading, backup: Backup) -> None:
        self._loading, self._backup = loading, backup

    def begin(self, name: str, size: int) -> None:
        self._name, self._digest = name, hashlib.sha256()

    def write(self, data: bytes) -> None:
        self._digest.update(data)
        if self._name.startswith(PIECES):
            self._loading.write(data)

    def end(self) -> None:
        _require_digest(self._backup, self._name, self._digest.hexdigest())


def _require_digest(backup: Backup, name: str, digest: str) -> None:
    """The file may have been changed between the two readings."""
    if name in backup.digests and backup.digests[name] != digest:
        raise PayloadError("the backup changed while it was read")


class _Watched:
    """A file that tells how far it was read."""

    def __init__(self, source: IO[bytes], progress: Progress) -> None:
        self._source, self._progress = source, progress
        self._total = source.seek(0, os.SEEK_END)
        source.seek(0)

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        if data:  # the end is told once
            self._progress(self._source.tell(), self._total)
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._source.seek(offset, whence)
