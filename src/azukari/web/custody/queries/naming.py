"""One record by what somebody calls it, and the names of many: asked of the database, never looked for in a whole list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from azukari.errors import NotFoundError
from azukari.web.custody import queries
from azukari.web.custody.models import Entrustment, HandOver, Party
from azukari.web.custody.queries import permissions


@dataclass(frozen=True)
class Released:
    """引き渡した表。 A hand-over that left, as a form offers it; ``rows`` of its table."""

    id: UUID
    rows: int
    created_at: datetime


def id_of(name: str) -> UUID | None:
    """The id that is written here, as 32 hexadecimal digits or with hyphens, in small letters; None for anything else."""
    try:
        found = UUID(name)
    except ValueError:
        return None
    return found if name in (found.hex, str(found)) else None


def party(body_id: UUID, name: str) -> queries.PartyInfo:
    """The party of a body with this id or name, the oldest of several; NotFoundError."""
    found = Party.objects.filter(_called(name, "name"), body_id=body_id).order_by("created_at", "id")
    row = found.first()
    if row is None:
        raise NotFoundError("party")
    return queries.as_party(row)


def entrustments(body_id: UUID, name: str) -> list[queries.EntrustmentInfo]:
    """The entrustments of a body with this id or title, in the order of the ledger."""
    found = Entrustment.objects.filter(_called(name, "title"), body_id=body_id).order_by("entry_index")
    return [queries.as_entrustment(row) for row in found.prefetch_related("permitted")]


def hand_over(body_id: UUID, name: str) -> queries.HandOverInfo:
    """The hand-over of a body with this id; NotFoundError."""
    key = id_of(name)
    row = None if key is None else HandOver.objects.filter(body_id=body_id, id=key).first()
    if row is None:
        raise NotFoundError("hand-over")
    return queries.as_hand_over(row)


def permission(body_id: UUID, name: str) -> permissions.PermissionInfo:
    """The permission of a body with this id; NotFoundError."""
    key = id_of(name)
    found = None if key is None else permissions.permission(key)
    if found is None or found.body != body_id:
        raise NotFoundError("permission")
    return found


def names_of_parties(ids: Iterable[UUID]) -> dict[UUID, str]:
    """The names of these parties, by id."""
    return dict(Party.objects.filter(id__in=set(ids)).values_list("id", "name"))


def recipients(body_id: UUID) -> dict[UUID, str]:
    """The names of the parties that the hand-overs of a body were for, by the id of the hand-over."""
    return dict(HandOver.objects.filter(body_id=body_id).order_by().values_list("id", "party__name"))


def released(entrustment_id: UUID) -> list[Released]:
    """The tables that have left under an entrustment, oldest first; without their entries and keys."""
    found = HandOver.objects.filter(entrustment_id=entrustment_id, status=HandOver.Status.RELEASED)
    return [Released(*one) for one in found.order_by("created_at", "id").values_list("id", "rows", "created_at")]


def _called(name: str, text: str) -> Q:
    key: Any = id_of(name)
    return Q(**{text: name}) if key is None else Q(id=key) | Q(**{text: name})
