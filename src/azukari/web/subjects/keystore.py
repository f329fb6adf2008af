"""The keystore: one 32-byte key for each person concerned, in a file of its own beside the register (docs/spec/subject.md, 2).

It is small (8 KiB for 256 people), so that its backups can live for days while those of the register live for years;
destroying a key in it, and in those few backups, destroys what is sealed or derived under it wherever that was copied.
The pages are sealed under a key of the keystore, and that one is wrapped: another key-encryption key moves one secret.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from azukari.errors import FormatError, KeyFileError, StorageError
from azukari.stores.keys import KEY_BYTES, NONCE_BYTES, KeyEncryptionKey, wrapped_under
from azukari.web.sqlite import sqlite3

FILE: Final = "keystore.sqlite"
"""Its name in the office's folder, whichever database the register is in."""
SLOTS: Final = 256  # in one page
FIRST: Final = 1
"""The first slot: 0 is nobody's, so that a column of numbers can say so."""
NOBODY: Final = bytes(KEY_BYTES)
"""What stands in a slot whose key was destroyed."""
PAGE: Final = NONCE_BYTES + SLOTS * KEY_BYTES + 16
"""Bytes of a sealed page."""
RECORD: Final = 8 + PAGE
"""Bytes of a page in a copy, behind its number."""
_AAD: Final = b"azukari/keystore-page/v1\0"
Change = Callable[[int, bytes], bytes]
"""Gives the keys of a page, by its number and what they were."""
_WAIT: Final = 30  # seconds
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS keystore (
    id INTEGER PRIMARY KEY CHECK (id = 1), installation BLOB NOT NULL, wrapped_key BLOB NOT NULL,
    next INTEGER NOT NULL, destroyed INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS page (number INTEGER PRIMARY KEY, sealed BLOB NOT NULL) STRICT
"""


@dataclass(frozen=True)
class Copy:
    """鍵保管簿の写し。 A keystore as it was: ``following`` was the next slot, ``records`` are u64 number ‖ sealed page, ascending."""

    installation: bytes
    wrapped_key: bytes = field(repr=False)
    following: int
    destroyed: int
    count: int
    records: Iterable[bytes] = field(repr=False)

    def opened(self, kek: KeyEncryptionKey) -> Iterator[tuple[int, bytes]]:
        """Each page: its number and its keys. FormatError for another order, KeyFileError for one that does not open."""
        cipher, before = AESGCM(kek.unwrap(self.wrapped_key, _purpose(self.installation))), -1
        for record in self.records:
            number = int.from_bytes(record[:8], "big")
            if not before < number < 2**48 or len(record) != RECORD:
                raise FormatError("pages of a keystore")
            before = number
            yield number, _unsealed(cipher, self.installation, number, record[8:])


class Keystore:
    """鍵保管簿。 An open keystore. What it changes is on the disk when the method returns, whatever the register does then.

    Whoever holds a lock of the register may come here, never the other way round.
    """

    def __init__(self, connection: Any, kek: KeyEncryptionKey) -> None:
        self._db = connection
        row = connection.execute("SELECT installation, wrapped_key FROM keystore").fetchone()
        self._installation = bytes(row[0])
        self._cipher = AESGCM(kek.unwrap(bytes(row[1]), _purpose(self._installation)))

    @property
    def destroyed(self) -> int:
        """How many keys were destroyed in it: an older copy of the file has fewer."""
        return int(self._db.execute("SELECT destroyed FROM keystore").fetchone()[0])

    def take(self, count: int) -> int:
        """The first of ``count`` new slots that follow one another, with a random key in each; never given out again."""
        with self._writing():
            first = int(self._db.execute("SELECT next FROM keystore").fetchone()[0])
            for page in range(first // SLOTS, (first + count - 1) // SLOTS + 1):
                if self._db.execute("SELECT 1 FROM page WHERE number = ?", (page,)).fetchone() is None:
                    self._write(page, secrets.token_bytes(SLOTS * KEY_BYTES))
            self._db.execute("UPDATE keystore SET next = ?", (first + count,))
        return first

    def skip_to(self, slot: int) -> None:
        """Give out no slot before the page after ``slot``, if it would: they are somebody's in a newer keystore."""
        with self._writing():
            following = (slot // SLOTS + 1) * SLOTS
            self._db.execute("UPDATE keystore SET next = ? WHERE next <= ?", (following, slot))

    def roots(self, slots: Iterable[int]) -> dict[int, bytes]:
        """The key of each slot, ``NOBODY`` where it was destroyed; each page is read once.

        KeyFileError for a slot that this keystore does not have, and for changed bytes.
        """
        found, pages = dict[int, bytes](), dict[int, bytes]()
        for slot in slots:
            page, place = divmod(slot, SLOTS)
            if page not in pages:
                pages[page] = self.page(page)
            found[slot] = pages[page][place * KEY_BYTES : (place + 1) * KEY_BYTES]
        return found

    def page(self, number: int) -> bytes:
        """The keys of 256 slots, one after another. KeyFileError as ``roots``."""
        row = self._db.execute("SELECT sealed FROM page WHERE number = ?", (number,)).fetchone()
        if row is None:
            raise KeyFileError("the keystore does not have the key of this person; it may be older than the register")
        return self._open(number, bytes(row[0]))

    def put(self, keys: Mapping[int, bytes]) -> None:
        """Write the keys of these slots: those that people had before there was a keystore."""
        with self._writing():
            for page in {slot // SLOTS for slot in keys}:
                row = self._db.execute("SELECT sealed FROM page WHERE number = ?", (page,)).fetchone()
                content = secrets.token_bytes(SLOTS * KEY_BYTES) if row is None else self._open(page, bytes(row[0]))
                self._write(page, changed(content, {s: key for s, key in keys.items() if s // SLOTS == page}))

    def destroy(self, slots: Iterable[int]) -> None:
        """Overwrite the keys of these slots and empty the journal; for a slot that has none it changes nothing.

        StorageError while another process keeps the journal; then the same call may be repeated.
        """
        with self._writing():
            for page, there in self._living(slots).items():
                content = self.page(page)
                self._write(page, changed(content, dict.fromkeys(there, NOBODY)))
                self._db.execute("UPDATE keystore SET destroyed = destroyed + ?", (len(there),))
        if self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
            raise StorageError("the journal of the keystore is in use")

    def count_destroyed(self, count: int) -> None:
        """Take over how many keys the register calls destroyed: this copy has caught up."""
        with self._writing():
            self._db.execute("UPDATE keystore SET destroyed = max(destroyed, ?)", (count,))

    def _living(self, slots: Iterable[int]) -> dict[int, list[int]]:
        """Those with a key, by page; a slot without a page never had one here."""
        found: dict[int, list[int]] = {}
        for slot in slots:
            page, place = divmod(slot, SLOTS)
            row = self._db.execute("SELECT sealed FROM page WHERE number = ?", (page,)).fetchone()
            if row and self._open(page, bytes(row[0]))[place * KEY_BYTES : (place + 1) * KEY_BYTES] != NOBODY:
                found.setdefault(page, []).append(slot)
        return found

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def _write(self, page: int, content: bytes) -> None:
        """Under a new nonce each time."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, content, _data(self._installation, page))
        self._db.execute("INSERT OR REPLACE INTO page VALUES (?, ?)", (page, sealed))

    def _open(self, page: int, sealed: bytes) -> bytes:
        return _unsealed(self._cipher, self._installation, page, sealed)

    @contextmanager
    def copying(self) -> Iterator[Copy]:
        """It as it is now, for who reads it within the block, while others write on."""
        self._db.execute("BEGIN")
        try:
            row = self._db.execute("SELECT installation, wrapped_key, next, destroyed FROM keystore").fetchone()
            count = self._db.execute("SELECT count(*) FROM page").fetchone()[0]
            found = self._db.execute("SELECT number, sealed FROM page ORDER BY number")
            records = (number.to_bytes(8, "big") + bytes(sealed) for number, sealed in found)
            yield Copy(bytes(row[0]), bytes(row[1]), row[2], row[3], count, records)
        finally:
            self._db.execute("ROLLBACK")


def exists(path: Path) -> bool:
    """Whether there is a keystore; one whose making was cut off is none. StorageError."""
    if not path.exists():
        return False
    with _connected(path) as connection:
        return _row(connection) is not None


def create(path: Path, kek: KeyEncryptionKey, first: int = FIRST) -> None:
    """Make a keystore (mode 0600) whose first new slot is ``first``; nothing if it is there already. StorageError."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    installation = secrets.token_bytes(16)
    wrapped = kek.wrap(secrets.token_bytes(KEY_BYTES), _purpose(installation))
    with _connected(path) as connection:
        connection.execute("BEGIN IMMEDIATE")
        for table in _TABLES.split(";"):
            connection.execute(table)
        row = (installation, wrapped, first)
        connection.execute("INSERT OR IGNORE INTO keystore VALUES (1, ?, ?, ?, 0)", row)
        connection.execute("COMMIT")


def build(
    path: Path, copy: Copy, made_with: KeyEncryptionKey, kek: KeyEncryptionKey, change: Change, lacking: Iterable[int]
) -> None:
    """Make the keystore of a copy at ``path``, each page as ``change`` gives it, under ``kek`` and new nonces; the pages
    that are ``lacking`` in it are drawn anew.

    The file is whole when this returns; no key that ``change`` took out was ever in it. KeyFileError, FormatError, StorageError.
    """
    wrapped = kek.wrap(made_with.unwrap(copy.wrapped_key, _purpose(copy.installation)), _purpose(copy.installation))
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with _connected(path, "MEMORY") as connection:
        connection.execute("BEGIN IMMEDIATE")
        for table in _TABLES.split(";"):
            connection.execute(table)
        row = (copy.installation, wrapped, copy.following, copy.destroyed)
        connection.execute("INSERT INTO keystore VALUES (1, ?, ?, ?, ?)", row)
        store = Keystore(connection, kek)
        for number, content in copy.opened(made_with):
            store._write(number, change(number, content))
        for number in lacking:
            store._write(number, change(number, secrets.token_bytes(SLOTS * KEY_BYTES)))
        connection.execute("COMMIT")


@contextmanager
def opened(path: Path, kek: KeyEncryptionKey) -> Iterator[Keystore]:
    """The keystore of this file. KeyFileError if it is not there or another office's; StorageError."""
    if not exists(path):
        raise KeyFileError("the keystore of this office is missing: azukari keystore restore")
    with _connected(path) as connection:
        yield Keystore(connection, kek)


def move(path: Path, kek: KeyEncryptionKey) -> bool:
    """Wrap the key of the keystore anew under ``kek``, which opens the old wrapping too; whether it was not done before."""
    with _connected(path) as connection:
        connection.execute("BEGIN IMMEDIATE")
        installation, wrapped = connection.execute("SELECT installation, wrapped_key FROM keystore").fetchone()
        done = wrapped_under(bytes(wrapped)) == kek.key_id
        if not done:
            purpose = _purpose(bytes(installation))
            after = kek.wrap(kek.unwrap(bytes(wrapped), purpose), purpose)
            connection.execute("UPDATE keystore SET wrapped_key = ?", (after,))
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return not done


def wrapped_key(path: Path) -> bytes:
    """The key of the keystore, as it is wrapped."""
    with _connected(path) as connection:
        return bytes(connection.execute("SELECT wrapped_key FROM keystore").fetchone()[0])


def _row(connection: Any) -> Any:
    found = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'keystore'").fetchone()
    return found and connection.execute("SELECT 1 FROM keystore").fetchone()


@contextmanager
def _connected(path: Path, journal: str = "WAL") -> Iterator[Any]:
    try:
        with closing(sqlite3.connect(path, timeout=_WAIT, isolation_level=None)) as connection:
            for pragma in (f"journal_mode = {journal}", "synchronous = FULL", "fullfsync = ON", "secure_delete = ON"):
                connection.execute(f"PRAGMA {pragma}")
            yield connection
    except sqlite3.Error:
        raise StorageError("the keystore") from None


def changed(content: bytes, keys: Mapping[int, bytes]) -> bytes:
    """The keys of a page with some of its slots written anew."""
    written = bytearray(content)
    for slot, key in keys.items():
        place = slot % SLOTS * KEY_BYTES
        written[place : place + KEY_BYTES] = key
    return bytes(written)


def _unsealed(cipher: AESGCM, installation: bytes, page: int, sealed: bytes) -> bytes:
    try:
        return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _data(installation, page))
    except (InvalidTag, ValueError):
        raise KeyFileError("a page of the keystore was changed") from None


def _data(installation: bytes, page: int) -> bytes:
    return _AAD + installation + page.to_bytes(8, "big")


def _purpose(installation: bytes) -> str:
    return f"keystore/{installation.hex()}/key"
