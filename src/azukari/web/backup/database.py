"""The register out of its database at one moment, and back into an empty one.

SQLite: the online backup of a read transaction. PostgreSQL: `pg_dump` of an exported snapshot, `pg_restore` in one
transaction; both are called by their path, and must not be older than the server.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from azukari.errors import OptionError, StorageError
from azukari.stores.files import TEMPORARY_SUFFIX, sweep_temporary
from azukari.web import environment, office
from azukari.web.backup.container import BLOCK, Member
from azukari.web.postgresql import wall
from azukari.web.sqlite import sqlite3

CHUNK: Final = 8 << 20  # bytes of one piece of a dump, whose length is not known before its end
PIECES: Final = "database/"
_PAGES: Final = 4_096  # copied at a time
_MARKER: Final = "azukari_restore"


@dataclass(frozen=True)
class Snapshot:
    """登録簿の控え。 The register at one moment: which database (``sqlite``, ``postgresql``), versions, and its members."""

    kind: str
    versions: Mapping[str, int]
    size: int
    """Bytes, about, of what ``members`` gives."""
    members: Callable[[], Iterator[Member]]


@contextmanager
def snapshot(folder: Path, programs: Path | None) -> Iterator[Snapshot]:
    """The register of the office in ``folder`` as it is now; read it within the block, while others write on.

    ``programs``: where `pg_dump` is, if not on the path. OptionError without one new enough, StorageError.
    """
    address = _address(folder)
    with _sqlite(folder) if address is None else _postgresql(address, programs) as taken:
        yield taken


@contextmanager
def _sqlite(folder: Path) -> Iterator[Snapshot]:
    sweep_temporary(folder, name=environment.SQLITE)  # what a killed backup left
    try:
        with closing(sqlite3.connect(folder / environment.SQLITE, timeout=30, isolation_level=None)) as source:
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()  # reading begins the snapshot
            pages = source.execute("PRAGMA page_count").fetchone()[0]
            size = pages * source.execute("PRAGMA page_size").fetchone()[0]
            yield Snapshot("sqlite", {}, size, lambda: _copied(source, folder))
    except sqlite3.Error:
        raise StorageError("the register") from None


def _copied(source: Any, folder: Path) -> Iterator[Member]:
    """A copy beside the register itself, on the same disk and as closed to others; gone as soon as it is open."""
    copy = folder / f".{environment.SQLITE}.{secrets.token_hex(6)}{TEMPORARY_SUFFIX}"
    os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with closing(sqlite3.connect(copy, isolation_level=None)) as target:
            target.execute("PRAGMA journal_mode = OFF")
            target.execute("PRAGMA synchronous = OFF")
            source.backup(target, pages=_PAGES)
        with copy.open("rb") as file:
            with suppress(OSError):  # Windows keeps an open file; then it is removed below
                copy.unlink()
            yield Member(environment.SQLITE, os.fstat(file.fileno()).st_size, blocks(file))
    finally:
        copy.unlink(missing_ok=True)


def blocks(file: IO[bytes]) -> Iterator[bytes]:
    """The rest of a file, a block at a time."""
    while block := file.read(BLOCK):
        yield block


@contextmanager
def _postgresql(address: str, programs: Path | None) -> Iterator[Snapshot]:
    import psycopg

    try:
        with psycopg.connect(address, connect_timeout=10) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            row = connection.execute("SELECT pg_export_snapshot(), pg_database_size(current_database())").fetchone()
            assert row is not None
            server = connection.info.server_version // 10_000
            dump, version = _program("pg_dump", server, programs)
            command = [
                str(dump),
                "--dbname",
                _of_all_bodies(address),
                "--format=custom",
                "--no-owner",
                f"--snapshot={row[0]}",
            ]
            command += ["--enable-row-security"]  # else it refuses, where policies bind the role
            yield Snapshot("postgresql", {"server": server, "dump": version}, row[1], lambda: _dumped(command))
    except psycopg.Error:
        raise StorageError("the register") from None


def _of_all_bodies(address: str) -> str:
    """The address for a program that must see the rows of every body (``postgresql.wall``)."""
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    options = conninfo_to_dict(address).get("options") or ""
    return make_conninfo(address, options=f"{options} -c {wall.DOOR}={wall.ALL.door}".strip())


def _dumped(command: list[str]) -> Iterator[Member]:
    """The dump in pieces. What the program says may hold values of the register, and is not repeated."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        try:
            number = 0
            while piece := process.stdout.read(CHUNK):
                yield Member(f"{PIECES}{number:06}", len(piece), [piece])
                number += 1
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise StorageError(f"pg_dump ended with {process.returncode}")


class Loading:
    """登録簿の復元。 `pg_restore` into an empty database, which takes the pieces of a dump; all in one transaction."""

    def __init__(self, address: str, versions: Mapping[str, int], programs: Path | None, name: str) -> None:
        """``name`` tells this restore from any other: repeated after a crash, it may clear what it has left itself.

        OptionError, StateError (there is something in the database), StorageError.
        """
        environment.postgresql(address)
        self._address, self._name = address, name
        again = _marker(address) == name
        if not again:
            office.require_empty(address)
        server = _server(address)
        if server < versions.get("server", 0):
            raise OptionError(f"the backup is of PostgreSQL {versions['server']}, this server is {server}")
        program, _ = _program("pg_restore", max(server, versions.get("dump", 0)), programs)
        self._command = [str(program), "--dbname", address, "--no-owner", "--single-transaction", "--exit-on-error"]
        self._command += ["--clean", "--if-exists"] if again else []

    def start(self) -> None:
        """Begin; nothing is seen by anybody before ``finish``."""
        _mark(self._address, self._name)
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def write(self, data: bytes) -> None:
        """A piece of the dump; what an ended program no longer takes, ``finish`` tells."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.write(data)

    def finish(self) -> None:
        """Commit. StorageError if the database refuses; it is then as empty as before."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        if code := self._process.wait():
            forget(self._address)
            raise StorageError(f"pg_restore ended with {code}")

    def give_up(self) -> None:
        """End the program before it commits."""
        self._process.kill()
        self._process.wait()
        forget(self._address)


def forget(address: str) -> None:
    """The restore into this database is over. Raises StorageError."""
    with _connected(address) as connection:
        connection.execute(f"DROP TABLE IF EXISTS {_MARKER}")


def _mark(address: str, name: str) -> None:
    with _connected(address) as connection:
        connection.execute(f"CREATE TABLE IF NOT EXISTS {_MARKER} (name text PRIMARY KEY)")
        connection.execute(f"INSERT INTO {_MARKER} VALUES (%s) ON CONFLICT DO NOTHING", [name])


def _marker(address: str) -> str:
    """The name of the restore that has begun in this database and was not finished; "" if there is none."""
    with _connected(address) as connection:
        if connection.execute("SELECT to_regclass(%s)", [_MARKER]).fetchone() == (None,):
            return ""
        row = connection.execute(f"SELECT name FROM {_MARKER}").fetchone()
    return str(row[0]) if row else ""


def _server(address: str) -> int:
    with _connected(address) as connection:
        return int(connection.info.server_version) // 10_000


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    """A connection whose work is committed at the end of the block. StorageError for whatever the server refuses."""
    import psycopg

    try:
        with psycopg.connect(address, connect_timeout=10) as connection:
            yield connection
    except psycopg.Error:
        raise StorageError("the database cannot be reached, or refuses") from None


def _program(name: str, least: int, programs: Path | None) -> tuple[Path, int]:
    """The first of this name that is not older than ``least``, and its version: in ``programs``, on the path, Debian's."""
    found = [programs / name] if programs else []
    if not programs:
        on_path = shutil.which(name)
        found = [Path(on_path)] if on_path else []
        found += sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    for path in found:
        if (version := _version(path)) >= least:
            return path, version
    raise OptionError(f"--pg-bin: no {name} of version {least} or newer is here")


def _version(path: Path) -> int:
    try:
        told = subprocess.run([path, "--version"], check=True, capture_output=True, text=True, timeout=30).stdout
    except (OSError, subprocess.SubprocessError):
        return 0
    number = re.search(r"\(PostgreSQL\) (\d+)", told)
    return int(number[1]) if number else 0


def _address(folder: Path) -> str | None:
    try:
        return (folder / environment.ADDRESS).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    except OSError:
        raise StorageError("the address of the database cannot be read") from None
