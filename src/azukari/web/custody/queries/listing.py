"""Hand-overs of both kinds in one list, newest first, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Any
from uuid import UUID

from azukari.fields.kinds import Field
from azukari.seal.consignment import Medium
from azukari.web.custody.models import Consignment, HandOver
from azukari.web.ui.paging import Page, cut, page_of
from azukari.web.ui.words import language


@dataclass(frozen=True)
class HandOverRow:
    """受渡しの行。 ``rows``: rows of a table, or people; ``page``: the name of its address; ``receipted``: signed for."""

    id: UUID
    page: str
    medium: str
    title: str
    party: str
    status: str
    status_label: str
    rows: int
    fields: tuple[Field, ...]
    created_at: datetime
    receipted: bool


def hand_overs(body_id: UUID, *, page: int = 1, entrustment_id: UUID | None = None) -> Page[HandOverRow]:
    """One page; of either kind only the keys in front of its end are read, along their index, and then its own rows."""
    filters = {"body_id": body_id} if entrustment_id is None else {"entrustment_id": entrustment_id}
    wanted = cut(page)
    keys = merge(*(_keys(model, filters, wanted.stop) for model in (HandOver, Consignment)), reverse=True)
    taken = list(islice(keys, wanted.start, wanted.stop))
    made = _tables(taken) | _consignments(taken)
    return page_of([made[key] for _, key, _ in taken], page)


def _keys(model: Any, filters: dict[str, Any], end: int) -> Any:
    found = model.objects.filter(**filters).order_by("-created_at", "-id").values_list("created_at", "id")[:end]
    return ((at, key, model.__name__) for at, key in found)


def _rows(model: Any, taken: Sequence[tuple[datetime, UUID, str]], row: Callable[[Any], HandOverRow]) -> Any:
    ids = [key for _, key, name in taken if name == model.__name__]
    found = model.objects.filter(id__in=ids).select_related("party", "entrustment")
    return {one.id: row(one) for one in found}


def _tables(taken: Sequence[tuple[datetime, UUID, str]]) -> dict[UUID, HandOverRow]:
    made: dict[UUID, HandOverRow] = _rows(HandOver, taken, _table)
    return made


def _consignments(taken: Sequence[tuple[datetime, UUID, str]]) -> dict[UUID, HandOverRow]:
    made: dict[UUID, HandOverRow] = _rows(Consignment, taken, _consignment)
    return made


def _table(row: HandOver) -> HandOverRow:
    return HandOverRow(
        row.id,
        "hand_over",
        "",
        row.entrustment.title,
        row.party.name,
        row.status,
        row.get_status_display(),
        row.rows,
        tuple(map(Field.parse, row.fields)),
        row.created_at,
        row.receipted_at is not None,
    )


def _consignment(row: Consignment) -> HandOverRow:
    return HandOverRow(
        row.id,
        "consignment",
        Medium(row.medium).label(language()),
        row.entrustment.title,
        row.party.name,
        "void" if row.voided_at else "released",
        "",
        row.people,
        tuple(map(Field.parse, row.fields)),
        row.created_at,
        row.receipted_at is not None,
    )
