"""Reading the counter, as small frozen values. What a firm asks for is looked for among its own rows only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet

from azukari.errors import NotFoundError
from azukari.fields.kinds import Field
from azukari.seal.certificate import State
from azukari.web.counter.models import Certificate, Entruster, Firm, Sent, Shelved, Work

WHOLE: Final = slice(None)
"""All rows of a list."""


@dataclass(frozen=True)
class EntrusterInfo:
    """委託元。 Origin and verifier key of the body's ledger; empty before the first crossing."""

    body: UUID
    origin: str
    vkey: str


@dataclass(frozen=True)
class FirmInfo:
    """委託先。 ``status`` of its key is pending, confirmed or revoked."""

    id: UUID
    body: UUID
    name: str
    country: str
    recipient: str
    vkey: str
    status: str


@dataclass(frozen=True)
class WorkInfo:
    """委託。 First and last day are both included; ``parent``: another firm's, so a sub-entrustment."""

    id: UUID
    body: UUID
    firm: UUID
    parent: UUID | None
    title: str = field(repr=False)
    purpose: str = field(repr=False)
    fields: tuple[Field, ...]
    starts_on: date
    ends_on: date
    stage: str
    stage_label: str


@dataclass(frozen=True)
class ShelvedInfo:
    """棚の包み。 ``bytes`` and ``sha256`` of the .azk; ``rows`` as published; ``receipt`` "" or where it stands."""

    id: UUID
    body: UUID
    firm: UUID
    work: UUID
    parent: UUID | None
    fields: tuple[Field, ...]
    rows: str
    day: date
    bytes: int
    sha256: str
    receipt: str
    receipt_label: str
    fetched_at: datetime | None
    shelved_at: datetime


@dataclass(frozen=True)
class CertificateInfo:
    """許諾書。 ``state`` in-force or revoked, as of ``day``; ``data`` is the .azp."""

    id: UUID
    body: UUID
    asker: UUID
    party: UUID
    work: UUID
    child: UUID
    state: str
    day: date
    starts_on: date
    ends_on: date
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class SentInfo:
    """提出。 ``status`` waiting, exported, accepted or refused; ``decision`` on an ask: "", granted, refused, revoked."""

    id: UUID
    body: UUID
    firm: UUID
    kind: str
    kind_label: str
    about: UUID
    status: str
    status_label: str
    word: str
    detail: str
    permission: UUID | None
    decision: str
    reason: str = field(repr=False)
    sent_at: datetime
    sent_by: UUID
    answered_at: datetime | None
    data: bytes = field(repr=False)


def entruster(body_id: UUID) -> EntrusterInfo:
    """What is known of the body's ledger."""
    row = Entruster.objects.filter(body_id=body_id).first()
    return EntrusterInfo(body_id, row.origin if row else "", row.vkey if row else "")


def firm(firm_id: UUID) -> FirmInfo:
    """The firm of this id, or NotFoundError."""
    row = Firm.objects.filter(id=firm_id).first()
    if row is None:
        raise NotFoundError("there is no such firm")
    return FirmInfo(row.id, row.body_id, row.name, row.country, row.recipient, row.vkey, row.status)


def works(firm_id: UUID, cut: slice = WHOLE) -> list[WorkInfo]:
    """The works of a firm, newest first; ``cut``: those of one page."""
    return [_work(row) for row in Work.objects.filter(firm_id=firm_id).order_by("-starts_on", "id")[cut]]


def titles(firm_id: UUID, ids: Iterable[UUID]) -> dict[UUID, str]:
    """The titles of these works of a firm, by id."""
    return dict(Work.objects.filter(firm_id=firm_id, id__in=set(ids)).values_list("id", "title"))


def work(firm_id: UUID, work_id: UUID) -> WorkInfo:
    """One work of a firm, or NotFoundError."""
    row = Work.objects.filter(id=work_id, firm_id=firm_id).first()
    if row is None:
        raise NotFoundError("there is no such work")
    return _work(row)


def shelf(firm_id: UUID, cut: slice = WHOLE, *, work_id: UUID | None = None) -> list[ShelvedInfo]:
    """The packages of a firm, or of one of its works, newest first; ``cut``: those of one page."""
    found = Shelved.objects.filter(firm_id=firm_id).defer("entry").order_by("-shelved_at", "id")
    return [_shelved(row) for row in (found if work_id is None else found.filter(work_id=work_id))[cut]]


def shelved(firm_id: UUID, package_id: UUID) -> ShelvedInfo:
    """One package of a firm, or NotFoundError."""
    row = Shelved.objects.filter(id=package_id, firm_id=firm_id).first()
    if row is None:
        raise NotFoundError("there is no such package")
    return _shelved(row)


def certificates(firm_id: UUID, cut: slice = WHOLE, *, work_id: UUID | None = None) -> list[CertificateInfo]:
    """The certificates that a firm asked for or that permit it, those that end last first; ``cut``: of one page.

    ``work_id``: only those that open this work, or were given under it.
    """
    found = certificates_of(firm_id).order_by("-ends_on", "id")
    if work_id is not None:
        found = found.filter(Q(work=work_id) | Q(child=work_id))
    return [_certificate(row) for row in found[cut]]


def certificate(firm_id: UUID, permission_id: UUID) -> CertificateInfo:
    """One certificate of a firm, or NotFoundError."""
    found = certificates_of(firm_id).filter(id=permission_id).first()
    if found is None:
        raise NotFoundError("there is no such certificate")
    return _certificate(found)


def certificates_of(firm_id: UUID) -> QuerySet[Certificate]:
    """The rows that concern a firm, of its own body: a certificate names two firms, whoever it comes from."""
    bodies = Firm.objects.filter(id=firm_id).values("body")
    return Certificate.objects.filter(Q(asker=firm_id) | Q(party=firm_id), body__in=bodies)


def is_taken_back(body_id: UUID, work_id: UUID) -> bool:
    """Whether a permission that a work rests on, its own or one above it, is known to be revoked."""
    seen: set[UUID] = set()
    above: UUID | None = work_id
    while above is not None and above not in seen:
        seen.add(above)
        above = Work.objects.filter(id=above, body_id=body_id).values_list("parent", flat=True).first()
    return Certificate.objects.filter(child__in=seen, body_id=body_id, state=State.REVOKED.value).exists()


def sent(firm_id: UUID, cut: slice = WHOLE, *, work_id: UUID | None = None) -> list[SentInfo]:
    """What a firm has handed in, or asked under one of its works, newest first; ``cut``: of one page."""
    found = Sent.objects.filter(firm_id=firm_id).order_by("-sent_at", "id")
    if work_id is not None:
        found = found.filter(kind=Sent.Kind.ASK, about=work_id)
    return [_sent(row) for row in found[cut]]


def submission(firm_id: UUID, sent_id: UUID) -> SentInfo:
    """One submission of a firm, or NotFoundError."""
    row = Sent.objects.filter(id=sent_id, firm_id=firm_id).first()
    if row is None:
        raise NotFoundError("there is no such submission")
    return _sent(row)


def outgoing(body_id: UUID) -> list[SentInfo]:
    """What waits for a crossing to the inside of a body, oldest first."""
    found = Sent.objects.filter(body_id=body_id, status=Sent.Status.WAITING).order_by("sent_at", "id")
    return [_sent(row) for row in found]


def _fields(texts: list[str]) -> tuple[Field, ...]:
    return tuple(Field.parse(text) for text in texts)


def _work(row: Work) -> WorkInfo:
    return WorkInfo(
        row.id,
        row.body_id,
        row.firm_id,
        row.parent,
        row.title,
        row.purpose,
        _fields(row.fields),
        row.starts_on,
        row.ends_on,
        row.stage,
        row.get_stage_display(),
    )


def _shelved(row: Shelved) -> ShelvedInfo:
    return ShelvedInfo(
        row.id,
        row.body_id,
        row.firm_id,
        row.work_id,
        row.parent,
        _fields(row.fields),
        row.rows,
        row.day,
        row.bytes,
        row.sha256,
        row.receipt,
        row.get_receipt_display(),
        row.fetched_at,
        row.shelved_at,
    )


def _certificate(row: Certificate) -> CertificateInfo:
    return CertificateInfo(
        row.id,
        row.body_id,
        row.asker,
        row.party,
        row.work,
        row.child,
        row.state,
        row.day,
        row.starts_on,
        row.ends_on,
        bytes(row.data),
    )


def _sent(row: Sent) -> SentInfo:
    return SentInfo(
        row.id,
        row.body_id,
        row.firm_id,
        row.kind,
        row.get_kind_display(),
        row.about,
        row.status,
        row.get_status_display(),
        row.word,
        row.detail,
        row.permission,
        row.decision,
        row.reason,
        row.sent_at,
        row.sent_by,
        row.answered_at,
        bytes(row.data),
    )
