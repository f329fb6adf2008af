"""The whole register of a body as it is printed: a fixed number of queries, however many entrustments there are."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum, Value

from azukari.errors import NotFoundError
from azukari.fields.kinds import Field
from azukari.web.custody.models import Consignment, Entrustment, HandOver, Permission


@dataclass(frozen=True)
class PrintedPermission:
    """印刷する許諾。"""

    party: str
    country: str
    status: str
    starts_on: date
    ends_on: date


@dataclass(frozen=True)
class Counted:
    """受渡しの数。 How many, of how many rows or people together, and how many nobody signed for."""

    count: int = 0
    total: int = 0
    unreceipted: int = 0


@dataclass(frozen=True)
class Printed:
    """印刷する委託。 ``depth``: 0 for what the body itself entrusted. Released hand-overs by rows, consignments not void by people."""

    id: UUID
    depth: int
    title: str
    party: str
    country: str
    stage: str
    purpose: str
    legal_basis: str
    places: str
    clauses: tuple[str, ...]
    starts_on: date
    ends_on: date
    entry_index: int
    fields: tuple[Field, ...]
    permissions: tuple[PrintedPermission, ...]
    hand_overs: Counted
    consignments: Counted


def printed(body_id: UUID, *, under: UUID | None = None) -> list[Printed]:
    """Every entrustment of the body, each followed by those below it; or one of them with those below it.

    NotFoundError if ``under`` is none of the body.
    """
    found = list(Entrustment.objects.filter(body_id=body_id).select_related("party").order_by("entry_index"))
    below: defaultdict[UUID | None, list[Entrustment]] = defaultdict(list)
    for row in found:
        below[row.parent_id].append(row)
    roots = below[None] if under is None else [row for row in found if row.id == under]
    if under is not None and not roots:
        raise NotFoundError("there is no such entrustment")
    fields, permissions, counts = _fields(body_id), _permissions(body_id), _counts(body_id)
    waiting, made = [(0, row) for row in reversed(roots)], []
    while waiting:
        depth, row = waiting.pop()
        made.append(_printed(row, depth, fields[row.id], permissions[row.id], counts))
        waiting += [(depth + 1, child) for child in reversed(below[row.id])]
    return made


def _fields(body_id: UUID) -> defaultdict[UUID, list[Field]]:
    found: defaultdict[UUID, list[Field]] = defaultdict(list)
    for work, text in Entrustment.objects.filter(body_id=body_id, permitted__isnull=False).values_list(
        "id", "permitted__field"
    ):
        found[work].append(Field.parse(text))
    return found


def _permissions(body_id: UUID) -> defaultdict[UUID, list[PrintedPermission]]:
    found: defaultdict[UUID, list[PrintedPermission]] = defaultdict(list)
    for row in Permission.objects.filter(body_id=body_id).select_related("party").order_by("asked_at"):
        found[row.entrustment_id].append(
            PrintedPermission(row.party.name, row.country, row.status, row.starts_on, row.ends_on)
        )
    return found


def _counts(body_id: UUID) -> dict[tuple[UUID, str], Counted]:
    """By entrustment and kind, read at once: tables by rows, consignments by people."""
    tables = HandOver.objects.filter(body_id=body_id, status=HandOver.Status.RELEASED)
    paper = Consignment.objects.filter(body_id=body_id, voided_at=None)
    found = _summed(tables, "table", "rows").union(_summed(paper, "paper", "people"), all=True)
    return {
        (one["entrustment_id"], one["kind"]): Counted(one["count"], int(one["total"] or 0), one["open"])
        for one in found
    }


def _summed(found: QuerySet[Any], kind: str, total: str) -> QuerySet[Any, dict[str, Any]]:
    figures = {"count": Count("id"), "total": Sum(total), "open": Count("id", filter=Q(receipted_at=None))}
    summed: QuerySet[Any, dict[str, Any]] = (
        found.order_by().values("entrustment_id").annotate(kind=Value(kind), **figures)
    )
    return summed


def _printed(
    row: Entrustment,
    depth: int,
    fields: list[Field],
    permissions: list[PrintedPermission],
    counts: dict[tuple[UUID, str], Counted],
) -> Printed:
    return Printed(
        row.id,
        depth,
        row.title,
        row.party.name,
        row.party.country,
        row.stage,
        row.purpose,
        row.legal_basis,
        row.places,
        tuple(row.clauses),
        row.starts_on,
        row.ends_on,
        row.entry_index,
        tuple(sorted(fields)),
        tuple(permissions),
        counts.get((row.id, "table"), Counted()),
        counts.get((row.id, "paper"), Counted()),
    )
