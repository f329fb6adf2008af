"""What was told before, in raw SQL, the same for SQLite and PostgreSQL: a row object for each use costs more than its leaf."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from django.db import connection

_TOGETHER: Final = 500  # rows of one statement
_LOOK: Final = "SELECT id, mark FROM trail_told WHERE id IN ("
_INSERT: Final = 'INSERT INTO trail_told (id, body_id, "index", mark) VALUES '


def marks(ids: Sequence[bytes]) -> dict[bytes, bytes]:
    """The mark of each of these uses that was told before."""
    found: dict[bytes, bytes] = {}
    with connection.cursor() as cursor:
        for start in range(0, len(ids), _TOGETHER):
            some = ids[start : start + _TOGETHER]
            cursor.execute(f"{_LOOK}{', '.join(['%s'] * len(some))})", some)
            found |= {bytes(use_id): bytes(mark) for use_id, mark in cursor.fetchall()}
    return found


def insert(body_id: UUID, told: Iterable[tuple[bytes, int, bytes]]) -> None:
    """Note id, index and mark of each, none of which was there; the caller holds the lock of their source."""
    body, rows = body_id if connection.features.has_native_uuid_field else body_id.hex, list(told)
    with connection.cursor() as cursor:
        for start in range(0, len(rows), _TOGETHER):
            some = rows[start : start + _TOGETHER]
            values: list[Any] = []
            for use_id, index, mark in some:
                values += (use_id, body, index, mark)
            cursor.execute(_INSERT + ", ".join(["(%s, %s, %s, %s)"] * len(some)), values)
