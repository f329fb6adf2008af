"""Reading who may look here, as small frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from azukari.errors import NotFoundError
from azukari.web.citizens.models import Citizen


@dataclass(frozen=True)
class CitizenInfo:
    """足あとを見る人。 Whose list it is, as a random id; ``lasting``: whether there is a code that may be
    used again; ``letter``: what tells sessions of one letter from those of another."""

    id: UUID
    body: UUID
    lasting: bool
    letter: str


def citizen(citizen_id: UUID) -> CitizenInfo:
    """The citizen of this id, or NotFoundError: also of one for whom it is over."""
    row = Citizen.objects.filter(id=citizen_id).first()
    if row is None:
        raise NotFoundError("there is no such citizen")
    return CitizenInfo(row.id, row.body_id, row.lasting, row.issued_at.isoformat())
