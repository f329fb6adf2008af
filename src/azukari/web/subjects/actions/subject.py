"""People come to be known by their local ids, many at a time; one by one they get another list key, or are erased."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from azukari.errors import KeyFileError, NotFoundError, StateError
from azukari.fields.days import day_of
from azukari.stores.keys import KeyEncryptionKey
from azukari.web.subjects import keystore, queries, rows
from azukari.web.subjects.actions import settling
from azukari.web.subjects.local_ids import pseudonym_key, pseudonyms, required
from azukari.web.subjects.models import Listed, Protection, Subject


def ensure(
    *, body_id: UUID, local_ids: Sequence[str], kek: KeyEncryptionKey, by: UUID, at: datetime
) -> list[queries.SubjectInfo]:
    """The person of each local id, in order, made where the register has none; one id twice is one person.

    Safe beside others that do the same. All or none; but the slots of new people stay taken if the caller's transaction
    is rolled back. Raises FormatError, NumberInTextError (``local_ids.required``), KeyFileError (the keystore is missing
    too), StorageError.
    """
    names = pseudonyms(pseudonym_key(body_id, kek), required(local_ids))
    with transaction.atomic():
        wanted = list(dict.fromkeys(names))
        found = queries.by_pseudonym(body_id, wanted)
        if missing := [one for one in wanted if one not in found]:
            people, first, whole = _make(body_id, missing, kek, by, at)
            made = {
                name: queries.SubjectInfo(UUID(bytes=people.ids[16 * n : 16 * n + 16]), body_id, first + n)
                for n, name in enumerate(people.names)
            }
            found |= made if whole else queries.by_pseudonym(body_id, missing)
    return [found[one] for one in names]


def numbers(
    *, body_id: UUID, local_ids: Sequence[str], kek: KeyEncryptionKey, by: UUID, at: datetime
) -> NDArray[np.int64]:
    """As ``ensure``, but the numbers alone: for lists of millions."""
    names = pseudonyms(pseudonym_key(body_id, kek), required(local_ids))
    with transaction.atomic():
        found = queries.numbers_by_pseudonym(body_id, names)
        if missing := list(dict.fromkeys(one for one in names if one not in found)):
            people, first, whole = _make(body_id, missing, kek, by, at)
            made = dict(zip(people.names, range(first, first + len(missing)), strict=True))
            found |= made if whole else queries.numbers_by_pseudonym(body_id, missing)
    return np.fromiter((found[one] for one in names), dtype=np.int64, count=len(names))


def _make(
    body_id: UUID, names: Sequence[bytes], kek: KeyEncryptionKey, by: UUID, at: datetime
) -> tuple[rows.Drawn, int, bool]:
    """Keys first, then the rows: a row without a key could be nobody's, a key without a row is only lost.

    Returns the new people, the number of the first, and whether all were inserted: whoever somebody else has inserted
    meanwhile keeps the key of then, and is to be read back.
    """
    people, path = rows.draw(names), queries.store_path()
    if not keystore.exists(path):
        if queries.in_keystore():
            raise KeyFileError("the keystore of this office is missing: azukari keystore restore")
        keystore.create(path, kek, queries.first_free())
    with keystore.opened(path, kek) as store:
        first = store.take(len(names))
    return people, first, rows.insert(people, first, body_id, by, at) == len(names)


def next_generation(*, subject_id: UUID, by: UUID, at: datetime) -> int:
    """Another list key from now on, and a list that begins at 1 again; returns its generation. In the caller's transaction.

    The entry that ends the old list is the caller's, and taken before. NotFoundError, StateError (erased).
    """
    row = _locked(subject_id)
    row.generation += 1
    row.save(update_fields=["generation"])
    Listed.objects.filter(number=row.number).delete()
    return row.generation


def destroy(*, subject_id: UUID, kek: KeyEncryptionKey, by: UUID, at: datetime) -> None:
    """Destroy the key of a person (crypto-shredding), and the pseudonym with it: nothing of them opens any more.

    The register says so first; then, once that is committed, the key goes from the keystore, and what a kill leaves the
    next start does (``settling``). Under the same local id a new person would begin. NotFoundError, StateError (erased
    before; or a protection is not over: without the pseudonym it would protect nobody), KeyFileError, StorageError.
    """
    with transaction.atomic():
        row = _locked(subject_id)
        if _protected(subject_id, at):
            raise StateError("a protection of this person is in force")
        row.pseudonym, row.wrapped_key, row.erased_at = None, None, at
        row.save(update_fields=["pseudonym", "wrapped_key", "erased_at"])
        Listed.objects.filter(number=row.number).delete()
        Protection.objects.filter(subject_id=subject_id).update(local_id_cell=b"", note_cell=b"")
        transaction.on_commit(lambda: settling.settle(kek=kek, by=by, at=at))


def _locked(subject_id: UUID) -> Subject:
    row = Subject.objects.select_for_update().filter(id=subject_id).first()
    if row is None:
        raise NotFoundError("there is no such person")
    if row.erased_at is not None:
        raise StateError("this person was erased before")
    return row


def _protected(subject_id: UUID, at: datetime) -> bool:
    """Whether a protection of this person is in force or begins later."""
    found: Iterable[Protection] = Protection.objects.filter(subject_id=subject_id, ended_at=None)
    return any(one.ends_on is None or one.ends_on >= day_of(at) for one in found)
