"""Reading the people concerned, as small frozen values; keys only in wrapped form, and not in a ``repr``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from azukari.errors import NotFoundError, StateError
from azukari.stores.keys import KeyEncryptionKey
from azukari.web.subjects.local_ids import plain, pseudonym, pseudonym_key
from azukari.web.subjects.models import Subject

CHUNK = 4_000  # rows in one statement: seven values each are within SQLite's 32,766


@dataclass(frozen=True)
class SubjectInfo:
    """本人。 ``wrapped_key`` is None once the person was erased."""

    id: UUID
    body: UUID
    wrapped_key: bytes | None = field(repr=False)


def key_purpose(subject_id: UUID) -> str:
    """What k_P of a person is wrapped for."""
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


def by_pseudonym(body_id: UUID, pseudonyms: Iterable[bytes]) -> dict[bytes, SubjectInfo]:
    """The people of these pseudonyms that the register has; one statement for ``CHUNK`` of them."""
    wanted, found = list(pseudonyms), dict[bytes, SubjectInfo]()
    for first in range(0, len(wanted), CHUNK):
        rows = Subject.objects.filter(body_id=body_id, pseudonym__in=wanted[first : first + CHUNK])
        for row_id, name, wrapped in rows.values_list("id", "pseudonym", "wrapped_key"):
            found[bytes(name or b"")] = SubjectInfo(row_id, body_id, None if wrapped is None else bytes(wrapped))
    return found


def subjects(ids: Iterable[UUID]) -> Mapping[UUID, SubjectInfo]:
    """The people of these ids, by id; one statement for ``CHUNK`` of them."""
    wanted, found = list(ids), dict[UUID, SubjectInfo]()
    for first in range(0, len(wanted), CHUNK):
        for row in Subject.objects.filter(id__in=wanted[first : first + CHUNK]):
            found[row.id] = _subject(row)
    return found


def key(info: SubjectInfo, kek: KeyEncryptionKey) -> bytes:
    """k_P, 32 bytes. StateError once the person was erased, KeyFileError."""
    if info.wrapped_key is None:
        raise StateError("this person was erased")
    return kek.unwrap(info.wrapped_key, key_purpose(info.id))


def _subject(row: Subject) -> SubjectInfo:
    return SubjectInfo(row.id, row.body_id, None if row.wrapped_key is None else bytes(row.wrapped_key))
