"""Keystore and register agree: keys of before move in, keys of erased people are destroyed. Killed anywhere, the next run goes on.

Each opening of the office with its key asks. The register leads: it says who is erased, also to a keystore that comes
from a backup and does not know it yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection, transaction

from azukari.stores.keys import KeyEncryptionKey
from azukari.web.subjects import keystore, queries
from azukari.web.subjects.models import Subject

BATCH: Final = 2_000  # people in one transaction


def settle(*, kek: KeyEncryptionKey, by: UUID, at: datetime) -> None:
    """Do what is left to do; nearly always nothing. Outside a transaction. KeyFileError, StorageError.

    Where the keystore is missing it waits: whoever needs a key says so.
    """
    if not keystore.exists(queries.store_path()):
        if not queries.all_of_before():
            return
        keystore.create(queries.store_path(), kek, queries.first_free())
    while _adopt(kek):
        pass
    with keystore.opened(queries.store_path(), kek) as store:
        older = store.destroyed < Subject.objects.filter(destroyed_at__isnull=False).count()
    if older:
        catch_up(kek=kek, by=by, at=at)
    elif waiting := _waiting():
        with keystore.opened(queries.store_path(), kek) as store:
            store.destroy(waiting)
        _note(waiting, at)


def catch_up(*, kek: KeyEncryptionKey, by: UUID, at: datetime) -> None:
    """Bring a keystore that is older than the register up to it: nobody's key comes back, and no slot is given out twice."""
    erased = list(Subject.objects.filter(erased_at__isnull=False).values_list("number", flat=True))
    waiting = _waiting()
    with keystore.opened(queries.store_path(), kek) as store:
        store.skip_to(queries.first_free() - 1)
        store.destroy(erased)
        store.count_destroyed(len(erased))
    _note(waiting, at)


def _waiting() -> list[int]:
    """Who is erased in the register and maybe not in the keystore yet."""
    found = Subject.objects.filter(erased_at__isnull=False, destroyed_at=None)
    return list(found.values_list("number", flat=True))


def _adopt(kek: KeyEncryptionKey) -> int:
    """Move a batch of keys of before into the keystore; how many.

    Their rows are locked until the keystore has them: meanwhile nobody erases one, whose key would come back.
    """
    if not Subject.objects.filter(wrapped_key__isnull=False).exists():
        return 0  # nearly always; a transaction would ask for the write lock at each opening
    with transaction.atomic():
        found = Subject.objects.select_for_update().filter(wrapped_key__isnull=False).order_by("number")[:BATCH]
        keys = {row.number: kek.unwrap(bytes(row.wrapped_key or b""), queries.key_purpose(row.id)) for row in found}
        if keys:
            with keystore.opened(queries.store_path(), kek) as store:
                store.put(keys)
            Subject.objects.filter(number__in=keys).update(wrapped_key=None)
    if keys:
        _forget_old_rows()
    return len(keys)


def _note(numbers: Sequence[int], at: datetime) -> None:
    """Their keys are gone, and so are their rows of before."""
    if numbers:
        _forget_old_rows()
    for first in range(0, len(numbers), BATCH):
        Subject.objects.filter(number__in=numbers[first : first + BATCH]).update(destroyed_at=at)


def _forget_old_rows() -> None:
    """The rows as they were before: SQLite's journal has their pages, a table of PostgreSQL the rows until a VACUUM."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        elif not connection.in_atomic_block:
            cursor.execute("VACUUM (INDEX_CLEANUP ON, TRUNCATE OFF) subjects_subject")
