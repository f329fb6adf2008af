"""What came from inside for citizens: events, who may look, boxes. Each may be repeated; none changes what is another body's."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from azukari.completeness.box import MAX_BOX
from azukari.completeness.event import Event
from azukari.errors import ForeignCrossingError, FormatError
from azukari.ledger.note import from_base64
from azukari.seal.citizen_items import BoxItem, CitizenItem, EventItem
from azukari.seal.items import moment
from azukari.stores.keys import KeyEncryptionKey
from azukari.web.citizens import vault
from azukari.web.citizens.models import Box, Citizen, Happening
from azukari.web.crossing.actions.taking import Incoming

KINDS: Final = ("event", "citizen", "box")
"""The kinds of items that this room takes."""


def apply(*, item: Incoming, body_id: UUID, kek: KeyEncryptionKey, by: UUID, at: datetime) -> None:
    """Take one item of ``KINDS`` inside the caller's transaction.

    FormatError for one of another form or another id than the list's; ForeignCrossingError for an id of another body, or
    a box of nobody who may look here; KeyFileError.
    """
    if item.kind == "event":
        _happened(_known(EventItem.parse(item.data), item), body_id)
    elif item.kind == "citizen":
        _looking(_known(CitizenItem.parse(item.data), item), body_id, kek, by=by, at=at)
    else:
        _boxed(_known(BoxItem.parse(item.data), item), body_id)


def _known(parsed: Any, item: Incoming) -> Any:
    if UUID(hex=parsed.id) != item.id:
        raise FormatError("another identifier than the list's")
    return parsed


def _happened(item: EventItem, body_id: UUID) -> None:
    event = Event.parse(item.event.encode())
    if event.id != item.source:
        raise FormatError("an event of another hand-over")
    values = {"source": UUID(hex=item.source), "day": event.day, "data": event.encode()}
    _put(Happening, UUID(hex=item.id), body_id, values)


def _looking(item: CitizenItem, body_id: UUID, kek: KeyEncryptionKey, *, by: UUID, at: datetime) -> None:
    """A newer letter takes the place of whatever the citizen signed in with; the same one again does not."""
    citizen_id = UUID(hex=item.id)
    if not item.is_active:
        Citizen.objects.filter(id=citizen_id, body_id=body_id).delete()  # the boxes go along
        return
    keys = vault.wrap(citizen_id, [bytes.fromhex(key) for key in item.keys], kek)
    values: dict[str, Any] = {"wrapped_keys": keys, "came_at": at, "came_by": by}
    there = Citizen.objects.filter(id=citizen_id).first()
    if there is None or there.issued_at < moment(item.issued_at):
        values |= {"letter": item.letter, "code_hash": item.code_hash, "lasting": False, "tries": 0}
        values |= {"issued_at": moment(item.issued_at), "expires_at": moment(item.expires_at)}
    _put(Citizen, citizen_id, body_id, values)


def _boxed(item: BoxItem, body_id: UUID) -> None:
    sealed = from_base64(item.sealed)
    if len(sealed) > MAX_BOX:
        raise FormatError("a box of that size")
    citizen = Citizen.objects.filter(id=UUID(hex=item.citizen), body_id=body_id).first()
    if citizen is None:
        raise ForeignCrossingError("a box of nobody who may look here")
    _put(Box, UUID(hex=item.id), body_id, {"citizen": citizen, "index": item.index, "sealed": sealed})


def _put(model: Any, row_id: UUID, body_id: UUID, values: dict[str, Any]) -> None:
    with transaction.atomic():
        there = model.objects.select_for_update(no_key=True).filter(pk=row_id).first()
        if there is not None and there.body_id != body_id:
            raise ForeignCrossingError("an identifier of another body")
        model.objects.update_or_create(pk=row_id, body_id=body_id, defaults=values)
