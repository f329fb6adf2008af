"""How much waits and ends soon, in numbers and days alone: what may stand in a mail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Min, QuerySet

from azukari.fields.days import day_of
from azukari.web.custody.models import Document, Entrustment, Party, Permission
from azukari.web.custody.queries.register import SOON, unreceipted, unsigned


@dataclass(frozen=True)
class Tally:
    """件数と日。 How many of one kind of ``register.Reminder``, and the earliest of their days."""

    kind: str
    count: int
    day: date


def tally(body_id: UUID, today: date) -> list[Tally]:
    """One for each kind of which there is any, in the order of ``register.reminders``."""
    found: dict[str, Tally] = {}
    for kind, rows, field in _rows(body_id, today):
        told = rows.aggregate(count=Count("pk"), first=Min(field))
        if told["count"]:
            one = Tally(kind, told["count"], _day(told["first"]))
            there = found.get(kind, Tally(kind, 0, one.day))
            found[kind] = Tally(kind, there.count + one.count, min(there.day, one.day))
    return list(found.values())


def _rows(body_id: UUID, today: date) -> Iterator[tuple[str, QuerySet[Any], str]]:
    soon = (today, today + SOON)
    permissions = Permission.objects.filter(body_id=body_id)
    yield "asked", permissions.filter(status=Permission.Status.ASKED), "asked_at"
    yield "key", Party.objects.filter(body_id=body_id, status=Party.Status.PENDING), "created_at"
    yield "unreceipted", unreceipted(body_id), "created_at"
    yield "unreceipted", unsigned(body_id), "created_at"
    yield "permission-ends", permissions.filter(status=Permission.Status.GRANTED, ends_on__range=soon), "ends_on"
    yield (
        "entrustment-ends",
        Entrustment.objects.filter(body_id=body_id, parent=None, ends_on__range=soon),
        "ends_on",
    )
    papers = Document.objects.filter(body_id=body_id, removed_at=None, expires_on__lte=soon[1])
    yield "document-expires", papers, "expires_on"


def _day(first: date | datetime) -> date:
    return day_of(first) if isinstance(first, datetime) else first
