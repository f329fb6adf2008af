"""Hand-overs of both kinds, all of them, with what they have in common: four queries, however many there are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from azukari.fields.days import day_of
from azukari.fields.kinds import Field
from azukari.seal.consignment import Unit
from azukari.web.custody.models import Consignment, HandOver, Receipt
from azukari.web.custody.queries.consignments import grades


@dataclass(frozen=True)
class HandedOver:
    """渡したもの。 ``unit``: None for a table; ``total``: its rows, or the people in what is no table.

    ``grade``: the best that a receipt says, empty without one. ``status``: as of a hand-over; void for what was called so.
    """

    id: UUID
    day: date
    title: str
    party: str
    unit: Unit | None
    units: int
    total: int
    fields: tuple[Field, ...]
    grade: str
    status: str
    entry_index: int | None


def handed_over(body_id: UUID) -> list[HandedOver]:
    """All of a body, by day, then in the order of the ledger."""
    found = [*_tables(body_id), *_consignments(body_id)]
    return sorted(found, key=lambda one: (one.day, one.entry_index or 0, one.id))


def _tables(body_id: UUID) -> list[HandedOver]:
    order = ("claimed", "receipted", "opened")
    signed = Receipt.objects.filter(body_id=body_id).values_list("hand_over_id", "grade")
    best = dict(sorted(signed, key=lambda one: order.index(one[1])))
    rows = HandOver.objects.filter(body_id=body_id).select_related("party", "entrustment")
    return [
        HandedOver(
            row.id,
            day_of(row.created_at),
            row.entrustment.title,
            row.party.name,
            None,
            0,
            row.rows,
            tuple(map(Field.parse, row.fields)),
            best.get(row.id, ""),
            row.status,
            row.entry_index,
        )
        for row in rows.defer("entry")
    ]


def _consignments(body_id: UUID) -> list[HandedOver]:
    signed = grades(body_id)
    rows = Consignment.objects.filter(body_id=body_id).select_related("party", "entrustment")
    return [
        HandedOver(
            row.id,
            row.day,
            row.entrustment.title,
            row.party.name,
            Unit(row.unit),
            row.units,
            row.people,
            tuple(map(Field.parse, row.fields)),
            signed.get(row.id, ""),
            "void" if row.voided_at else "released",
            row.entry_index,
        )
        for row in rows.defer("entry")
    ]
