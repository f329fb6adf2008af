"""Access tokens of programs: made with a fresh second factor, shown once, ended by their person or by time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from azukari.errors import LimitError, NotFoundError, OptionError
from azukari.web.accounts.models import Token, User
from azukari.web.accounts.tokens import digest_of, new_token

DAYS: Final = 90
MAX_DAYS: Final = 366
MAX_TOKENS: Final = 10  # in force at a time, of one person
MAX_LABEL: Final = 100  # characters


def make(*, person_id: UUID, label: str, days: int, by: UUID, at: datetime) -> str:
    """A new token of a person, good for ``days``; returned once, never stored.

    OptionError without a label or for a length of time that is none; LimitError with ten in force; NotFoundError
    without such an active person.
    """
    if not 0 < len(label.strip()) <= MAX_LABEL or not 0 < days <= MAX_DAYS:
        raise OptionError("a token needs a name and 1 to 366 days")
    token = new_token()
    with transaction.atomic():
        person = User.objects.select_for_update(no_key=True).filter(id=person_id, is_active=True).first()
        if person is None:
            raise NotFoundError("there is no such person")
        if Token.objects.filter(person=person, revoked_at__isnull=True, expires_at__gt=at).count() >= MAX_TOKENS:
            raise LimitError("ten tokens are in force")
        Token.objects.create(
            body_id=person.body_id,
            person=person,
            label=label.strip(),
            digest=digest_of(token),
            expires_at=at + timedelta(days=days),
            created_at=at,
            created_by=by,
        )
    return token


def revoke(*, token_id: UUID, person_id: UUID, by: UUID, at: datetime) -> None:
    """End a token of this person; one that has ended stays so. NotFoundError for none of theirs."""
    found = Token.objects.filter(id=token_id, person_id=person_id)
    if not found.exists():
        raise NotFoundError("there is no such token")
    found.filter(revoked_at__isnull=True).update(revoked_at=at)


def revoke_all(*, person_id: UUID, by: UUID, at: datetime) -> None:
    """End every token of a person: who is let go, or invited anew, has lost what they were made with."""
    Token.objects.filter(person_id=person_id, revoked_at__isnull=True).update(revoked_at=at)
