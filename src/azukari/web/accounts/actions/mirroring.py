"""The account of a contractor as it stands inside, made outside: same person, same invitation, never the code."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib.auth.hashers import identify_hasher
from django.db import transaction

from azukari.errors import FormatError, NotPermittedError
from azukari.web.accounts.actions import consent, person
from azukari.web.accounts.models import Consent, Invitation, User
from azukari.web.accounts.queries import Invited
from azukari.web.accounts.queries.consents import need_two
from azukari.web.accounts.rules import Role


def mirror(
    *,
    body_id: UUID,
    person_id: UUID,
    party: UUID,
    login: str,
    name: str,
    is_active: bool,
    invited: Invited | None,
    by: UUID,
    at: datetime,
) -> None:
    """Make or update the account of a contractor; may be repeated. What the person set up here stays, as long as active.

    A newer invitation replaces the one of before, and the person is told if there was more than that one to sign in with;
    the same one is left as it is, used or not. FormatError for what is
    no scrypt hash, StateError if the login is taken by somebody else, NotPermittedError if the person is there under
    another body, firm or role, OptionError as ``person.create``.
    """
    if invited is not None:
        _require_scrypt(invited.code_hash)
    with transaction.atomic():
        row = User.objects.select_for_update(no_key=True).filter(id=person_id).first()
        if row is None:
            values = {"login": login, "name": name, "role": Role.CONTRACTOR.value, "party": party}
            person.create(body_id=body_id, person_id=person_id, by=by, at=at, **values)  # type: ignore[arg-type]
        elif (row.body_id, row.role, row.party) != (body_id, Role.CONTRACTOR, party):
            raise NotPermittedError("this person is there in another place")
        User.objects.filter(id=person_id).update(name=name, is_active=is_active)
        if not is_active:
            person.deactivate(person_id=person_id, by=by, at=at)
        elif invited is not None:
            _invite(body_id, person_id, invited, by, at)


def _invite(body_id: UUID, person_id: UUID, invited: Invited, by: UUID, at: datetime) -> None:
    there = Invitation.objects.filter(person_id=person_id).first()
    if there is not None and (there.code_hash == invited.code_hash or there.created_at >= invited.invited_at):
        return
    values = {
        "body_id": body_id,
        "code_hash": invited.code_hash,
        "tries": 0,
        "expires_at": invited.expires_at,
        "used_at": None,
        "created_at": invited.invited_at,
        "created_by": by,
    }
    Invitation.objects.update_or_create(person_id=person_id, defaults=values)
    if need_two([person_id]):
        consent.note(person_id=person_id, way=Consent.Way.INSIDE, by=by, at=at)


def _require_scrypt(code_hash: str) -> None:
    """A weaker or unusable hash would be a weaker door than the one that was locked inside."""
    try:
        fits = identify_hasher(code_hash).algorithm == "scrypt"
    except ValueError:
        fits = False
    if not fits:
        raise FormatError("no scrypt hash")
