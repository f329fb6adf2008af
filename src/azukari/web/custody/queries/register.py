"""The register as screens show it: a page at a time, counted in the database, of one body."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet

from azukari.fields.days import day_of
from azukari.web.custody.models import Consignment, Document, Entrustment, HandOver, Party, Permission
from azukari.web.ui.paging import PAGE, Page, cut, page_of

SOON: Final = timedelta(days=30)


@dataclass(frozen=True)
class EntrustmentRow:
    """委託の行。"""

    id: UUID
    title: str
    party: str
    stage: str
    starts_on: date
    ends_on: date
    is_child: bool


@dataclass(frozen=True)
class Reminder:
    """督促。 Something that waits or ends soon; ``url`` names a page and its argument."""

    kind: str
    what: str
    day: date | None
    page: str
    id: UUID


@dataclass(frozen=True)
class Totals:
    """件数。 What a body has, in whole numbers."""

    entrustments: int
    parties: int
    asked: int
    unreceipted: int


def entrustments(body_id: UUID, *, page: int = 1, text: str = "") -> Page[EntrustmentRow]:
    """Entrustments by title or party, newest first."""
    found = Entrustment.objects.filter(body_id=body_id).select_related("party").order_by("-entry_index")
    if text:
        found = found.filter(Q(title__icontains=text) | Q(party__name__icontains=text))
    rows = [
        EntrustmentRow(r.id, r.title, r.party.name, r.stage, r.starts_on, r.ends_on, r.parent_id is not None)
        for r in found[cut(page)]
    ]
    return page_of(rows, page)


def totals(body_id: UUID) -> Totals:
    """The figures of the first screen."""
    return Totals(
        Entrustment.objects.filter(body_id=body_id).count(),
        Party.objects.filter(body_id=body_id).count(),
        Permission.objects.filter(body_id=body_id, status=Permission.Status.ASKED).count(),
        unreceipted(body_id).count() + unsigned(body_id).count(),
    )


def reminders(body_id: UUID, today: date) -> list[Reminder]:
    """What an officer has to look at: asked permissions, keys that wait, what ends soon, copies nobody signed for."""
    asked = Permission.objects.filter(body_id=body_id, status=Permission.Status.ASKED).select_related("party")
    ending = Permission.objects.filter(
        body_id=body_id, status=Permission.Status.GRANTED, ends_on__range=(today, today + SOON)
    ).select_related("party")
    works = Entrustment.objects.filter(
        body_id=body_id, parent=None, ends_on__range=(today, today + SOON)
    ).select_related("party")
    papers = Document.objects.filter(body_id=body_id, removed_at=None, expires_on__lte=today + SOON)
    keys = Party.objects.filter(body_id=body_id, status=Party.Status.PENDING)
    copies = unreceipted(body_id).select_related("party").order_by("created_at").only("created_at", "party__name")
    paper = unsigned(body_id).select_related("party").order_by("created_at").only("created_at", "party__name")
    return [
        *(Reminder("asked", row.party.name, day_of(row.asked_at), "permission", row.id) for row in asked[:PAGE]),
        *(Reminder("key", row.name, day_of(row.created_at), "party", row.id) for row in keys[:PAGE]),
        *(
            Reminder("unreceipted", row.party.name, day_of(row.created_at), "hand_over", row.id)
            for row in copies[:PAGE]
        ),
        *(
            Reminder("unreceipted", row.party.name, day_of(row.created_at), "consignment", row.id)
            for row in paper[:PAGE]
        ),
        *(Reminder("permission-ends", row.party.name, row.ends_on, "permission", row.id) for row in ending[:PAGE]),
        *(Reminder("entrustment-ends", row.title, row.ends_on, "entrustment", row.id) for row in works[:PAGE]),
        *(
            Reminder("document-expires", row.title, row.expires_on, f"{row.about}_documents", row.about_id)
            for row in papers.order_by("expires_on")[:PAGE]
        ),
    ]


def unsigned(body_id: UUID) -> QuerySet[Consignment]:
    """What went as no table and nobody signed for."""
    return Consignment.objects.filter(body_id=body_id, receipted_at=None, voided_at=None)


def unreceipted(body_id: UUID) -> QuerySet[HandOver]:
    """Packages that went out without a receipt so far."""
    return HandOver.objects.filter(body_id=body_id, status=HandOver.Status.RELEASED, receipted_at__isnull=True)
