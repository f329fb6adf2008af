"""Inviting people, and the first sign-in that an invitation allows."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from azukari.errors import NotFoundError, NotPermittedError, OptionError, StateError
from azukari.web.accounts import codes
from azukari.web.accounts.actions import token
from azukari.web.accounts.actions.provider import link
from azukari.web.accounts.models import ExternalIdentity, Invitation, SignInProvider, User
from azukari.web.accounts.queries.consents import need_two
from azukari.web.accounts.rules import Role

DAYS: Final = 7
TRIES: Final = 5


def invite(*, person_id: UUID, by: UUID, at: datetime) -> str:
    """A new code for somebody whom one alone may invite (``queries.consents.need_two``), as ``issue`` gives it.

    StateError for anybody else: ``actions.consent``; NotFoundError without such an active person.
    """
    if need_two([person_id]):
        raise StateError("nobody invites this person alone; ask for a consent")
    return issue(person_id=person_id, by=by, at=at)


def issue(*, person_id: UUID, by: UUID, at: datetime) -> str:
    """A new code for a person, which replaces every earlier one; returned once, never stored.

    It asks nobody whether it may: ``invite`` and ``actions.consent`` do. NotFoundError without such an active person.
    """
    person = User.objects.filter(id=person_id, is_active=True).first()
    if person is None:
        raise NotFoundError("there is no such person")
    letters = codes.fresh()
    values = {
        "body_id": person.body_id,
        "code_hash": codes.hashed(letters),
        "tries": 0,
        "expires_at": at + timedelta(days=DAYS),
        "used_at": None,
        "created_at": at,
        "created_by": by,
    }
    Invitation.objects.update_or_create(person=person, defaults=values)
    return codes.written(letters)


def accept(
    *, login: str, code: str, password: str, by: UUID, at: datetime, roles: Collection[str] = tuple(Role.values)
) -> UUID:
    """Use an invitation: the person gets this password, and loses every second factor and token. Returns the person.

    NotPermittedError for an unknown login, a wrong, used or late code (which of them is not told), and, with ``role``
    among its facts, for somebody who has a good code and none of these roles; OptionError for a weak password;
    StateError for a body whose people have no passwords. The last three use nothing up.
    """
    try:
        validate_password(password)
    except ValidationError:
        raise OptionError("the password is too short or too common") from None
    with transaction.atomic():
        invitation = _opened(login, code, at)
        if invitation is not None:
            _require_place(invitation, roles)
            if SignInProvider.objects.filter(body_id=invitation.body_id, only=True).exists():
                raise StateError("sign in through the provider")
            _use(invitation, make_password(password), by, at)
            return invitation.person_id
    raise NotPermittedError("the login or the code is wrong, or the code is no longer valid")


def show(
    *, login: str, code: str, by: UUID, at: datetime, roles: Collection[str] = tuple(Role.values)
) -> tuple[UUID, datetime]:
    """Show a code without using it up: the person, and when the invitation was made. NotPermittedError as above."""
    with transaction.atomic():
        invitation = _opened(login, code, at)
    if invitation is None:
        raise NotPermittedError("the login or the code is wrong, or the code is no longer valid")
    _require_place(invitation, roles)
    return invitation.person_id, invitation.created_at


def accept_with_provider(
    *, person_id: UUID, invited: datetime, issuer: str, subject: str, by: UUID, at: datetime
) -> None:
    """Use the invitation of this moment, which was shown: a provider's account takes the password's place.

    Every second factor and every account of before is gone. NotPermittedError if it was used, replaced or is late;
    StateError if the account belongs to somebody already.
    """
    with transaction.atomic():
        found = Invitation.objects.select_for_update(no_key=True).filter(
            person_id=person_id, person__is_active=True, used_at__isnull=True, expires_at__gt=at, created_at=invited
        )
        invitation = found.first()
        if invitation is None:
            raise NotPermittedError("the invitation is no longer valid")
        _use(invitation, make_password(None), by, at)
        link(person_id=person_id, issuer=issuer, subject=subject, by=by, at=at)


def _opened(login: str, code: str, at: datetime) -> Invitation | None:
    """The invitation that a code opens, locked; a wrong code is counted."""
    found = Invitation.objects.select_for_update(no_key=True).filter(
        person__login=login, person__is_active=True, used_at__isnull=True, expires_at__gt=at, tries__lt=TRIES
    )
    invitation = found.first()
    good = codes.fits(code, invitation.code_hash if invitation else None)
    if invitation is None or good:
        return invitation
    Invitation.objects.filter(id=invitation.id).update(tries=invitation.tries + 1)
    return None


def _require_place(invitation: Invitation, roles: Collection[str]) -> None:
    """Told only to somebody who has a good code."""
    role = invitation.person.role
    if role not in roles:
        raise NotPermittedError("an account of the other face", role=role)


def _use(invitation: Invitation, password: str, by: UUID, at: datetime) -> None:
    Invitation.objects.filter(id=invitation.id).update(used_at=at)
    User.objects.filter(id=invitation.person_id).update(password=password)
    Authenticator.objects.filter(user_id=invitation.person_id).delete()
    ExternalIdentity.objects.filter(person_id=invitation.person_id).delete()
    token.revoke_all(person_id=invitation.person_id, by=by, at=at)
