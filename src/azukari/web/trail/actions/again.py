"""Judge again what waits: after a mapping was mended, or a person came to be known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from azukari.stores.keys import KeyEncryptionKey
from azukari.web.trail import sealed
from azukari.web.trail.actions import taking
from azukari.web.trail.elements import Counts, Element, judged
from azukari.web.trail.models import Waiting
from azukari.web.trail.queries import SourceInfo


def again(*, source: SourceInfo, kek: KeyEncryptionKey, by: UUID, at: datetime) -> Counts:
    """Take what can be taken now; what cannot waits on, under the reason of now. PayloadError, and as ``taking.take``.

    A batch of what waited is one transaction with what it became: killed anywhere, it still waits, or is taken.
    """
    counts = Counts()
    ids = list(Waiting.objects.filter(source_id=source.id).order_by("told_at", "place").values_list("id", flat=True))
    for some in _parts(ids):
        with transaction.atomic():
            held = list(Waiting.objects.select_for_update().filter(id__in=some).order_by("told_at", "place"))
            elements = _elements(source, held, kek, at)
            Waiting.objects.filter(id__in=[row.id for row in held]).delete()
            counts.add(taking.all_of(source=source, elements=elements, kek=kek, by=by, at=at))
    return counts


def _parts(ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    return (ids[start : start + taking.BATCH] for start in range(0, len(ids), taking.BATCH))


def _elements(source: SourceInfo, held: Sequence[Waiting], kek: KeyEncryptionKey, at: datetime) -> list[Element]:
    _, cipher = sealed.keys(source.body, kek)
    return [judged(source, row.place, sealed.opened(cipher, bytes(row.line), row.id), at) for row in held]
