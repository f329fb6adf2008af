"""Adding people, giving them a password, letting them go."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from azukari.errors import NotFoundError, OptionError, StateError
from azukari.web.accounts.actions import token
from azukari.web.accounts.models import Body, Consent, ExternalIdentity, Invitation, User
from azukari.web.accounts.rules import Role


def create(
    *,
    body_id: UUID,
    login: str,
    name: str,
    role: str,
    by: UUID,
    at: datetime,
    person_id: UUID | None = None,
    party: UUID | None = None,
) -> UUID:
    """Add a person without a password (nobody can log in yet) and return the id.

    ``party``: the firm of a contractor, which the caller knows to be one of the body's. OptionError for an unknown role,
    an empty or overlong login or name, a contractor of no party or anybody else of one; StateError if the login is
    taken; NotFoundError without such a body.
    """
    if (role == Role.CONTRACTOR) != (party is not None):
        raise OptionError("a contractor belongs to a party, and nobody else does")
    if role not in Role.values or not name.strip() or not 0 < len(login.strip()) <= 150:
        raise OptionError("a person needs a login, a name and a known role")
    if not Body.objects.filter(id=body_id).exists():
        raise NotFoundError("there is no such body")
    row = User(
        id=person_id or uuid4(),
        body_id=body_id,
        login=login.strip(),
        name=name,
        role=role,
        party=party,
        password=make_password(None),
        created_at=at,
        created_by=by,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise StateError("the login is taken") from None
    return row.id


def set_password(*, person_id: UUID, password: str, by: UUID, at: datetime) -> None:
    """Store a new password as its scrypt hash. OptionError if it is weak, NotFoundError without a person."""
    try:
        validate_password(password)
    except ValidationError:
        raise OptionError("the password is too short or too common") from None
    _update(person_id, password=make_password(password))


def deactivate(*, person_id: UUID, by: UUID, at: datetime) -> None:
    """Let a person go: the account stays for the record and opens nothing. NotFoundError without a person.

    Everything that it was opened with is gone: an older state of the account, as a restored office sends it, must not
    find a passkey or a code that still fits.
    """
    with transaction.atomic():
        _update(person_id, is_active=False, password=make_password(None), wrapped_mail=None)
        Authenticator.objects.filter(user_id=person_id).delete()
        ExternalIdentity.objects.filter(person_id=person_id).delete()
        Invitation.objects.filter(person_id=person_id, used_at__isnull=True).update(used_at=at)
        asked = Consent.objects.filter(person_id=person_id, status=Consent.Status.ASKED)
        asked.update(status=Consent.Status.REFUSED, decided_by=by, decided_at=at)
        token.revoke_all(person_id=person_id, by=by, at=at)


def _update(person_id: UUID, **values: object) -> None:
    if not User.objects.filter(id=person_id).update(**values):
        raise NotFoundError("there is no such person")
