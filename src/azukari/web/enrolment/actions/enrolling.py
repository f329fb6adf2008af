"""Enrolling somebody at the counter, another letter, and the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from django.db import transaction

from azukari.errors import NotFoundError, StateError
from azukari.stores.keys import KeyEncryptionKey
from azukari.web.accounts import codes
from azukari.web.enrolment.models import Enrolment
from azukari.web.subjects.actions import subject

DAYS: Final = 14
"""How long the code of a letter can be used: the post, and a week on a table."""
_NAME: Final = 12  # letters of the name on a letter: 60 bits, which nobody guesses to lock somebody out


@dataclass(frozen=True)
class Letter:
    """はがき・手紙。 What is printed once: the enrolment, name and code in groups, and until when. The code is stored nowhere."""

    enrolment: UUID
    name: str
    code: str = field(repr=False)
    address: str
    expires_at: datetime


def enrol(*, body_id: UUID, local_id: str, address: str, kek: KeyEncryptionKey, by: UUID, at: datetime) -> Letter:
    """Enrol the person of a local id, who is made where the register has none: an empty list is an answer, too.

    FormatError, NumberInTextError for an id that nobody may be known by; StateError if the person is enrolled;
    KeyFileError, StorageError.
    """
    with transaction.atomic():
        (known,) = subject.ensure(body_id=body_id, local_ids=[local_id], kek=kek, by=by, at=at)
        if Enrolment.objects.select_for_update().filter(subject_id=known.id, ended_at=None).exists():
            raise StateError("this person is enrolled already; make another letter")
        row = Enrolment(
            id=uuid4(), body_id=body_id, subject_id=known.id, address=address, enrolled_at=at, enrolled_by=by
        )
        return _issue(row, at)


def another_letter(*, enrolment_id: UUID, by: UUID, at: datetime) -> Letter:
    """A new name and code, which take the place of those before, here and outside. NotFoundError for none, or one that ended."""
    with transaction.atomic():
        return _issue(_running(enrolment_id), at)


def end(*, enrolment_id: UUID, by: UUID, at: datetime) -> None:
    """Nothing of the person stays outside from the next crossing on. NotFoundError for none, or one that ended."""
    with transaction.atomic():
        row = _running(enrolment_id)
        row.ended_at = at
        row.save(update_fields=["ended_at"])


def _running(enrolment_id: UUID) -> Enrolment:
    row = Enrolment.objects.select_for_update().filter(id=enrolment_id, ended_at=None).first()
    if row is None:
        raise NotFoundError("there is no such enrolment")
    return row


def _issue(row: Enrolment, at: datetime) -> Letter:
    name, code = codes.fresh(_NAME), codes.fresh()
    row.letter, row.code_hash = name, codes.hashed(code)
    row.issued_at = at.replace(microsecond=0)
    row.expires_at = row.issued_at + timedelta(days=DAYS)
    row.save()
    return Letter(row.id, codes.written(name), codes.written(code), row.address, row.expires_at)
