"""Reading the pair and the chains, as small frozen values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from azukari.errors import StateError
from azukari.seal.crossing import FIRST_PREVIOUS, Expected, Side, signer_of
from azukari.seal.pairing import SideCard, fingerprint_of
from azukari.stores.crossing_file import Crossings
from azukari.stores.keys import KeyEncryptionKey
from azukari.web import office
from azukari.web.crossing.models import Crossed, Exported, Parcel, Peer, Refusal
from azukari.web.crossing.vault import identity_of


@dataclass(frozen=True)
class PeerInfo:
    """相手側。 Our side of a body, and the other side's keys, empty before it is paired."""

    body: UUID
    side: Side
    recipient: str
    vkey: str
    paired_at: datetime | None


@dataclass(frozen=True)
class Chain:
    """便の連なり。 Where one direction stands: the last number (0: none), its digest, and when it crossed."""

    sequence: int
    digest: str
    at: datetime | None


def peer(body_id: UUID) -> PeerInfo | None:
    """This side of the body, or None where crossing was never prepared."""
    row = Peer.objects.filter(body=body_id).first()
    return None if row is None else PeerInfo(row.body, Side(row.side), row.recipient, row.vkey, row.paired_at)


def paired(body_id: UUID) -> PeerInfo:
    """The same, or StateError before the two sides are paired."""
    found = peer(body_id)
    if found is None or not found.vkey:
        raise StateError("the two sides are not paired yet")
    return found


def fingerprint(body_id: UUID, kek: KeyEncryptionKey) -> str:
    """That of our own card, to be read out. StateError where there is none yet, KeyFileError under another key."""
    row = _peer(body_id)
    identity = identity_of(row, kek)
    return fingerprint_of(body_id.hex, Side(row.side), identity.recipient, signer_of(identity).vkey)


def is_outside() -> bool:
    """Whether the open office is one of the outside."""
    return Peer.objects.filter(side=Side.OUTSIDE.value).exists()


def chain(body_id: UUID, direction: str) -> Chain:
    """Where a direction (``out``, ``in``) stands."""
    row = Crossed.objects.filter(body=body_id, direction=direction).order_by("-sequence").first()
    return Chain(row.sequence, row.digest, row.crossed_at) if row else Chain(0, FIRST_PREVIOUS, None)


def expected(body_id: UUID) -> Expected:
    """What the next crossing from the other side must be. StateError before the sides are paired."""
    known, came = paired(body_id), chain(body_id, Crossed.Direction.IN)
    sent = chain(body_id, Crossed.Direction.OUT).sequence
    return Expected(body_id.hex, known.side, known.vkey, came.sequence + 1, came.digest, sent)


def exported(body_id: UUID) -> dict[tuple[str, UUID], str]:
    """The version of each item that went out last, by kind and id."""
    found = Exported.objects.filter(body=body_id).values_list("kind", "item", "version")
    return {(kind, item): version for kind, item, version in found}


def last_exported(body_id: UUID, kind: str) -> str | None:
    """The version of the item of this kind that went out last and has the largest id; None before the first."""
    found = Exported.objects.filter(body=body_id, kind=kind).order_by("-item")
    return found.values_list("version", flat=True).first()


@dataclass(frozen=True)
class RefusalInfo:
    """取り込めなかった品。 Kind and id of the item, the crossing that brought it, and why; no ``word``: it was taken after all."""

    id: UUID
    kind: str
    item: UUID
    number: int
    word: str
    detail: str
    at: datetime


def refusals(body_id: UUID, direction: str) -> list[RefusalInfo]:
    """Items that were refused here (``in``) or on the other side (``out``), the newest first; those that are over too."""
    found = Refusal.objects.filter(body=body_id, direction=direction).order_by("-noted_at", "id")
    return [RefusalInfo(one.id, one.kind, one.item, one.number, one.word, one.detail, one.noted_at) for one in found]


@dataclass(frozen=True)
class CrossedInfo:
    """便の記録。 Its number, how many items it holds, when and by whom it crossed here, and when it was known to have arrived."""

    sequence: int
    count: int
    at: datetime
    by: UUID
    arrived_at: datetime | None


def crossed(body_id: UUID, direction: str, limit: int, *, waiting: bool = False) -> list[CrossedInfo]:
    """The newest crossings of a direction, newest first; ``waiting``: those alone that were not said to have arrived."""
    found = Crossed.objects.filter(body=body_id, direction=direction)
    if waiting:
        found = found.filter(arrived_at__isnull=True)
    rows = found.order_by("-sequence").defer("note")[:limit]
    return [CrossedInfo(row.sequence, row.count, row.crossed_at, row.crossed_by, row.arrived_at) for row in rows]


def owes_word(body_id: UUID) -> bool:
    """Whether something came that no crossing of ours has confirmed; a mere confirmation is not confirmed again."""
    came = Crossed.objects.filter(body=body_id, direction=Crossed.Direction.IN, count__gt=0, arrived_at__isnull=True)
    return came.exists()


def on_their_way(body_id: UUID) -> list[tuple[int, bytes]]:
    """Number and note of the crossings that the other side has not said to have taken, oldest first."""
    found = Crossed.objects.filter(body=body_id, direction=Crossed.Direction.OUT, arrived_at__isnull=True)
    return [(row.sequence, bytes(row.note or b"")) for row in found.order_by("sequence")]


def oldest_on_its_way(body_id: UUID) -> datetime | None:
    """Since when the oldest crossing is on its way that the other side has not said to have taken; None: none is."""
    found = Crossed.objects.filter(body=body_id, direction=Crossed.Direction.OUT, arrived_at__isnull=True)
    return found.order_by("sequence").values_list("crossed_at", flat=True).first()


def parcels(body_id: UUID, sequence: int) -> list[tuple[str, bytes | Path]]:
    """The files of a crossing on its way: name, and bytes or place."""
    found = Parcel.objects.filter(
        crossed__body=body_id, crossed__direction=Crossed.Direction.OUT, crossed__sequence=sequence
    )
    return [
        (row.name, office.folder() / row.path if row.sealed is None else bytes(row.sealed))
        for row in found.order_by("name")
    ]


def packed(body_id: UUID) -> Crossings:
    """All of these as ``stores.crossing_file`` writes them; of each the files are read when it is its turn."""
    return [(note, _Parcels(body_id, number)) for number, note in on_their_way(body_id)]


@dataclass(frozen=True)
class _Parcels:
    """The files of one crossing, not all of them in memory with those of the others."""

    body_id: UUID
    sequence: int

    def __iter__(self) -> Iterator[tuple[str, bytes | Path]]:
        return iter(parcels(self.body_id, self.sequence))


def card(body_id: UUID, kek: KeyEncryptionKey, *, name: str, name_en: str, origin: str, log_vkey: str) -> bytes:
    """Our side's card, signed. StateError where there is none yet, KeyFileError under another key."""
    row = _peer(body_id)
    identity = identity_of(row, kek)
    signer = signer_of(identity)
    made = SideCard(Side(row.side), body_id.hex, name, name_en, origin, log_vkey, identity.recipient, signer.vkey)
    return made.sign(signer)


def _peer(body_id: UUID) -> Peer:
    row = Peer.objects.filter(body=body_id).first()
    if row is None:
        raise StateError("this side has no key yet")
    return row
