"""People come to be known by their local ids, many at a time, and are erased one by one."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from django.db import connection, transaction

from azukari.errors import NotFoundError, StateError
from azukari.stores.keys import KEY_BYTES, KeyEncryptionKey
from azukari.web.subjects import queries, rows
from azukari.web.subjects.local_ids import pseudonym, pseudonym_key, required
from azukari.web.subjects.models import Protection, Subject


def ensure(
    *, body_id: UUID, local_ids: Sequence[str], kek: KeyEncryptionKey, by: UUID, at: datetime
) -> list[queries.SubjectInfo]:
    """The person of each local id, in order, made where the register has none; one id twice is one person.

    At most three statements for each ``queries.CHUNK`` new people, safe beside others that do the same. All or none.
    Raises FormatError, NumberInTextError (``local_ids.required``), KeyFileError.
    """
    name = pseudonym_key(body_id, kek)
    names = [pseudonym(name, one) for one in required(local_ids)]
    with transaction.atomic():
        found = queries.by_pseudonym(body_id, dict.fromkeys(names))
        missing = [one for one in dict.fromkeys(names) if one not in found]
        found |= _make(body_id, missing, kek, by, at)
    return [found[one] for one in names]


def _make(
    body_id: UUID, pseudonyms: Sequence[bytes], kek: KeyEncryptionKey, by: UUID, at: datetime
) -> dict[bytes, queries.SubjectInfo]:
    """Insert what nobody else has inserted meanwhile; where somebody has, read back whose key it is that counts."""
    found: dict[bytes, queries.SubjectInfo] = {}
    for first in range(0, len(pseudonyms), queries.CHUNK):
        chunk = pseudonyms[first : first + queries.CHUNK]
        made = {name: _info(body_id, kek) for name in chunk}
        found |= made if rows.insert(made, by, at) == len(made) else queries.by_pseudonym(body_id, chunk)
    return found


def _info(body_id: UUID, kek: KeyEncryptionKey) -> queries.SubjectInfo:
    made = uuid4()
    return queries.SubjectInfo(made, body_id, kek.wrap(secrets.token_bytes(KEY_BYTES), queries.key_purpose(made)))


def erase(*, subject_id: UUID, by: UUID, at: datetime) -> None:
    """Destroy the key of a person (crypto-shredding), and the pseudonym with it: nothing of them opens any more.

    Under the same local id a new person would begin. StateError while a protection of the person is not over: without
    the pseudonym it would protect nobody. NotFoundError, StateError (erased before).
    """
    with transaction.atomic():
        row = Subject.objects.select_for_update().filter(id=subject_id).first()
        if row is None:
            raise NotFoundError("there is no such person")
        if row.erased_at is not None:
            raise StateError("this person was erased before")
        if _protected(subject_id, at):
            raise StateError("a protection of this person is in force")
        row.pseudonym, row.wrapped_key, row.erased_at = None, None, at
        row.save(update_fields=["pseudonym", "wrapped_key", "erased_at"])
        transaction.on_commit(_empty_journal)


def _empty_journal() -> None:
    """SQLite's journal holds the page of before until it is used again; PostgreSQL's is its own affair (VACUUM, WAL)."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _protected(subject_id: UUID, at: datetime) -> bool:
    """Whether a protection of this person is in force or begins later."""
    found: Iterable[Protection] = Protection.objects.filter(subject_id=subject_id, ended_at=None)
    return any(one.ends_on is None or one.ends_on >= at.date() for one in found)
