"""Protective measures (支援措置): noted for one person or for a list of them, and ended. Nothing of it is in the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from django.db import transaction

from azukari.errors import NotFoundError, OptionError, StateError
from azukari.stores.keys import KeyEncryptionKey
from azukari.web.subjects import queries
from azukari.web.subjects.actions import subject
from azukari.web.subjects.cells import seal
from azukari.web.subjects.local_ids import plain
from azukari.web.subjects.models import Protection
from azukari.web.subjects.queries.protections import local_id_place, note_place


@dataclass(frozen=True)
class Terms:
    """支援措置の内容。 ``holds`` is rows or address, ``phone`` belongs to an address; both days are included.

    ``note``: who asked for it and why; it is sealed under each person's own key.
    """

    starts_on: date
    ends_on: date | None
    holds: str
    phone: bool = False
    note: str = ""

    def __post_init__(self) -> None:
        if self.holds not in Protection.Holds.values:
            raise OptionError("what is held back: rows or address")
        if self.phone and self.holds != Protection.Holds.ADDRESS:
            raise OptionError("the telephone is held back with the address; a row that stays has none")
        if self.ends_on is not None and self.ends_on < self.starts_on:
            raise OptionError("the last day is before the first")


def add(
    *, body_id: UUID, local_ids: Sequence[str], terms: Terms, kek: KeyEncryptionKey, by: UUID, at: datetime
) -> list[UUID]:
    """Note the same protection for each person of ``local_ids``; all or none. Returns the ids of the new ones.

    Whoever is under the same terms already is left as it is. Raises OptionError for an empty list, FormatError and
    NumberInTextError (``subjects.local_ids``; places only, never an id), KeyFileError.
    """
    if not local_ids:
        raise OptionError("a protection needs a local id")
    with transaction.atomic():
        people = subject.ensure(body_id=body_id, local_ids=local_ids, kek=kek, by=by, at=at)
        pairs = {person.id: (person, local_id) for person, local_id in zip(people, local_ids, strict=True)}
        for known in _under(body_id, terms):
            pairs.pop(known, None)
        keys = queries.keys((person for person, _ in pairs.values()), kek)
        rows = [_row(person, local_id, terms, keys[person.id], by, at) for person, local_id in pairs.values()]
        Protection.objects.bulk_create(rows)
    return [row.id for row in rows]


def end(*, protection_id: UUID, by: UUID, at: datetime) -> None:
    """From now on it holds nothing back. StateError if it was ended before, NotFoundError."""
    changed = Protection.objects.filter(id=protection_id, ended_at=None).update(ended_at=at, ended_by=by)
    if not changed:
        if not Protection.objects.filter(id=protection_id).exists():
            raise NotFoundError("there is no such protection")
        raise StateError("this protection was ended before")


def _under(body_id: UUID, terms: Terms) -> list[UUID]:
    found = Protection.objects.filter(
        body_id=body_id,
        ended_at=None,
        starts_on__lte=terms.starts_on,
        ends_on=terms.ends_on,
        holds=terms.holds,
        phone=terms.phone,
    )
    return list(found.values_list("subject_id", flat=True))


def _row(person: queries.SubjectInfo, local_id: str, terms: Terms, key: bytes, by: UUID, at: datetime) -> Protection:
    made = uuid4()
    return Protection(
        id=made,
        body_id=person.body,
        subject_id=person.id,
        starts_on=terms.starts_on,
        ends_on=terms.ends_on,
        holds=terms.holds,
        phone=terms.phone,
        local_id_cell=seal(plain(local_id), key, local_id_place(made)),
        note_cell=seal(terms.note.strip(), key, note_place(made)),
        noted_at=at,
        noted_by=by,
    )
