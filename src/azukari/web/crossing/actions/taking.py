"""A crossing is taken: verified whole, copied in, then all its items and its row in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from django.db import transaction

from azukari.errors import (
    AzukariError,
    FormatError,
    InputError,
    Language,
    LimitError,
    RefusedError,
    StorageError,
    VerificationError,
)
from azukari.seal.crossing import KINDS, OPEN_KINDS, Crossing, Listed, verify_crossing
from azukari.seal.identity import Identity
from azukari.seal.items import MAX_ITEM, RefusalItem
from azukari.stores.crossing import Progress, copy_in, read_note
from azukari.stores.keys import KeyEncryptionKey
from azukari.web.crossing import queries
from azukari.web.crossing.actions import refusing
from azukari.web.crossing.inbox import private_folder
from azukari.web.crossing.models import Crossed, Parcel, Peer
from azukari.web.crossing.outgoing import REFUSAL
from azukari.web.crossing.vault import identity_of

_SEALED_MORE: Final = 4_096  # bytes that age adds at most to an item


@dataclass(frozen=True)
class Incoming:
    """来た品。 An item of a verified crossing: its opened bytes, or, of a package, the private file that the taker may move."""

    kind: str
    id: UUID
    data: bytes
    file: Path


Apply = Callable[[Incoming], AzukariError | None]
"""Takes one item, inside the caller's transaction."""


@dataclass(frozen=True)
class ItemRefused:
    """取り込めない品。 Kind and id of an item that was passed over, and why."""

    kind: str
    id: UUID
    error: AzukariError

    def sentence(self, language: Language) -> str:
        """What people read."""
        return self.error.sentence(language)


@dataclass(frozen=True)
class Came:
    """便の取込みの結果。 Its number, how many items were taken, and those that were not."""

    sequence: int
    taken: int
    refused: tuple[ItemRefused, ...]


def take(
    *,
    body_id: UUID,
    folder: Path,
    apply: Apply,
    kek: KeyEncryptionKey,
    by: UUID,
    at: datetime,
    progress: Progress = lambda done, total: None,
) -> Came:
    """Take the crossing in ``folder``: steps 1 to 8, then ``apply`` on each item in the order of ``KINDS``.

    An item that ``apply`` refuses (verification, refusal, input) is passed over, whole, and told; a refusal that it
    returns instead is told, too, and what it wrote stays, as evidence; anything else, a disk
    that fails for one, takes the whole crossing back. StateError before the sides are paired; the refusals of
    docs/spec/crossing.md, after which nothing is changed; KeyFileError, NotFoundError, StorageError. What the other side
    could not take of ours is kept, and what could not be taken here is told in the next crossing (``refusing``).
    """
    note = read_note(folder)
    crossing = verify_crossing(note, queries.expected(body_id))  # steps 1 to 5
    with private_folder() as inbox:
        copy_in(folder, crossing, inbox, progress)  # steps 6 to 8
        with transaction.atomic():
            peer = Peer.objects.select_for_update(no_key=True).get(body=body_id)
            verify_crossing(note, queries.expected(body_id))  # another import may have been faster
            refused = _apply_all(crossing, inbox, identity_of(peer, kek), _hearing(apply, body_id, by=by, at=at))
            _record(crossing, by=by, at=at)
            _keep(crossing, refused, by=by, at=at)
    return Came(crossing.sequence, len(crossing.items) - len(refused), tuple(refused))


def _hearing(apply: Apply, body_id: UUID, *, by: UUID, at: datetime) -> Apply:
    """What is said of our own items is heard here; everything else is the caller's."""

    def heard(item: Incoming) -> AzukariError | None:
        if item.kind != REFUSAL:
            return apply(item)
        said = RefusalItem.parse(item.data)
        if UUID(hex=said.id) != item.id:
            raise FormatError("another identifier than the list's")
        refusing.hear(body_id=body_id, item=said, by=by, at=at)
        return None

    return heard


def _keep(crossing: Crossing, refused: list[ItemRefused], *, by: UUID, at: datetime) -> None:
    left = {(one.kind, one.id) for one in refused}
    taken = {(one.kind, UUID(hex=one.id)) for one in crossing.items} - left
    refusing.keep(
        body_id=UUID(hex=crossing.body),
        number=crossing.sequence,
        taken=taken,
        refused=[(one.kind, one.id, one.error) for one in refused],
        by=by,
        at=at,
    )


def _apply_all(crossing: Crossing, inbox: Path, identity: Identity, apply: Apply) -> list[ItemRefused]:
    refused = []
    for item in sorted(crossing.items, key=lambda one: (KINDS.index(one.kind), one.name)):
        try:
            with transaction.atomic():
                told = apply(_incoming(item, inbox / item.name, identity))
        except (VerificationError, RefusedError, InputError) as error:
            told = error
        if told is not None:
            refused.append(ItemRefused(item.kind, UUID(hex=item.id), told))
    return refused


def _incoming(item: Listed, file: Path, identity: Identity) -> Incoming:
    if item.kind in OPEN_KINDS:
        return Incoming(item.kind, UUID(hex=item.id), b"", file)
    if item.bytes > MAX_ITEM + _SEALED_MORE:
        raise LimitError("an item larger than its limit")
    try:
        sealed = file.read_bytes()
    except OSError:
        raise StorageError(f"{item.name} cannot be read") from None
    return Incoming(item.kind, UUID(hex=item.id), identity.decrypt(sealed), file)


def _record(crossing: Crossing, *, by: UUID, at: datetime) -> None:
    body_id = UUID(hex=crossing.body)
    Crossed.objects.create(
        body=body_id,
        direction=Crossed.Direction.IN,
        sequence=crossing.sequence,
        previous=crossing.previous,
        digest=crossing.digest,
        count=len(crossing.items),
        crossed_at=at,
        crossed_by=by,
    )
    arrived = Crossed.objects.filter(body=body_id, direction=Crossed.Direction.OUT, sequence__lte=crossing.taken)
    arrived.filter(arrived_at__isnull=True).update(arrived_at=at)
    Parcel.objects.filter(crossed__in=arrived).delete()
