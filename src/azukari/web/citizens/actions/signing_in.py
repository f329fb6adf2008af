"""Signing in with the code of a letter, once, and with a code that was made here afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from azukari.errors import NotFoundError, NotPermittedError
from azukari.web.accounts import codes
from azukari.web.citizens.models import Citizen

TRIES: Final = 5
"""Wrong codes after which only another letter helps."""


@dataclass(frozen=True)
class SignedIn:
    """ログインの結果。 Who it is, of which body, and of which letter: another one ends the sessions of before."""

    id: UUID
    body: UUID
    letter: str
    lasting: bool


def sign_in(*, letter: str, code: str, by: UUID, at: datetime) -> SignedIn:
    """Sign in; a letter's code is used up by that.

    NotPermittedError for an unknown name, a wrong, used or late code, and after ``TRIES`` wrong ones: which of them is not
    told, and it takes as long.
    """
    with transaction.atomic():
        row = _usable(codes.plain(letter), at)
        good = codes.fits(code, row.code_hash if row else None)
        if row is not None:
            _count(row, good)
        if row is not None and good:
            return SignedIn(row.id, row.body_id, row.issued_at.isoformat(), row.lasting)
    raise NotPermittedError("the name or the code is wrong, or the code is no longer valid")


def make_code(*, citizen_id: UUID, by: UUID, at: datetime) -> str:
    """A code that may be used again, in place of any before; returned once, never stored. NotFoundError for nobody."""
    code = codes.fresh()
    found = Citizen.objects.filter(id=citizen_id)
    if not found.update(code_hash=codes.hashed(code), lasting=True, expires_at=None, tries=0):
        raise NotFoundError("there is no such citizen")
    return codes.written(code)


def _usable(letter: str, at: datetime) -> Citizen | None:
    """Locked; none where no code can be right any more."""
    found = Citizen.objects.select_for_update(no_key=True).filter(letter=letter, tries__lt=TRIES)
    return found.filter(Q(expires_at=None) | Q(expires_at__gt=at)).first()


def _count(row: Citizen, good: bool) -> None:
    if not good:
        Citizen.objects.filter(id=row.id).update(tries=F("tries") + 1)
    elif row.lasting:
        Citizen.objects.filter(id=row.id).update(tries=0)
    else:
        Citizen.objects.filter(id=row.id).update(tries=0, code_hash="")
