"""The second factors that open an account, and how the last one stays. Recovery codes are none: they stand for a lost one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.db import transaction

from azukari.web.accounts.models import User

FACTORS: Final = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


@contextmanager
def held(person_id: UUID) -> Iterator[None]:
    """One transaction in which nobody else takes a factor of this person away: two that go at once might be the last two."""
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(id=person_id)
        yield


def is_last(person_id: UUID) -> bool:
    """Whether no more than one factor is there; to be asked, and acted upon, while they are ``held``."""
    return bool(Authenticator.objects.filter(user_id=person_id, type__in=FACTORS).count() < 2)
