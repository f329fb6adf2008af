"""What could not be taken is told to whoever sent it, in the next crossing, and once more when it was taken after all."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from azukari.errors import AzukariError, ForeignCrossingError, NotFoundError
from azukari.seal.items import MAX_LINE, RefusalItem
from azukari.web.crossing.models import Crossed, Exported, Refusal
from azukari.web.crossing.outgoing import REFUSAL

AGAIN: Final = ""
"""The version of what is to go out again: no item has it."""


def keep(
    *,
    body_id: UUID,
    number: int,
    taken: Iterable[tuple[str, UUID]],
    refused: Iterable[tuple[str, UUID, AzukariError]],
    by: UUID,
    at: datetime,
) -> None:
    """Keep, inside the caller's transaction, what the crossing ``number`` brought that could not be taken (kind, id, why).

    An item that was taken now and refused before is over: that is told, too.
    """
    came = Refusal.objects.filter(body=body_id, direction=Crossed.Direction.IN)
    open_ones = set(came.exclude(word="").values_list("kind", "item"))
    for kind, item in open_ones & set(taken):
        came.filter(kind=kind, item=item).update(word="", detail="", number=number, noted_at=at, noted_by=by)
    for kind, item, error in refused:
        if kind != REFUSAL:
            said = {"number": number, "word": error.word, "detail": _line(error.detail)}
            _put(body_id, Crossed.Direction.IN, kind, item, said, by=by, at=at)


def hear(*, body_id: UUID, item: RefusalItem, by: UUID, at: datetime) -> None:
    """Keep, inside the caller's transaction, what the other side says of an item of ours.

    ForeignCrossingError if no such item ever went out from here.
    """
    kind, about = item.what, UUID(hex=item.item)
    if not Exported.objects.filter(body=body_id, kind=kind, item=about).exists():
        raise ForeignCrossingError("a refusal of nothing that was sent from here")
    said = {"number": item.number, "word": item.word, "detail": item.detail if item.word else ""}
    _put(body_id, Crossed.Direction.OUT, kind, about, said, by=by, at=at)


def send_again(*, body_id: UUID, refusal_id: UUID, by: UUID, at: datetime) -> None:
    """Let an item of ours that was refused go out once more, though it has not changed. NotFoundError."""
    row = Refusal.objects.filter(id=refusal_id, body=body_id, direction=Crossed.Direction.OUT).first()
    if row is None:
        raise NotFoundError("there is no such refusal")
    Exported.objects.filter(body=body_id, kind=row.kind, item=row.item).update(version=AGAIN)


def _put(body_id: UUID, direction: str, kind: str, item: UUID, said: dict[str, Any], *, by: UUID, at: datetime) -> None:
    named: dict[str, Any] = {"body": body_id, "direction": direction, "kind": kind, "item": item}
    Refusal.objects.update_or_create(**named, defaults={**said, "noted_at": at, "noted_by": by})


def _line(detail: str) -> str:
    return "".join(letter for letter in " ".join(detail.split()) if letter.isprintable())[:MAX_LINE]
