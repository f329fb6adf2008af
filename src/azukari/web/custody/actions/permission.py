"""Permission of the first entruster for sub-entrustment (Number Act, art. 10(1)): asked, decided, taken back.

A granted permission opens a child entrustment, and stands in the ledger (docs/spec/permission.md). There is no other
way to make a child, so nothing can be sealed for a sub-contractor that the body has not permitted.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from django.db import transaction

from azukari.errors import NotFoundError, NotPermittedError, OptionError, StateError
from azukari.fields.days import day_of
from azukari.fields.kinds import Field
from azukari.seal.certificate import (
    Mode,
    PermissionEntry,
    Reporting,
    State,
    StatusEntry,
    commitments_of,
    permitted_fields,
)
from azukari.seal.commitments import OPENING_BYTES
from azukari.seal.manifest import SMALL_COUNT
from azukari.web.custody.actions import entrustment as entrustments
from azukari.web.custody.fiscal import year_end
from azukari.web.custody.models import Entrustment, Party, Permission, PermissionStatus
from azukari.web.custody.queries.certificates import opened
from azukari.web.custody.terms import Period, parse_fields, require_within
from azukari.web.sequencer import queries as sequencer
from azukari.web.sequencer.actions import entry as ledger


@dataclass(frozen=True)
class Decision:
    """許諾の決定。 ``mode`` now or advance; in advance needs evidence and how often each use is reported."""

    mode: Mode = Mode.NOW
    report: Reporting = Reporting.NONE
    evidence: str = ""
    reason: str = ""
    ends_on: date | None = None  # None: what was asked, at most the end of the fiscal year

    def __post_init__(self) -> None:
        if self.mode is Mode.ADVANCE and (self.report is Reporting.NONE or not self.evidence.strip()):
            raise OptionError("a permission in advance needs its evidence and how often uses are reported")
        if self.mode is Mode.NOW and (self.report is not Reporting.NONE or self.evidence.strip()):
            raise OptionError("evidence and reports belong to a permission in advance")


def ask(
    *,
    entrustment_id: UUID,
    party_id: UUID,
    country: str,
    fields: Iterable[Field | str],
    people: int,
    starts_on: date,
    ends_on: date,
    safeguards: str,
    by: UUID,
    at: datetime,
    renews_id: UUID | None = None,
) -> UUID:
    """Record what the entrustee of ``entrustment_id`` asks for the party ``party_id``; returns the permission's id.

    OptionError for an empty list, no safeguards, a wrong country or count; FormatError for an unknown field;
    NotPermittedError for what the entrustment itself does not hold, or its own entrustee; NotFoundError without an
    entrustment, or such a party of the same body.
    """
    wanted, period = parse_fields(fields), Period(starts_on, ends_on)
    if people < 1 or not safeguards.strip() or not (len(country) == 2 and country.isascii() and country.isupper()):
        raise OptionError("a permission needs a number of people, a country of two letters and safeguards")
    with transaction.atomic():
        above = Entrustment.objects.filter(id=entrustment_id).first()
        if above is None:
            raise NotFoundError("there is no such entrustment")
        party = Party.objects.filter(id=party_id, body_id=above.body_id).first()
        if party is None:
            raise NotFoundError("the body has no such party")
        if party.id == above.party_id:
            raise NotPermittedError("this party is the entrustee itself")
        require_within(above, period, wanted)
        if renews_id is not None:
            _require_renewable(renews_id, above.id, party.id)
        row = Permission.objects.create(
            id=uuid4(),
            body_id=above.body_id,
            entrustment=above,
            party=party,
            renews_id=renews_id,
            country=country,
            fields=wanted,
            people=people,
            starts_on=starts_on,
            ends_on=ends_on,
            safeguards=_lines(safeguards),
            opening_seed=secrets.token_bytes(OPENING_BYTES),
            asked_at=at,
            asked_by=by,
        )
    return row.id


def grant(*, permission_id: UUID, decision: Decision, by: UUID, at: datetime) -> UUID:
    """Permit: child entrustment, register row and ledger entry in one transaction; returns the child entrustment.

    It ends at the latest with the fiscal year, unless ``decision`` says another day. StateError if it is decided
    already; NotPermittedError if the day lies outside what was asked; OptionError if nothing of the period is left;
    FormatError or LimitError for a text that no certificate can carry; NotFoundError. Whether the party's key is
    confirmed is asked when something is sealed.
    """
    with transaction.atomic():
        row = _asked(permission_id)
        ends_on = decision.ends_on or min(row.ends_on, year_end(max(row.starts_on, day_of(at))))
        if ends_on > row.ends_on:
            raise NotPermittedError("later than what was asked")
        period = Period(row.starts_on, ends_on)
        child = entrustments.open_child(
            above=row.entrustment, party=row.party, period=period, permitted=row.fields, by=by, at=at
        )
        row.status, row.child, row.ends_on = Permission.Status.GRANTED, child, ends_on
        row.mode, row.report = decision.mode.value, decision.report.value
        row.evidence = _lines(decision.evidence)
        row.reason, row.decided_at, row.decided_by = decision.reason.strip(), at, by
        row.entry = _entry(row, at).encode()
        log_id = sequencer.log_of(row.body_id).id
        row.entry_index = ledger.append(log_id=log_id, data=bytes(row.entry), by=by, at=at)
        row.save(force_update=True)
    return child.id


def refuse(*, permission_id: UUID, reason: str, by: UUID, at: datetime) -> None:
    """Say no, with a reason. StateError if it is decided already, OptionError without a reason, NotFoundError."""
    if not reason.strip():
        raise OptionError("a refusal needs its reason")
    with transaction.atomic():
        row = _asked(permission_id)
        row.status, row.reason, row.decided_at, row.decided_by = Permission.Status.REFUSED, reason.strip(), at, by
        row.save(force_update=True)


def revoke(*, permission_id: UUID, reason: str, by: UUID, at: datetime) -> int:
    """Take a granted permission back; the ledger says so from now on. Returns the index of the entry.

    StateError if it is not in force, OptionError without a reason, NotFoundError.
    """
    if not reason.strip():
        raise OptionError("a revocation needs its reason")
    with transaction.atomic():
        row = _locked(permission_id)
        if row.status != Permission.Status.GRANTED:
            raise StateError("the permission is not granted")
        row.status, row.reason = Permission.Status.REVOKED, reason.strip()
        row.save(update_fields=["status", "reason"])
        return _say(row, State.REVOKED, by=by, at=at)


def confirm(*, permission_id: UUID, by: UUID, at: datetime) -> int:
    """Say in the ledger that a permission is still in force: what a fresh certificate stands on. Returns the index.

    Once a day is enough: a second time on the same day gives the entry of that day. StateError unless it is granted
    and not over, NotFoundError.
    """
    with transaction.atomic():
        row = _locked(permission_id)
        if row.status != Permission.Status.GRANTED or day_of(at) > row.ends_on:
            raise StateError("the permission is not in force")
        said = PermissionStatus.objects.filter(permission=row, day=day_of(at), state=State.IN_FORCE.value).first()
        return said.entry_index if said else _say(row, State.IN_FORCE, by=by, at=at)


def _entry(row: Permission, at: datetime) -> PermissionEntry:
    assert row.child_id is not None  # granted
    return PermissionEntry(
        permission=row.id.hex,
        body=row.body_id.hex,
        entrustment=row.entrustment_id.hex,
        child=row.child_id.hex,
        asker=row.entrustment.party_id.hex,
        party=row.party_id.hex,
        vkey=row.party.vkey,
        country=row.country,
        fields=permitted_fields(Field.parse(field) for field in row.fields),
        people=row.people if row.people >= SMALL_COUNT else None,
        starts_on=row.starts_on.isoformat(),
        expires_on=row.ends_on.isoformat(),
        decided=day_of(at).isoformat(),
        mode=Mode(row.mode),
        report=Reporting(row.report),
        renews=row.renews_id.hex if row.renews_id else "",
        commitments=commitments_of(opened(row)),
    )


def _say(row: Permission, state: State, *, by: UUID, at: datetime) -> int:
    data = StatusEntry(permission=row.id.hex, state=state, day=day_of(at).isoformat()).encode()
    index = ledger.append(log_id=sequencer.log_of(row.body_id).id, data=data, by=by, at=at)
    PermissionStatus.objects.create(
        body_id=row.body_id,
        permission=row,
        state=state.value,
        day=day_of(at),
        entry=data,
        entry_index=index,
        said_at=at,
        said_by=by,
    )
    return index


def _locked(permission_id: UUID) -> Permission:
    row = Permission.objects.select_for_update(no_key=True).filter(id=permission_id).first()
    if row is None:
        raise NotFoundError("there is no such permission")
    return row


def _asked(permission_id: UUID) -> Permission:
    row = _locked(permission_id)
    if row.status != Permission.Status.ASKED:
        raise StateError("somebody has decided on this already")
    return row


def _require_renewable(renews_id: UUID, entrustment_id: UUID, party_id: UUID) -> None:
    """A renewal follows a permission for the same party under the same entrustment."""
    found = Permission.objects.filter(id=renews_id, entrustment_id=entrustment_id, party_id=party_id)
    if not found.filter(status__in=[Permission.Status.GRANTED, Permission.Status.REVOKED]).exists():
        raise NotFoundError("there is no such permission to renew")


def _lines(text: str) -> str:
    """A browser sends the ends of lines as CR LF; no certificate carries those."""
    return "\n".join(text.strip().splitlines())
