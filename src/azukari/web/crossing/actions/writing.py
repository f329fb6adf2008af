"""Crossings are written: first into the register, whole, then as folders, which can be written again at any time.

The register comes first. A folder that was written before its row could be carried across by somebody while a crash took
the row away, and the next crossing of the same number would then split the chain.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction

from azukari.errors import StateError, StorageError
from azukari.seal.crossing import MAX_ITEMS, Crossing, Listed, Side, name_of, seal_item, signer_of
from azukari.seal.items import moment_text
from azukari.stores.keys import KeyEncryptionKey
from azukari.web import office
from azukari.web.crossing import queries
from azukari.web.crossing.models import Crossed, Exported, Parcel, Peer
from azukari.web.crossing.outgoing import Outgoing, changed
from azukari.web.crossing.vault import identity_of


@dataclass(frozen=True)
class Made:
    """作った便。 How many crossings were made anew, and how many items they hold."""

    crossings: int
    items: int


@dataclass(frozen=True)
class _Ready:
    """An item as it will cross: what the list says of it, and its sealed bytes or its place."""

    item: Outgoing
    listed: Listed
    sealed: bytes | None


def make(
    *,
    body_id: UUID,
    candidates: Iterable[Outgoing],
    kek: KeyEncryptionKey,
    by: UUID,
    at: datetime,
    left: Callable[[Sequence[Outgoing]], None] = lambda items: None,
) -> Made:
    """Make crossings of what is new or changed; they are on their way from here on, and can be written (``write``, ``packed``).

    ``left`` is called in the same transaction with the items that go out. Nothing new and nothing to confirm makes no
    crossing. StateError before the sides are paired, KeyFileError, StorageError.
    """
    recipient = queries.paired(body_id).recipient
    ready = [_ready(item, recipient) for item in changed(body_id, candidates)]
    made = _record(body_id, ready, kek, left, by=by, at=at)
    return Made(len(made), sum(made))


def _ready(item: Outgoing, recipient: str) -> _Ready:
    """Before the transaction: reading a large package must not hold up the office."""
    if item.path:
        size, digest = _measured(office.folder() / item.path)
        sealed = None
    else:
        sealed = seal_item(item.read(), recipient)
        size, digest = len(sealed), hashlib.sha256(sealed).hexdigest()
    return _Ready(item, Listed(name_of(item.kind, item.id.hex), item.kind, item.id.hex, size, digest), sealed)


def _measured(path: Path) -> tuple[int, str]:
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return file.tell(), digest
    except OSError:
        raise StorageError(f"{path.name} cannot be read") from None


def _record(
    body_id: UUID,
    ready: list[_Ready],
    kek: KeyEncryptionKey,
    left: Callable[[Sequence[Outgoing]], None],
    *,
    by: UUID,
    at: datetime,
) -> list[int]:
    """The rows of the new crossings, in one transaction with the marks of their items; returns the count of each."""
    with transaction.atomic():
        peer = Peer.objects.select_for_update(no_key=True).filter(body=body_id).first()
        if peer is None:
            raise StateError("this side has no key yet")
        before = queries.exported(body_id)  # another export may have been faster
        ready = [one for one in ready if before.get((one.item.kind, one.item.id)) != one.item.version]
        pieces = [ready[start : start + MAX_ITEMS] for start in range(0, len(ready), MAX_ITEMS)]
        if not pieces and queries.owes_word(body_id):
            pieces = [[]]
        for piece in pieces:
            _record_one(peer, piece, kek, by=by, at=at)
        left([one.item for one in ready])
    return [len(piece) for piece in pieces]


def _record_one(peer: Peer, piece: list[_Ready], kek: KeyEncryptionKey, *, by: UUID, at: datetime) -> None:
    last = queries.chain(peer.body, Crossed.Direction.OUT)
    crossing = Crossing(
        side=Side(peer.side),
        body=peer.body.hex,
        sequence=last.sequence + 1,
        previous=last.digest,
        taken=queries.chain(peer.body, Crossed.Direction.IN).sequence,
        made=moment_text(at),
        items=tuple(sorted(one.listed for one in piece)),
    )
    row = Crossed.objects.create(
        body=peer.body,
        direction=Crossed.Direction.OUT,
        sequence=crossing.sequence,
        previous=crossing.previous,
        digest=crossing.digest,
        count=len(piece),
        note=crossing.sign(signer_of(identity_of(peer, kek))),
        crossed_at=at,
        crossed_by=by,
    )
    Parcel.objects.bulk_create(
        Parcel(body=peer.body, crossed=row, name=one.listed.name, sealed=one.sealed, path=one.item.path)
        for one in piece
    )
    # What came before this one is confirmed by it.
    Crossed.objects.filter(body=peer.body, direction=Crossed.Direction.IN, arrived_at__isnull=True).update(
        arrived_at=at
    )
    for one in piece:
        named: dict[str, Any] = {"body": peer.body, "kind": one.item.kind, "item": one.item.id}
        Exported.objects.update_or_create(**named, defaults={"version": one.item.version})
