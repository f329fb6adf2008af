"""The events that many people share: those of hand-overs, one for each role. They name nobody but body and party."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from azukari.completeness.event import Event as Happening
from azukari.web.leaves.models import Bulk, Event


@dataclass(frozen=True)
class Shared:
    """受渡しの出来事。 The canonical event of a hand-over (``source``) for one role of its rows."""

    source: UUID
    role: str
    data: bytes


def shared(body_id: UUID) -> Iterator[Shared]:
    """Those of all hand-overs of a body whose leaves stand in the ledger, in the order in which they were logged."""
    ended = Bulk.objects.filter(body_id=body_id).exclude(state=Bulk.State.OPEN).values("id")
    found = Event.objects.filter(body_id=body_id, source__in=ended).order_by("id")
    return (Shared(row.source, row.role, bytes(row.data)) for row in found.iterator())


def is_shared(event: Happening) -> bool:
    """Whether this is the event of a hand-over, which others have too."""
    return Event.objects.filter(source=UUID(hex=event.id), data=event.encode()).exists()
