"""Uses of many people at once, all of them shown, in the caller's transaction (docs/spec/completeness.md, 2 to 4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from azukari.completeness.event import Act
from azukari.completeness.labels import tails
from azukari.completeness.leaf import NO_ENTRUSTMENT, head
from azukari.completeness.making import label_of
from azukari.errors import OptionError, StateError
from azukari.fields.days import day_of
from azukari.stores.keys import KeyEncryptionKey
from azukari.web.leaves.blocks import EPOCH, ID_BYTES, Template, packed
from azukari.web.leaves.models import Pattern, UseBlock
from azukari.web.sequencer import queries as sequencer
from azukari.web.sequencer.actions import entry
from azukari.web.subjects import queries as subjects
from azukari.web.subjects.actions import counting

MOST: Final = 10_000
"""Uses in one block: a report reads the block of each of its uses."""


@dataclass(frozen=True, repr=False)
class Uses:
    """利用のまとまり。 Side by side: whom (number), what (place in ``patterns``, made by `blocks.pattern_of`), when (POSIX
    seconds), id (16 bytes).
    """

    patterns: Sequence[Template]
    numbers: NDArray[np.int64]
    places: Sequence[int]
    moments: Sequence[int]
    ids: Sequence[bytes]


def note(*, body_id: UUID, uses: Uses, kek: KeyEncryptionKey, by: UUID, at: datetime) -> list[int]:
    """Note uses in their people's lists; the index of the leaf of each, in the order given.

    Their leaves stand in the order of labels, which tells nobody in what order a source goes through its register.
    StateError outside a transaction, or if one of the people was erased; OptionError for more than `MOST`, or an id of
    another length; FormatError for a day before 1970; KeyFileError.
    """
    if not transaction.get_connection().in_atomic_block:
        raise StateError("uses are noted only inside the transaction of what happened")
    if len(uses.ids) > MOST or any(len(one) != ID_BYTES for one in uses.ids):
        raise OptionError(f"at most {MOST} uses at once, each with an id of {ID_BYTES} bytes")
    if not uses.ids:
        return []
    leaves = _leaves(body_id, uses, kek, by, at)
    order = sorted(range(len(leaves)), key=lambda place: label_of(leaves[place]))
    rows = _patterns(body_id, uses.patterns)
    log = sequencer.log_of(body_id)
    stand = entry.append_many(log_id=log.id, entries=[leaves[place] for place in order], by=by, at=at)
    UseBlock.objects.create(
        body_id=body_id,
        first=stand.start,
        count=len(stand),
        rows=packed((rows[uses.places[place]], uses.moments[place], uses.ids[place]) for place in order),
        noted_at=at,
        noted_by=by,
    )
    indexes = dict(zip(order, stand, strict=True))
    return [indexes[place] for place in range(len(order))]


def _leaves(body_id: UUID, uses: Uses, kek: KeyEncryptionKey, by: UUID, at: datetime) -> list[bytes]:
    taken = counting.take(body_id=body_id, numbers=uses.numbers, by=by, at=at)
    # The generation is read once the counter is locked: a change of keys may have ended while it was waited for.
    keys = subjects.list_keys(uses.numbers, subjects.generations(uses.numbers), kek)
    if b"" in keys:
        raise StateError("one of these people was erased")
    told = zip(uses.places, uses.moments, uses.ids, strict=True)
    hashes = [sha256(uses.patterns[place].event(moment, use_id)).digest() for place, moment, use_id in told]
    heads = _Heads()
    made = tails(keys, taken.tolist(), hashes)
    return [heads.at(moment) + tail for moment, tail in zip(uses.moments, made, strict=True)]


class _Heads:
    """葉の頭。 What stands before label and commitment: one for each day."""

    def __init__(self) -> None:
        self._of: dict[date, bytes] = {}

    def at(self, moment: int) -> bytes:
        day = day_of(EPOCH + timedelta(seconds=moment))
        if day not in self._of:
            self._of[day] = head(Act.USE.kind, NO_ENTRUSTMENT, day)
        return self._of[day]


def _patterns(body_id: UUID, patterns: Sequence[Template]) -> list[int]:
    """The row of each pattern, made where there is none; whoever makes the same at the same time is waited for."""
    data = [pattern.data for pattern in patterns]
    digests = [sha256(one).digest() for one in data]
    found = _rows(body_id, digests)
    if missing := [place for place, digest in enumerate(digests) if digest not in found]:
        new = [Pattern(body_id=body_id, digest=digests[place], data=data[place]) for place in missing]
        Pattern.objects.bulk_create(new, ignore_conflicts=True)
        found = _rows(body_id, digests)
    return [found[digest] for digest in digests]


def _rows(body_id: UUID, digests: Sequence[bytes]) -> dict[bytes, int]:
    rows = Pattern.objects.filter(body_id=body_id, digest__in=list(dict.fromkeys(digests)))
    return {bytes(digest): number for digest, number in rows.values_list("digest", "id")}
