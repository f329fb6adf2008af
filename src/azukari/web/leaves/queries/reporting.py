"""A person's report: every entry of every list, found by its label, with the proof that there are no others (docs/spec/completeness.md, 8)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from uuid import UUID

from azukari.completeness.composing import Ground, Opened, compose, read_list
from azukari.completeness.event import Event
from azukari.completeness.index_entry import IndexEntry
from azukari.completeness.labels import commitment, list_key, opening
from azukari.completeness.leaf import Leaf
from azukari.completeness.report import LoggedIndex, PersonList, Report, Since
from azukari.errors import NotAuditedError, NotFoundError, NotWitnessedError, StateError
from azukari.ledger.witnessing import add_signatures
from azukari.stores.keys import KeyEncryptionKey
from azukari.web.leaves import indexing, sealed
from azukari.web.leaves.models import Epoch, Single
from azukari.web.leaves.models import Event as Shared
from azukari.web.leaves.queries import auditing, uses
from azukari.web.sequencer import queries as sequencer
from azukari.web.sequencer.queries import witnessing
from azukari.web.subjects import queries as subjects


def report(subject_id: UUID, kek: KeyEncryptionKey, today: date, since: int | None = None) -> Report:
    """The report of a person as of the newest index that may be shown. ``today``: in Japan; ``since``: the size of the
    checkpoint that was kept at the last visit.

    NotFoundError before the first index, or for nobody; NotWitnessedError, NotAuditedError while too few have cosigned
    one; StateError once the person was erased; LimitError for a list too long; KeyFileError, StorageError.
    """
    known = subjects.subject(subject_id)
    log = sequencer.log_of(known.body)
    signed, epoch = newest(known.body, log.id)
    stands = ground(signed, epoch)
    lists = _lists(stands, known, subjects.key(known, kek), today)
    return compose(stands, lists, None if since is None else going_on(signed, since))


@dataclass(frozen=True, repr=False)
class Told:
    """見せる一件。 An entry that is shown: the list key that it stands under, the index of its leaf, event and opening.

    ``opening`` is empty where it is derived.
    """

    key: bytes
    index: int
    event: Event
    opening: bytes


def told(subject_id: UUID, kek: KeyEncryptionKey, today: date) -> Iterator[Told]:
    """What a report of the person would show today, without proofs. Raises as `report`."""
    known = subjects.subject(subject_id)
    stands = replace(ground(*newest(known.body, sequencer.log_of(known.body).id)), path=lambda index: ())
    for one in _lists(stands, known, subjects.key(known, kek), today):
        for entry in one.entries:
            if entry.event is not None:
                yield Told(one.key, entry.index, entry.event, entry.opening)


def _lists(stands: Ground, known: subjects.SubjectInfo, root: bytes, today: date) -> tuple[PersonList, ...]:
    """One for each generation of the person's key."""
    log_id = sequencer.log_of(known.body).id
    keys = [list_key(root, age) for age in range(known.generation + 1)]
    return tuple(
        read_list(stands, key, _Opener(known.body, log_id, known.id, age, key, root, today))
        for age, key in enumerate(keys)
    )


def ground(signed: sequencer.Signed, epoch: Epoch) -> Ground:
    """What reports stand on: the ledger under a checkpoint, and an index that it covers. StorageError."""
    log_id = signed.log
    entry = IndexEntry(epoch.made_at, epoch.count, epoch.depth, bytes(epoch.root), epoch.size)
    return Ground(
        origin=sequencer.log(log_id).origin,
        checkpoint=signed.note,
        logged=LoggedIndex(entry, epoch.entry_index, _path(log_id, epoch.entry_index, signed.size)),
        index=indexing.opened(log_id, epoch.size),
        entry=lambda index: sequencer.entry(log_id, index),
        path=lambda index: _path(log_id, index, signed.size),
    )


def going_on(signed: sequencer.Signed, since: int) -> Since:
    """The consistency path from a checkpoint of the size ``since``. Raises as ``sequencer.consistency``."""
    return Since(since, tuple(sequencer.consistency(signed.log, since, signed.size)))


def newest(body_id: UUID, log_id: UUID) -> tuple[sequencer.Signed, Epoch]:
    """The newest checkpoint that enough have cosigned, with all their lines, and the newest index that it covers.

    NotFoundError before the first index; NotWitnessedError, NotAuditedError while too few have cosigned one.
    """
    for signed in _shown(body_id, log_id):
        epoch = Epoch.objects.filter(body_id=body_id, entry_index__lt=signed.size).order_by("-size").first()
        if epoch is not None:
            return signed, epoch
    if not Epoch.objects.filter(body_id=body_id).exists():
        raise NotFoundError("there is no index yet")
    raise _too_few(body_id)


def require_shown(body_id: UUID, index: int) -> None:
    """A report that is made now holds the leaf at ``index``, too: a key that is destroyed before could show it to nobody.

    NotFoundError before the first index; NotWitnessedError, NotAuditedError while too few have cosigned one that covers it.
    """
    _, epoch = newest(body_id, sequencer.log_of(body_id).id)
    if epoch.size <= index:
        raise _too_few(body_id)


def _too_few(body_id: UUID) -> NotAuditedError | NotWitnessedError:
    return NotWitnessedError() if auditing.policy(body_id) is None else NotAuditedError()


def _shown(body_id: UUID, log_id: UUID) -> Iterator[sequencer.Signed]:
    if auditing.policy(body_id) is None:
        yield witnessing.published(log_id)
        return
    for size in auditing.sizes(body_id):
        if witnessing.is_witnessed(log_id, size):
            signed = witnessing.cosigned(log_id, size)
            note = add_signatures(signed.note, auditing.lines(body_id, size).values())
            yield sequencer.Signed(signed.log, signed.size, signed.root, note, signed.signed_at)


def _path(log_id: UUID, index: int, size: int) -> tuple[bytes, ...]:
    return tuple(sequencer.inclusion(log_id, index, size))


@dataclass(frozen=True, repr=False)
class _Opener:
    """一覧の中身。 What the leaves of one generation of a person's list commit to, as far as it is shown ``today``."""

    body_id: UUID
    log_id: UUID
    subject_id: UUID
    generation: int
    key: bytes
    root: bytes
    today: date

    def __call__(self, n: int, index: int, leaf: Leaf) -> Opened | None:
        """The event, and the opening where it is not derived; None before the day on which it is opened. StateError."""
        if leaf.opens > self.today:
            return None
        event, fresh = self._opened(n, index, leaf)
        return event, fresh or b""

    def _opened(self, n: int, index: int, leaf: Leaf) -> tuple[bytes, bytes | None]:
        """The event that the leaf commits to, of this person alone or of a hand-over; and an opening that is not derived."""
        row = Single.objects.filter(subject_id=self.subject_id, generation=self.generation, n=n).first()
        if row is not None:
            return sealed.read(row, self.root)
        fresh, told = opening(self.key, n), uses.event_at(self.body_id, index)
        if told is not None and commitment(leaf.label, fresh, sha256(told).digest()) == leaf.commit:
            return told, None
        source = sequencer.batch_at(self.log_id, index)
        events = Shared.objects.none() if source is None else Shared.objects.filter(source=source)
        for data in events.values_list("data", flat=True):
            if commitment(leaf.label, fresh, sha256(bytes(data)).digest()) == leaf.commit:
                return bytes(data), None
        raise StateError("the event of an entry is missing")
