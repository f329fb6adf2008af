"""A citizen's list, composed of the ledger as it came, the index that was rebuilt here, the events and the boxes.

What is not there is not shown: a leaf under the citizen's label without its event stands in the list all the same, and the
verifier says that it is overdue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from uuid import UUID

from azukari.completeness.box import open_box
from azukari.completeness.composing import Ground, Opened, compose, read_list
from azukari.completeness.labels import commitment, opening
from azukari.completeness.leaf import Leaf
from azukari.completeness.report import PersonList, Report
from azukari.errors import PayloadError
from azukari.stores.keys import KeyEncryptionKey
from azukari.web.citizens import queries, vault
from azukari.web.citizens.models import Box, Citizen, Happening
from azukari.web.leaves.queries import reporting
from azukari.web.sequencer import queries as sequencer


def report(citizen_id: UUID, kek: KeyEncryptionKey, today: date, since: int | None = None) -> Report:
    """The report of a citizen under the newest index that came. ``since``: the size of the checkpoint of the last visit.

    NotFoundError for nobody, before the first index has come, or where ``since`` is none of this ledger's sizes;
    NotWitnessedError, NotAuditedError; LimitError for a list too long; KeyFileError, StorageError.
    """
    info = queries.citizen(citizen_id)
    signed, epoch = reporting.newest(info.body, sequencer.log_of(info.body).id)
    going_on = None if since is None or since > signed.size else reporting.going_on(signed, since)
    stands = reporting.ground(signed, epoch)
    return compose(stands, _lists(info, stands, kek, today), going_on)


def listed(citizen_id: UUID, kek: KeyEncryptionKey, today: date) -> Report:
    """The same to be read: without the proofs. Raises as `report`."""
    info = queries.citizen(citizen_id)
    signed, epoch = reporting.newest(info.body, sequencer.log_of(info.body).id)
    stands = replace(reporting.ground(signed, epoch), path=lambda index: ())
    return compose(stands, _lists(info, stands, kek, today), None)


def _lists(info: queries.CitizenInfo, stands: Ground, kek: KeyEncryptionKey, today: date) -> Sequence[PersonList]:
    row = Citizen.objects.get(id=info.id)
    found = Box.objects.filter(citizen_id=info.id).values_list("index", "sealed")
    boxes = {index: bytes(sealed) for index, sealed in found}
    keys = vault.unwrap(info.id, bytes(row.wrapped_keys), kek)
    return [read_list(stands, key, _Opener(info.body, key, boxes, today)) for key in keys]


@dataclass(frozen=True, repr=False)
class _Opener:
    """一覧の中身。 What the leaves under one list key commit to: out of a box, or one of the events that many share."""

    body: UUID
    key: bytes
    boxes: dict[int, bytes]
    today: date
    days: dict[date, list[bytes]] = field(default_factory=dict)

    def __call__(self, n: int, index: int, leaf: Leaf) -> Opened | None:
        """The event, and its opening where it is not derived; None where it is not shown yet, or did not come."""
        if leaf.opens > self.today:
            return None
        return self._boxed(index) or self._shared(n, leaf)

    def _boxed(self, index: int) -> Opened | None:
        """A box of another key of the same citizen, or a damaged one, is none of this list."""
        if index not in self.boxes:
            return None
        try:
            event, fresh = open_box(self.key, index, self.boxes[index])
        except PayloadError:
            return None
        return event.encode(), fresh

    def _shared(self, n: int, leaf: Leaf) -> Opened | None:
        derived = opening(self.key, n)
        for data in self._of(leaf.day):
            if commitment(leaf.label, derived, sha256(data).digest()) == leaf.commit:
                return data, b""
        return None

    def _of(self, day: date) -> list[bytes]:
        """The events of a day, asked for once."""
        if day not in self.days:
            found = Happening.objects.filter(body_id=self.body, day=day).values_list("data", flat=True)
            self.days[day] = [bytes(data) for data in found]
        return self.days[day]
