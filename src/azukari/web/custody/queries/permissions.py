"""Permissions as they stand: what was asked, what is in force, and the certificate of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from azukari.errors import ExpiredError, NotFoundError, NotPermittedError
from azukari.fields.kinds import Field
from azukari.web.custody.models import Permission, PermissionStatus
from azukari.web.custody.queries import EntrustmentInfo, entrustment
from azukari.web.custody.queries.held import beneath


@dataclass(frozen=True)
class PermissionInfo:
    """許諾。 ``status`` is asked, granted, refused or revoked; whether it is in force depends on the day too."""

    id: UUID
    body: UUID
    entrustment: UUID
    asker: UUID
    party: UUID
    child: UUID | None
    renews: UUID | None
    status: str
    country: str
    fields: tuple[Field, ...]
    people: int
    starts_on: date
    ends_on: date
    safeguards: str = field(repr=False)
    mode: str
    report: str
    evidence: str = field(repr=False)
    reason: str = field(repr=False)
    entry_index: int | None
    asked_at: datetime
    decided_at: datetime | None

    def in_force(self, today: date) -> bool:
        """Granted, and the day lies in its period."""
        return self.status == Permission.Status.GRANTED and self.starts_on <= today <= self.ends_on


def permission(permission_id: UUID) -> PermissionInfo:
    """The permission of this id, or NotFoundError."""
    row = Permission.objects.select_related("entrustment").filter(id=permission_id).first()
    if row is None:
        raise NotFoundError("there is no such permission")
    return _info(row)


def permissions(body_id: UUID, *, entrustment_id: UUID | None = None) -> list[PermissionInfo]:
    """The permissions of a body, or those asked under one entrustment, newest first."""
    found = Permission.objects.select_related("entrustment").filter(body_id=body_id).order_by("-asked_at", "id")
    return [_info(row) for row in (found if entrustment_id is None else found.filter(entrustment_id=entrustment_id))]


def newest(body_id: UUID, some: slice) -> list[PermissionInfo]:
    """Some of the permissions of a body, newest first."""
    found = Permission.objects.select_related("entrustment").filter(body_id=body_id).order_by("-asked_at", "id")
    return [_info(row) for row in found[some]]


def said_on(permission_id: UUID) -> date | None:
    """The last day for which the ledger says that a permission was in force, after the one on which it was given."""
    found = PermissionStatus.objects.filter(permission_id=permission_id, state="in-force").order_by("-entry_index")
    return found.values_list("day", flat=True).first()


def require_may_receive(info: EntrustmentInfo, party_id: UUID, today: date) -> None:
    """What holds for every hand-over, whatever its form: to the entrustee, in the period, permitted all the way up.

    Raises NotPermittedError, ExpiredError.
    """
    if party_id != info.party:
        raise NotPermittedError("this party is not the entrustee")
    if not info.starts_on <= today <= info.ends_on:
        raise ExpiredError
    require_in_force(info, today)


def require_in_force(info: EntrustmentInfo, today: date) -> None:
    """Each sub-entrustment on the way up has a permission that is granted and holds today.

    NotPermittedError where one is missing or revoked, ExpiredError where it is over: also if only the one above is,
    because whoever may not hold the data cannot hand it on.
    """
    while info.parent is not None:
        row = Permission.objects.filter(child_id=info.id).first()
        if row is None or row.status != Permission.Status.GRANTED:
            raise NotPermittedError("the first entruster has not permitted this party, or has revoked it")
        if not row.starts_on <= today <= row.ends_on:
            raise ExpiredError("the permission is not in force today")
        info = entrustment(info.parent)


def taken_back(body_id: UUID) -> set[UUID]:
    """The sub-entrustments whose permission was revoked, and all below them: nothing under them is handed out any more."""
    revoked = Permission.objects.filter(body_id=body_id, status=Permission.Status.REVOKED)
    cut = set(revoked.values_list("child_id", flat=True))
    return cut | beneath(cut)


def _info(row: Permission) -> PermissionInfo:
    return PermissionInfo(
        id=row.id,
        body=row.body_id,
        entrustment=row.entrustment_id,
        asker=row.entrustment.party_id,
        party=row.party_id,
        child=row.child_id,
        renews=row.renews_id,
        status=row.status,
        country=row.country,
        fields=tuple(Field.parse(text) for text in row.fields),
        people=row.people,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        safeguards=row.safeguards,
        mode=row.mode,
        report=row.report,
        evidence=row.evidence,
        reason=row.reason,
        entry_index=row.entry_index,
        asked_at=row.asked_at,
        decided_at=row.decided_at,
    )
