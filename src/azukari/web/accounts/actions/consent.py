"""Inviting people whom nobody invites alone: one asks, another consents; or the machine itself, and then it is told."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from azukari.errors import NotFoundError, NotPermittedError, StateError
from azukari.web.accounts.actions import invitation
from azukari.web.accounts.models import Consent, User
from azukari.web.accounts.queries.consents import DECIDING, need_two


def ask(*, person_id: UUID, by: UUID, at: datetime) -> UUID:
    """Ask that somebody is invited whom nobody invites alone; asked twice is asked once. Returns the consent to be given.

    NotFoundError without such an active person; StateError for somebody whom one alone may invite.
    """
    with transaction.atomic():
        person = User.objects.select_for_update(no_key=True).filter(id=person_id, is_active=True).first()
        if person is None:
            raise NotFoundError("there is no such person")
        if not need_two([person_id]):
            raise StateError("this person can be invited without anybody's consent")
        there = Consent.objects.filter(person=person, status=Consent.Status.ASKED).first()
        return there.id if there else _row(person, Consent.Way.TWO, Consent.Status.ASKED, by, at).id


def give(*, consent_id: UUID, by: UUID, at: datetime) -> str:
    """Consent, and return the invitation code, which goes from this person to the one who is invited: not to who asked.

    NotPermittedError for somebody who neither approves nor administers in this body; StateError for who asked, and
    where it was decided before; NotFoundError.
    """
    with transaction.atomic():
        row = _waiting(consent_id)
        _require_deciding(row, by)
        if row.created_by == by:
            raise StateError("somebody else than who asked consents")
        _decide(row, Consent.Status.GIVEN, by, at)
        return invitation.issue(person_id=row.person_id, by=by, at=at)


def refuse(*, consent_id: UUID, by: UUID, at: datetime) -> None:
    """Refuse, or take back what one has asked. NotPermittedError, StateError where it was decided, NotFoundError."""
    with transaction.atomic():
        row = _waiting(consent_id)
        _require_deciding(row, by)
        _decide(row, Consent.Status.REFUSED, by, at)


def on_machine(*, person_id: UUID, by: UUID, at: datetime) -> str:
    """Invite from the command line, which needs nobody's consent: who holds the machine holds the office.

    That it was done is kept where two would have been needed, and the person sees it. NotFoundError.
    """
    with transaction.atomic():
        if need_two([person_id]):
            note(person_id=person_id, way=Consent.Way.MACHINE, by=by, at=at)
        return invitation.issue(person_id=person_id, by=by, at=at)


def note(*, person_id: UUID, way: str, by: UUID, at: datetime) -> None:
    """Keep that somebody was invited anew in another way than by two people here. NotFoundError without a person."""
    person = User.objects.filter(id=person_id).first()
    if person is None:
        raise NotFoundError("there is no such person")
    _row(person, Consent.Way(way), Consent.Status.GIVEN, by, at)


def _row(person: User, way: Consent.Way, status: Consent.Status, by: UUID, at: datetime) -> Consent:
    decided = {} if status == Consent.Status.ASKED else {"decided_by": by, "decided_at": at}
    values = {"body_id": person.body_id, "person": person, "way": way, "status": status, "created_at": at}
    return Consent.objects.create(**values, created_by=by, **decided)


def _waiting(consent_id: UUID) -> Consent:
    row = Consent.objects.select_for_update(no_key=True).filter(id=consent_id).first()
    if row is None:
        raise NotFoundError("there is no such invitation")
    if row.status != Consent.Status.ASKED:
        raise StateError("somebody has decided on this invitation already")
    return row


def _require_deciding(row: Consent, by: UUID) -> None:
    if not User.objects.filter(id=by, body_id=row.body_id, is_active=True, role__in=DECIDING).exists():
        raise NotPermittedError("approvers and administrators decide on invitations")


def _decide(row: Consent, status: Consent.Status, by: UUID, at: datetime) -> None:
    row.status, row.decided_by, row.decided_at = status, by, at
    row.save(update_fields=["status", "decided_by", "decided_at"])
