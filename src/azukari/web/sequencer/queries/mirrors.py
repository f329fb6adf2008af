"""The logs that grow elsewhere and are kept here: how far they are shown, and what was refused of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from azukari.web.sequencer.models import Fork, Log
from azukari.web.sequencer.queries import Signed, latest


@dataclass(frozen=True)
class ForkInfo:
    """台帳の食い違い。 A state that was refused: ``kept`` and ``shown`` as they were signed, ``proof`` what convicts the log.

    ``kind``: ``fork``, ``rollback``, or ``rewritten``: then ``shown`` is the entry that came for index ``size``.
    """

    kind: str
    label: str
    size: int
    kept: bytes
    shown: bytes
    proof: bytes
    seen_at: datetime


@dataclass(frozen=True)
class MirrorInfo:
    """写している台帳。 Whose log, the key it is under now, the checkpoint that is shown (None: not yet), and what was refused."""

    id: UUID
    body: UUID
    origin: str
    vkey: str
    signed: Signed | None
    forks: tuple[ForkInfo, ...]


def mirrors() -> list[MirrorInfo]:
    """All of them, by origin."""
    return [
        MirrorInfo(row.id, row.body, row.origin, row.vkey, latest(row.id), _forks(row))
        for row in Log.objects.filter(wrapped_key__isnull=True).order_by("origin")
    ]


def _forks(row: Log) -> tuple[ForkInfo, ...]:
    return tuple(
        ForkInfo(
            one.kind,
            one.get_kind_display(),
            one.size,
            bytes(one.kept),
            bytes(one.shown),
            bytes(one.proof),
            one.seen_at,
        )
        for one in Fork.objects.filter(log=row).order_by("seen_at", "id")
    )
