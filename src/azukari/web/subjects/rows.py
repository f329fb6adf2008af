"""New people in raw SQL, the same for SQLite and PostgreSQL: a row object for each costs more than its key."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection

from azukari.web.subjects.queries import SubjectInfo

_INSERT: Final = (
    "INSERT INTO subjects_subject (id, body_id, pseudonym, wrapped_key, created_at, created_by)"
    " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"
)


def insert(people: Mapping[bytes, SubjectInfo], by: UUID, at: datetime) -> int:
    """Insert those whose pseudonym (32 bytes) the body does not have yet, in the caller's transaction; how many it were.

    Waits for another transaction that inserts the same one. Django's IntegrityError for a row that no table takes.
    """
    who, when = _uuid(by), connection.ops.adapt_datetimefield_value(at)
    values = [(_uuid(info.id), _uuid(info.body), name, info.wrapped_key, when, who) for name, info in people.items()]
    with connection.cursor() as cursor:
        cursor.executemany(_INSERT, values)
        inserted: int = cursor.rowcount
    return inserted


def _uuid(value: UUID) -> Any:
    """As the database keeps it: SQLite has no type of its own for it."""
    return value if connection.features.has_native_uuid_field else value.hex
