"""The database of a witness: SQLite with a rollback journal, and no commit that is not on the disk.

A write-ahead log would need a newer SQLite than most Pythons carry (docs/adr/0004); the rollback journal with
`synchronous=EXTRA` also syncs the folder, so that a power cut never brings back what was replaced.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from azukari.errors import NotFoundError, StateError, StorageError
from azukari.stores.files import creating

from .limits import LIMITS

APPLICATION: Final = 0x617A7774  # "azwt"
VERSION: Final = 1
_EXTRA: Final = 3

_SCHEMA: Final = """
CREATE TABLE witness (one INTEGER PRIMARY KEY CHECK (one = 1), name TEXT NOT NULL, vkey TEXT NOT NULL);
CREATE TABLE logs (origin TEXT NOT NULL, vkey TEXT NOT NULL, PRIMARY KEY (origin, vkey)) WITHOUT ROWID;
CREATE TABLE seen (
    origin TEXT PRIMARY KEY, hashed TEXT NOT NULL UNIQUE, time INTEGER NOT NULL,
    size INTEGER NOT NULL CHECK (size >= 0), root BLOB NOT NULL CHECK (length(root) = 32),
    note BLOB NOT NULL, cosigned BLOB NOT NULL
);
CREATE TABLE refused (
    id INTEGER PRIMARY KEY, origin TEXT NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('fork', 'unproven')),
    time INTEGER NOT NULL, seen_size INTEGER NOT NULL, seen_root BLOB NOT NULL, seen_note BLOB NOT NULL,
    size INTEGER NOT NULL, root BLOB NOT NULL, note BLOB NOT NULL,
    UNIQUE (origin, kind, seen_size, size, root)
);
CREATE TRIGGER seen_goes_forward BEFORE UPDATE ON seen
WHEN NEW.origin <> OLD.origin OR NEW.hashed <> OLD.hashed OR NEW.size < OLD.size OR NEW.time < OLD.time
    OR (NEW.size = OLD.size AND NEW.root <> OLD.root)
BEGIN SELECT RAISE(ABORT, 'a witness never goes back'); END;
CREATE TRIGGER seen_stays BEFORE DELETE ON seen
BEGIN SELECT RAISE(ABORT, 'a witness never forgets'); END;
"""  # the two triggers are the second lock on the one promise: the first is the judgement


def create_database(path: Path, name: str, vkey: str) -> None:
    """A new database for the witness of this name and verifier key, whole or not at all.

    Raises StateError if the file exists, StorageError if it cannot be written.
    """
    memory = sqlite3.connect(":memory:", isolation_level=None)
    try:
        memory.executescript(_SCHEMA)
        memory.execute("INSERT INTO witness VALUES (1, ?, ?)", (name, vkey))
        memory.execute(f"PRAGMA application_id = {APPLICATION}")
        memory.execute(f"PRAGMA user_version = {VERSION}")
        content = memory.serialize()
    finally:
        memory.close()
    with creating(path) as file:
        file.write(content)


class Database:
    """証人の記録簿。 One connection, shared by the threads of a process; other processes may have theirs.

    Every method that touches the disk raises StorageError when the disk refuses, and then nothing has changed
    or the change was never answered for. After a sync that failed nobody knows what the disk holds, so this
    object then refuses everything until it is opened anew.
    """

    def __init__(self, path: Path) -> None:
        """Open an existing database. Raises NotFoundError, StateError for another file, StorageError."""
        if not path.is_file():
            raise NotFoundError(f"there is no {path.name}: this is no folder of a witness")
        self._lock = threading.Lock()
        self._stopped = False
        with _disk_errors():
            self._connection = _connected(path)
        try:
            with _disk_errors():
                _check(self._connection)
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        """Close the connection; an open transaction is rolled back."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Read and write in one step that no other thread or process can come between.

        What was written is on the disk when the block has ended without an exception. A block that wrote
        nothing costs no sync.
        """
        with self._lock, self._watched():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Read what is committed."""
        with self._lock, self._watched():
            yield self._connection

    @contextmanager
    def _watched(self) -> Iterator[None]:
        if self._stopped:
            raise StorageError("an earlier sync failed: check the disk, then start the witness again")
        try:
            with _disk_errors():
                yield
        except StorageError as error:
            self._stopped = bool(error.facts.get("sync"))
            raise


@contextmanager
def _disk_errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.IntegrityError:
        raise StateError("the record of the witness does not go back") from None
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", "") or "SQLITE_ERROR"
        raise StorageError(f"the record of the witness: {_REASONS.get(name, name)}", sync="FSYNC" in name) from None


_REASONS: Final = {
    "SQLITE_FULL": "the disk is full",
    "SQLITE_READONLY": "the folder cannot be written",
    "SQLITE_READONLY_DIRECTORY": "the folder cannot be written",
    "SQLITE_CANTOPEN": "the folder cannot be written or is gone",
    "SQLITE_BUSY": "another process holds it for too long",
    "SQLITE_NOTADB": "the file was damaged",
    "SQLITE_CORRUPT": "the file was damaged",
}


def _connected(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=rw",
        uri=True,
        isolation_level=None,
        timeout=LIMITS.busy_seconds,
        check_same_thread=False,  # one thread at a time, by the lock of Database
    )


def _check(connection: sqlite3.Connection) -> None:
    """Set what durability needs and believe only what is read back."""
    journal = connection.execute("PRAGMA journal_mode = DELETE").fetchone()[0]
    connection.execute(f"PRAGMA synchronous = {_EXTRA}")
    connection.execute("PRAGMA fullfsync = 1")  # macOS: a sync that reaches the platter
    connection.execute("PRAGMA trusted_schema = 0")
    synchronous = connection.execute("PRAGMA synchronous").fetchone()[0]
    if journal != "delete" or synchronous != _EXTRA:
        raise StateError("the database does not promise durable commits here")
    marks = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")]
    if marks != [APPLICATION, VERSION]:
        raise StateError("this is no record of a witness, or one of another version")
