"""The ledger's rows in raw SQL, the same for SQLite and PostgreSQL: entries, and the tiles made of them.

A tile row only ever grows, so the partial tile of an earlier size is its prefix. This is the hot path: an ORM object
per entry would cost more than all the hashing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from django.db import connection

from azukari.errors import TileError
from azukari.ledger.tiles import ReadTile, TileRow

_BLOCK: Final = 8_192  # entries read at a time

_TOGETHER: Final = 100  # rows of one INSERT; a statement for each row takes a third longer
_INSERT_ENTRIES: Final = (
    'INSERT INTO sequencer_entry (log_id, "index", data, leaf_hash, appended_at, appended_by) VALUES '
)
_ENTRY_VALUES: Final = "(%s, %s, %s, %s, %s, %s)"
_ENTRIES: Final = (
    'SELECT "index", data, leaf_hash FROM sequencer_entry WHERE log_id = %s AND "index" >= %s AND "index" < %s'
    ' ORDER BY "index"'
)
_BLOCK_OF_ENTRIES: Final = f"{_ENTRIES} LIMIT {_BLOCK}"
_REMOVE_ENTRIES: Final = 'DELETE FROM sequencer_entry WHERE log_id = %s AND "index" >= %s'
_LAST_ENTRY: Final = 'SELECT "index" FROM sequencer_entry WHERE log_id = %s ORDER BY "index" DESC LIMIT 1'
_TILE: Final = 'SELECT data FROM sequencer_tile WHERE log_id = %s AND level = %s AND "index" = %s'
_STORE_TILE: Final = (
    'INSERT INTO sequencer_tile (log_id, body, level, "index", data) VALUES (%s, %s, %s, %s, %s)'
    ' ON CONFLICT (log_id, level, "index") DO UPDATE SET data = excluded.data'
)


EntryRow = tuple[int, bytes, bytes]
"""Index, the entry's bytes, and the leaf hash (32 bytes) that was stored with it."""


def count(log_id: UUID) -> int:
    """Number of entries, which have no gap: one more than the last index."""
    with connection.cursor() as cursor:
        cursor.execute(_LAST_ENTRY, [_uuid(log_id)])
        found = cursor.fetchone()
    return found[0] + 1 if found else 0


def insert_entries(
    log_id: UUID, first: int, entries: Sequence[bytes], hashes: Sequence[bytes], by: UUID, at: datetime
) -> None:
    """New entry rows from index ``first`` on; the caller holds the log's lock."""
    log, who, when = _uuid(log_id), _uuid(by), connection.ops.adapt_datetimefield_value(at)
    with connection.cursor() as cursor:
        for start in range(0, len(entries), _TOGETHER):
            some = entries[start : start + _TOGETHER]
            values: list[Any] = []
            for index, data in enumerate(some, start):
                values += (log, first + index, data, hashes[index], when, who)
            cursor.execute(_INSERT_ENTRIES + ", ".join([_ENTRY_VALUES] * len(some)), values)


def read_entries(log_id: UUID, start: int, stop: int) -> list[EntryRow]:
    """The entry rows from ``start`` to before ``stop``, in order; fewer where some are missing."""
    with connection.cursor() as cursor:
        cursor.execute(_ENTRIES, [_uuid(log_id), start, stop])
        found: list[EntryRow] = cursor.fetchall()  # both drivers give bytes
    return found


def remove_entries(log_id: UUID, start: int) -> None:
    """Take back the entry rows from ``start`` on, which no checkpoint covers; the caller holds the log's lock."""
    with connection.cursor() as cursor:
        cursor.execute(_REMOVE_ENTRIES, [_uuid(log_id), start])


def stream_entries(log_id: UUID, start: int, stop: int) -> Iterator[EntryRow]:
    """Like ``read_entries``, a block at a time, so that memory does not grow with the log.

    A block has so many rows, not so many indexes: an index that was altered to a huge one makes no endless loop.
    """
    while start < stop:
        with connection.cursor() as cursor:
            cursor.execute(_BLOCK_OF_ENTRIES, [_uuid(log_id), start, stop])
            found: list[EntryRow] = cursor.fetchall()
        yield from found
        start = found[-1][0] + 1 if len(found) == _BLOCK else stop


def tile_reader(log_id: UUID) -> ReadTile:
    """A reader of stored tile rows; it raises LookupError for a row that is not there."""
    log = _uuid(log_id)

    def read(level: int, index: int) -> bytes:
        with connection.cursor() as cursor:
            cursor.execute(_TILE, [log, level, index])
            found: tuple[bytes] | None = cursor.fetchone()
        if found is None:
            raise LookupError
        return found[0]

    return read


def store_tiles(log_id: UUID, body: UUID, changed: Sequence[TileRow]) -> None:
    """Insert the rows, or let rows that are there grow into them."""
    log, body_key = _uuid(log_id), _uuid(body)
    with connection.cursor() as cursor:
        cursor.executemany(_STORE_TILE, [(log, body_key, row.level, row.index, row.data) for row in changed])


def _uuid(value: UUID) -> Any:
    """As the database keeps it: SQLite has no type of its own for it."""
    return value if connection.features.has_native_uuid_field else value.hex


def verified_hashes(found: Sequence[EntryRow], start: int) -> list[bytes]:
    """Leaf hashes computed from the entries' bytes, which must be those that were stored with them. TileError."""
    hashes = [sha256(b"\x00" + data).digest() for _, data, _ in found]  # leaf_hash, inlined: see new_tiles
    for position, (row, computed) in enumerate(zip(found, hashes, strict=True), start=start):
        index, _, stored = row
        if index != position:
            raise TileError(f"entry {position} is missing", kind="missing", level="entries", index=position)
        if stored != computed:
            raise TileError(f"entry {position} was altered", kind="entry-altered", level="entries", index=position)
    return hashes
