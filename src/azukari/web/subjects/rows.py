"""People in raw SQL, on SQLite and PostgreSQL: a row object for each of a million costs more than its key."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import numpy as np
from django.db import connection

CHUNK: Final = 4_000  # names in one statement, far within SQLite's 32,766
MANY: Final = 20_000  # rows from which on an index is worth being kept in memory
ID, NAME = 16, 32  # bytes
_CACHE: Final = 128 << 10  # KiB
_DENSE: Final = 6  # one of so many people is asked for: reading all of them is quicker than looking for each
_INTO: Final = "INSERT INTO subjects_subject (id, number, body_id, pseudonym, generation, created_at, created_by)"
_ONCE: Final = "ON CONFLICT (body_id, pseudonym) DO NOTHING"
# Two long values instead of an array for each column: what is cut here needs no quoting.
_CUT: Final = (
    "SELECT encode(substr(%s, 16 * n + 1, 16), 'hex')::uuid, %s + n, %s, substr(%s, 32 * n + 1, 32), 0, %s, %s"
    " FROM generate_series(0, %s) AS n"
)


@dataclass(frozen=True)
class Drawn:
    """登録前の人。 New people in the order of their numbers: ids (16 bytes each, ascending) and pseudonyms (32 bytes)."""

    ids: bytes
    names: Sequence[bytes]


def draw(names: Sequence[bytes]) -> Drawn:
    """Give these pseudonyms random ids, and their numbers a random order.

    A list of ids is mostly sorted: in its order the neighbours of a number would tell who it was, once it is erased.
    """
    order = np.argsort(np.frombuffer(secrets.token_bytes(8 * len(names)), dtype=np.uint64), kind="stable")
    return Drawn(_random_ids(len(names)), [names[place] for place in order.tolist()])


def insert(people: Drawn, first: int, body_id: UUID, by: UUID, at: datetime) -> int:
    """Insert new people, numbered from ``first``, in the caller's transaction.

    Returns how many it were: whoever the body has already is left as it is, after waiting for another transaction that
    inserts the same one. Django's IntegrityError for a row that no table takes.
    """
    run = _insert_cut if connection.vendor == "postgresql" else _insert_each
    return run(first, body_id, people.ids, people.names, by, at)


def look(body_id: UUID, names: Sequence[bytes], columns: str) -> Iterator[tuple[Any, ...]]:
    """``columns`` (SQL) of the people that the body has of these pseudonyms; of more of them too, where many are asked for."""
    with connection.cursor() as cursor:
        if len(names) > CHUNK and len(names) * _DENSE > _highest(cursor):
            asked = "pseudonym IS NOT NULL"
            cursor.execute(f"SELECT {columns} FROM subjects_subject WHERE body_id = %s AND {asked}", [_uuid(body_id)])
            yield from _rows(cursor)
            return
        ordered = sorted(names)  # then the index is walked, not jumped about in
        for start in range(0, len(ordered), CHUNK):
            chunk = ordered[start : start + CHUNK]
            places = ", ".join(["%s"] * len(chunk))
            asked = f"SELECT {columns} FROM subjects_subject WHERE body_id = %s AND pseudonym IN ({places})"
            cursor.execute(asked, [_uuid(body_id), *chunk])
            yield from _rows(cursor)


def as_id(value: Any) -> UUID:
    """An id as the database gave it."""
    return value if isinstance(value, UUID) else UUID(int=int(value, 16))


def _insert_each(first: int, body_id: UUID, ids: bytes, names: Sequence[bytes], by: UUID, at: datetime) -> int:
    body, who, when, hexes = body_id.hex, by.hex, connection.ops.adapt_datetimefield_value(at), ids.hex()
    rows: Any = ((hexes[32 * n : 32 * n + 32], first + n, body, name, 0, when, who) for n, name in enumerate(names))
    with connection.cursor() as cursor, _wide_cache(cursor, len(names)):
        cursor.executemany(f"{_INTO} VALUES (%s, %s, %s, %s, %s, %s, %s) {_ONCE}", rows)
        return int(cursor.rowcount)


def _insert_cut(first: int, body_id: UUID, ids: bytes, names: Sequence[bytes], by: UUID, at: datetime) -> int:
    made = 0
    with connection.cursor() as cursor:
        for start in range(0, len(names), MANY):
            chunk = names[start : start + MANY]
            own = ids[ID * start : ID * (start + len(chunk))]
            given: list[Any] = [own, first + start, body_id, b"".join(chunk), at, by, len(chunk) - 1]
            cursor.execute(f"{_INTO} {_CUT} {_ONCE}", given)
            made += cursor.rowcount
    return made


def _random_ids(count: int) -> bytes:
    """Random ids (RFC 9562, version 4) in ascending order, so that their index grows at its end alone."""
    drawn = np.frombuffer(secrets.token_bytes(ID * count), dtype=np.uint8).reshape(count, ID).copy()
    drawn[:, 6] = drawn[:, 6] & 0x0F | 0x40
    drawn[:, 8] = drawn[:, 8] & 0x3F | 0x80
    halves = drawn.view(">u8")
    return bytes(drawn[np.lexsort((halves[:, 1], halves[:, 0]))].tobytes())


@contextmanager
def _wide_cache(cursor: Any, count: int) -> Iterator[None]:
    """Pseudonyms are random: with SQLite's 2 MB each would be a page from the disk."""
    if count < MANY:
        yield
        return
    cursor.execute("PRAGMA cache_size")
    before = cursor.fetchone()[0]
    cursor.execute(f"PRAGMA cache_size = -{_CACHE}")
    try:
        yield
    finally:
        cursor.execute(f"PRAGMA cache_size = {before}")


def _highest(cursor: Any) -> int:
    cursor.execute("SELECT max(number) FROM subjects_subject")
    return int(cursor.fetchone()[0] or 0)


def _rows(cursor: Any) -> Iterable[tuple[Any, ...]]:
    while found := cursor.fetchmany(MANY):
        yield from found


def _uuid(value: UUID) -> Any:
    """As the database keeps it: SQLite has no type of its own for it."""
    return value if connection.features.has_native_uuid_field else value.hex
