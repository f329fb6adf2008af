"""What ends when, of one body: for calendars, and for whoever asks on the command line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from azukari.web.custody.models import Document, Entrustment, Permission


@dataclass(frozen=True)
class End:
    """期限。 The last day of a permission, an entrustment or a document.

    ``what`` names the firm or the work, both public; never the title of a document, in which anything may stand.
    """

    kind: str
    id: UUID
    what: str
    day: date


def ends(body_id: UUID, first: date, last: date) -> list[End]:
    """The last days between two days, both included, by day. What has ended already by a decision is left out."""
    days: dict[str, Any] = {"body_id": body_id, "ends_on__range": (first, last)}
    permissions = Permission.objects.filter(status=Permission.Status.GRANTED, **days).select_related("party")
    works = Entrustment.objects.filter(parent=None, **days).exclude(stage=Entrustment.Stage.END)
    papers = Document.objects.filter(body_id=body_id, removed_at=None, expires_on__range=(first, last))
    papers = papers.select_related("entrustment", "party", "permission__party")
    found = [
        *(End("permission-ends", one.id, one.party.name, one.ends_on) for one in permissions),
        *(End("entrustment-ends", one.id, one.title, one.ends_on) for one in works),
        *(End("document-expires", one.id, _record(one), one.expires_on) for one in papers if one.expires_on),
    ]
    return sorted(found, key=lambda one: (one.day, one.kind, one.id))


def _record(row: Document) -> str:
    """What a document is attached to."""
    if row.entrustment is not None:
        return row.entrustment.title
    party = row.party or (row.permission and row.permission.party)
    return party.name if party else ""
