"""Reading: the sources of a body, who of them is silent, and what waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count

from azukari.errors import NotFoundError
from azukari.uses import Reason
from azukari.web.accounts.tokens import digest_of
from azukari.web.trail.models import Source, Waiting


@dataclass(frozen=True)
class SourceInfo:
    """記録元。 A source as others read it; ``form``: ``events``, ``table`` or ``fhir``; ``mapping``: bytes, empty where none."""

    id: UUID
    body: UUID
    name: str
    form: str
    mapping: bytes
    every_hours: int | None
    adds_people: bool
    heard_at: datetime | None
    created_at: datetime
    ended: bool

    def silent(self, now: datetime) -> bool:
        """Whether it has told nothing for longer than it should."""
        if self.ended or self.every_hours is None:
            return False
        return now - (self.heard_at or self.created_at) > timedelta(hours=self.every_hours)


def source(source_id: UUID) -> SourceInfo:
    """The source of this id, or NotFoundError."""
    return _info(Source.objects.filter(id=source_id).first())


def named(body_id: UUID, name: str) -> SourceInfo:
    """The source of this name, or NotFoundError."""
    return _info(Source.objects.filter(body_id=body_id, name=name).first())


def with_token(token: str) -> SourceInfo | None:
    """Whose token this is; None for nobody's, and for that of a source that has ended."""
    row = Source.objects.filter(digest=digest_of(token), ended_at=None).first()
    return None if row is None else _info(row)


def sources(body_id: UUID) -> list[SourceInfo]:
    """All of a body, by name."""
    return [_info(row) for row in Source.objects.filter(body_id=body_id).order_by("name")]


def silent(body_id: UUID, now: datetime) -> list[SourceInfo]:
    """Those that have told nothing for longer than they should: what people see may have gaps."""
    return [one for one in sources(body_id) if one.silent(now)]


def waiting(body_id: UUID) -> dict[UUID, list[tuple[Reason, int]]]:
    """How much waits of each source, by reason, the most first."""
    counted = Waiting.objects.filter(body_id=body_id).values_list("source_id", "reason").annotate(found=Count("id"))
    found: dict[UUID, list[tuple[Reason, int]]] = {}
    for source_id, reason, count in counted.order_by("-found", "reason"):
        found.setdefault(source_id, []).append((Reason(reason), count))
    return found


def _info(row: Source | None) -> SourceInfo:
    if row is None:
        raise NotFoundError("there is no such source")
    return SourceInfo(
        row.id,
        row.body_id,
        row.name,
        row.form,
        bytes(row.mapping),
        row.every_hours,
        row.adds_people,
        row.heard_at,
        row.created_at,
        row.ended_at is not None,
    )
