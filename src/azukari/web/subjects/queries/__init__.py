"""Reading the people concerned, as small frozen values, and their keys out of the keystore."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

import numpy as np
from django.db.models import Max
from numpy.typing import NDArray

from azukari.completeness import labels
from azukari.errors import NotFoundError, StateError
from azukari.stores.keys import KeyEncryptionKey
from azukari.web import office
from azukari.web.subjects import keystore, rows
from azukari.web.subjects.local_ids import plain, pseudonym, pseudonym_key
from azukari.web.subjects.models import Subject

CHUNK: Final = rows.CHUNK
_COLUMNS: Final = "pseudonym, id, number, generation"


class SubjectInfo(NamedTuple):
    """本人。 ``number``, of this installation, is the slot in the keystore too; ``generation`` that of the list key."""

    # A tuple: a list of a million is made three times as fast as of dataclasses.
    id: UUID
    body: UUID
    number: int
    generation: int = 0
    erased: bool = False

    @property
    def slot(self) -> int:
        """Where the key stands in the keystore."""
        return self.number


def key_purpose(subject_id: UUID) -> str:
    """What the key of a person of before the keystore was wrapped for."""
    return f"subject/{subject_id}/key"


def subject(subject_id: UUID) -> SubjectInfo:
    """The person of this id, or NotFoundError."""
    row = Subject.objects.filter(id=subject_id).first()
    if row is None:
        raise NotFoundError("there is no such person")
    return _subject(row)


def known(body_id: UUID, local_id: str, kek: KeyEncryptionKey) -> SubjectInfo | None:
    """The person with this local id, if the register has one. KeyFileError."""
    wanted = pseudonym(pseudonym_key(body_id, kek), plain(local_id))
    row = Subject.objects.filter(body_id=body_id, pseudonym=wanted).first()
    return None if row is None else _subject(row)


def by_pseudonym(body_id: UUID, pseudonyms: Sequence[bytes]) -> dict[bytes, SubjectInfo]:
    """The people of these pseudonyms that the register has, and maybe others; one statement for ``CHUNK`` or for all."""
    found = rows.look(body_id, pseudonyms, _COLUMNS)
    return {
        bytes(name): SubjectInfo(rows.as_id(row_id), body_id, number, generation)
        for name, row_id, number, generation in found
    }


def numbers_by_pseudonym(body_id: UUID, pseudonyms: Sequence[bytes]) -> dict[bytes, int]:
    """The numbers of the same people."""
    return {bytes(name): number for name, number in rows.look(body_id, pseudonyms, "pseudonym, number")}


def subjects(ids: Iterable[UUID]) -> Mapping[UUID, SubjectInfo]:
    """The people of these ids, by id; one statement for ``CHUNK`` of them."""
    wanted, found = list(ids), dict[UUID, SubjectInfo]()
    for first in range(0, len(wanted), CHUNK):
        for row in Subject.objects.filter(id__in=wanted[first : first + CHUNK]):
            found[row.id] = _subject(row)
    return found


def by_number(number: int) -> SubjectInfo:
    """The person of this number, or NotFoundError."""
    row = Subject.objects.filter(number=number).first()
    if row is None:
        raise NotFoundError("there is no such person")
    return _subject(row)


def generations(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """The generation of each one's list key; 0 for nearly everybody, so that only the others are looked for."""
    rekeyed = Subject.objects.filter(generation__gt=0).order_by("number").values_list("number", "generation")
    pairs = np.array([(0, 0), *rekeyed], dtype=np.int64)
    places = np.searchsorted(pairs[:, 0], numbers, side="right") - 1
    return np.where(pairs[places, 0] == numbers, pairs[places, 1], 0)


def key(info: SubjectInfo, kek: KeyEncryptionKey) -> bytes:
    """r_P, 32 bytes. StateError once the person was erased, KeyFileError."""
    return keys([info], kek)[info.id]


def keys(infos: Iterable[SubjectInfo], kek: KeyEncryptionKey) -> dict[UUID, bytes]:
    """r_P of each, by id; the keystore is opened once. StateError if one was erased, KeyFileError."""
    slots = {info.id: info.slot for info in infos if _living(info)}
    if not slots:
        return {}
    with keystore.opened(store_path(), kek) as store:
        roots = store.roots(slots.values())
    if keystore.NOBODY in roots.values():
        raise StateError("this person was erased")
    return {subject_id: roots[slot] for subject_id, slot in slots.items()}


def list_key(info: SubjectInfo, kek: KeyEncryptionKey) -> bytes:
    """The list key that the person has now (docs/spec/completeness.md, 1). StateError, KeyFileError as ``key``."""
    return labels.list_key(key(info, kek), info.generation)


def list_keys(
    slots: Sequence[int] | NDArray[np.int64], generations: Sequence[int] | NDArray[np.int64], kek: KeyEncryptionKey
) -> list[bytes]:
    """The list keys of many, in order; empty bytes for who was erased meanwhile, whose list nobody reads any more.

    Each page of the keystore is opened once. KeyFileError.
    """
    places, ages = np.asarray(slots, dtype=np.int64).tolist(), np.asarray(generations, dtype=np.int64).tolist()
    if not places:
        return []
    with keystore.opened(store_path(), kek) as store:
        roots = store.roots(places)
    nobody, make = keystore.NOBODY, labels.list_key
    return [b"" if roots[place] == nobody else make(roots[place], age) for place, age in zip(places, ages, strict=True)]


def store_path() -> Any:
    """Where the keystore of the open office is."""
    return office.folder() / keystore.FILE


def first_free() -> int:
    """The number from which on nobody has one."""
    return int(Subject.objects.aggregate(found=Max("number"))["found"] or 0) + 1


def in_keystore() -> bool:
    """Whether anybody's key is in the keystore: then an office without one has lost it."""
    return Subject.objects.filter(erased_at=None, wrapped_key=None).exists()


def is_keystore_lost() -> bool:
    """Whether the office has lost its keystore: there are people, and the file is not there."""
    return not keystore.exists(store_path()) and in_keystore()


def all_of_before() -> bool:
    """Whether there are people, and all keys are still where they were before there was a keystore."""
    return not in_keystore() and Subject.objects.filter(wrapped_key__isnull=False).exists()


def _living(info: SubjectInfo) -> bool:
    if info.erased:
        raise StateError("this person was erased")
    return True


def _subject(row: Subject) -> SubjectInfo:
    return SubjectInfo(row.id, row.body_id, row.number, row.generation, row.erased_at is not None)
