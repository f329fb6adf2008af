"""Whom nobody invites alone, and who has asked for it, consented to it, refused it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from allauth.mfa.models import Authenticator

from azukari.errors import NotFoundError
from azukari.web.accounts.factors import FACTORS
from azukari.web.accounts.models import Consent, User
from azukari.web.accounts.rules import Role

DECIDING: Final = (Role.APPROVER, Role.ADMINISTRATOR)
"""Who consents; and so who is not made by one alone, else that one would consent to what they asked themselves."""
SHOWN: Final = timedelta(days=30)
"""How long the first page says that somebody was invited anew."""


@dataclass(frozen=True)
class ConsentInfo:
    """招待への同意。 ``way``: two (people), machine, inside (the other face). ``by`` and names are empty where nobody is known."""

    id: UUID
    body: UUID
    person: UUID
    way: str
    status: str
    asked_by: UUID
    asked_at: datetime
    decided_at: datetime | None
    name: str = field(repr=False)
    asked_name: str = field(repr=False)
    decided_name: str = field(repr=False)


def need_two(person_ids: Iterable[UUID]) -> set[UUID]:
    """Those of these people whom nobody invites alone.

    Who has a second factor: the code would take it away and open the account to whoever holds it. Who was invited anew
    before: between the old factor and the next one there is none. And who may consent.
    """
    asked = set(person_ids)
    found = set(Authenticator.objects.filter(user_id__in=asked, type__in=FACTORS).values_list("user_id", flat=True))
    given = Consent.objects.filter(person_id__in=asked, status=Consent.Status.GIVEN)
    deciding = User.objects.filter(id__in=asked, role__in=DECIDING)
    return found | set(given.values_list("person_id", flat=True)) | set(deciding.values_list("id", flat=True))


def consent(consent_id: UUID) -> ConsentInfo:
    """The consent of this id, or NotFoundError."""
    found = _infos(Consent.objects.filter(id=consent_id))
    if not found:
        raise NotFoundError("there is no such invitation")
    return found[0]


def consents(body_id: UUID) -> list[ConsentInfo]:
    """Of a body: what waits first, then the newest."""
    found = _infos(Consent.objects.filter(body_id=body_id).order_by("-created_at", "id"))
    return sorted(found, key=lambda one: one.status != Consent.Status.ASKED)


def waiting(body_id: UUID, by: UUID) -> int:
    """How many wait for somebody else than who asked, and than ``by`` if it was they."""
    return Consent.objects.filter(body_id=body_id, status=Consent.Status.ASKED).exclude(created_by=by).count()


def given_to(person_id: UUID) -> list[ConsentInfo]:
    """How a person was invited by two, by the machine or from inside, newest first: what the person must be able to see."""
    found = Consent.objects.filter(person_id=person_id, status=Consent.Status.GIVEN)
    return _infos(found.order_by("-decided_at", "id"))


def lately(person_id: UUID, at: datetime) -> list[ConsentInfo]:
    """Those of the last thirty days: whoever used the code cannot make the note of it go away."""
    return [one for one in given_to(person_id) if one.decided_at is not None and at - one.decided_at < SHOWN]


def _infos(found: Iterable[Consent]) -> list[ConsentInfo]:
    rows = list(found)
    people = {person for row in rows for person in (row.person_id, row.created_by, row.decided_by) if person}
    names = dict(User.objects.filter(id__in=people).values_list("id", "name"))
    return [_info(row, names) for row in rows]


def _info(row: Consent, names: dict[UUID, str]) -> ConsentInfo:
    return ConsentInfo(
        row.id,
        row.body_id,
        row.person_id,
        row.way,
        row.status,
        row.created_by,
        row.created_at,
        row.decided_at,
        names.get(row.person_id, ""),
        names.get(row.created_by, ""),
        names.get(row.decided_by, "") if row.decided_by else "",
    )
