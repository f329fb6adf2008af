"""The leaves of a hand-over of many: numbers are taken, then all leaves are appended, whatever happens (docs/spec/completeness.md, 5).

1. `spool`: who stands in which delivered row, before anything is logged. 2. `begin`, in the transaction that logs the
hand-over. 3. `finish` rolls forward from wherever a crash left it: take n for everybody, chunk by chunk; write the plan, all
leaves sorted by label; append it; say where the leaves stand and what became of the hand-over; remove plan and people.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from azukari.completeness.event import Event as Happening
from azukari.completeness.leaf import NO_ENTRUSTMENT, head
from azukari.completeness.leaves_entry import SMALL_COUNT, LeavesEntry, State, joined
from azukari.completeness.making import nobodys
from azukari.stores.files import remove
from azukari.stores.keys import KeyEncryptionKey
from azukari.web.leaves import files, labelling, plan, queries
from azukari.web.leaves import people as spooled
from azukari.web.leaves.models import Bulk, Event, Reserved
from azukari.web.leaves.people import People
from azukari.web.sequencer import queries as sequencer
from azukari.web.sequencer.actions import bulk as batches
from azukari.web.subjects import queries as subjects
from azukari.web.subjects.actions import counting

CHUNK: Final = 2_000
"""People who are given their n in one transaction."""
PART: Final = 100_000
"""People whose keys are in memory at a time."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class HandOver:
    """受渡し。 What its leaves say: id of the hand-over, kind 1 or 2, entrustment, day in Japan, its ledger entry, delivered rows."""

    id: UUID
    body: UUID
    kind: int
    entrustment: UUID
    day: date
    entry: bytes
    rows: int


@dataclass(frozen=True, repr=False)
class Taken:
    """取った番号。 The people of a hand-over and their n, in the order of ``people.known``."""

    people: People
    numbers: NDArray[np.uint64]


def spool(*, bulk_id: UUID, key: bytes, roles: Mapping[str, NDArray[np.int64]], by: UUID, at: datetime) -> int:
    """Step 1: note who stands in which delivered row, by role; the number of leaves. Raises StateError, StorageError.

    ``key``: 32 bytes that are this hand-over's alone, and are given to `finish` again.
    """
    people = People(secrets.token_bytes(32), roles)
    spooled.write(files.people(bulk_id), key, bulk_id, people)
    return people.leaves


def begin(*, of: HandOver, leaves: int, events: Mapping[str, Happening], by: UUID, at: datetime) -> None:
    """Step 2, in the transaction that logs the hand-over: from its commit on the leaves are owed. ``events`` by role."""
    _row(of, leaves, by, at).save(force_insert=True)
    Event.objects.bulk_create(
        Event(body_id=of.body, source=of.id, role=role, data=event.encode()) for role, event in events.items()
    )


def finish(
    *,
    bulk_id: UUID,
    key: bytes,
    kek: KeyEncryptionKey,
    given_up: bool = False,
    by: UUID,
    at: datetime,
    progress: Progress = lambda done, total: None,
) -> str | None:
    """Step 3; may be repeated at any point. What became of it: ``released`` or ``void``; None where no leaves are owed.

    ``given_up``: the hand-over does not leave; its leaves are appended all the same. Raises StorageError, KeyFileError,
    and Django's Error; then the bulk stays open.
    """
    row = Bulk.objects.filter(id=bulk_id).first()
    if row is not None and row.state == Bulk.State.OPEN:
        _planned(row, key, kek, by, at)
        _appended(row, by, at, progress)
        state = State.VOID if given_up else State.RELEASED
        _end(row, state, by, at)
    _remove(bulk_id)
    return None if row is None else row.state


def take(*, body_id: UUID, roles: Mapping[str, NDArray[np.int64]], by: UUID, at: datetime) -> Taken:
    """The n of everybody at once, in the caller's transaction and before it locks the log: see `at_once`."""
    people = People(secrets.token_bytes(32), roles)
    return Taken(people, counting.take(body_id=body_id, numbers=people.known, by=by, at=at))


def at_once(
    *, of: HandOver, taken: Taken, events: Mapping[str, Happening], kek: KeyEncryptionKey, by: UUID, at: datetime
) -> None:
    """All leaves in the caller's transaction, for what is logged in it and leaves by hand: all or nothing."""
    begin(of=of, leaves=taken.people.leaves, events=events, by=by, at=at)
    row = Bulk.objects.get(id=of.id)
    table = plan.gathered(_leaves(row, taken.people, taken.numbers, kek), row.leaves)
    leaves = [table[place].tobytes() for place in plan.by_label(table)]
    _prepare(row, by, at)
    for offset in range(0, len(leaves), batches.CHUNK):
        chunk = leaves[offset : offset + batches.CHUNK]
        batches.append_chunk(batch_id=row.id, offset=offset, leaves=chunk, by=by, at=at)
    _end(row, State.RELEASED, by, at)


def discard(*, bulk_id: UUID, by: UUID, at: datetime) -> None:
    """Take back what was spooled for a hand-over that was not logged. Raises StorageError."""
    if not Bulk.objects.filter(id=bulk_id).exists():
        _remove(bulk_id)


def sweep(*, by: UUID, at: datetime) -> int:
    """Remove spooled files that no open bulk waits for; how many. Only while nobody seals."""
    left = queries.leftovers()
    for path in left:
        remove(path)
    return len(left)


def _row(of: HandOver, leaves: int, by: UUID, at: datetime) -> Bulk:
    return Bulk(
        id=of.id,
        body_id=of.body,
        kind=of.kind,
        entrustment=of.entrustment if leaves >= SMALL_COUNT else None,
        day=of.day,
        manifest=sha256(of.entry).digest(),
        rows=of.rows,
        leaves=leaves,
        state=Bulk.State.OPEN,
        begun_at=at,
        begun_by=by,
    )


def _planned(row: Bulk, key: bytes, kek: KeyEncryptionKey, by: UUID, at: datetime) -> None:
    """The plan is there: every n is taken, every leaf made."""
    if files.plan(row.id).exists():
        return
    people = spooled.read(files.people(row.id), key, row.id)
    _reserve(row, people.known, by, at)
    plan.make(files.plan(row.id), _leaves(row, people, _reserved(row), kek), row.leaves)


def _reserve(row: Bulk, known: NDArray[np.int64], by: UUID, at: datetime) -> None:
    """Take n for everybody, from the chunk on that a crash left: what was taken stands in the same transaction."""
    done = Reserved.objects.filter(bulk=row).count()
    for chunk in range(done, -(-len(known) // CHUNK)):
        with transaction.atomic():
            some = known[chunk * CHUNK : (chunk + 1) * CHUNK]
            taken = counting.take(body_id=row.body_id, numbers=some, by=by, at=at)
            Reserved.objects.create(body_id=row.body_id, bulk=row, chunk=chunk, numbers=taken.astype("<u8").tobytes())


def _reserved(row: Bulk) -> NDArray[np.uint64]:
    blobs = Reserved.objects.filter(bulk=row).order_by("chunk").values_list("numbers", flat=True)
    return np.frombuffer(b"".join(map(bytes, blobs)), dtype="<u8").astype(np.uint64)


def _leaves(row: Bulk, people: People, taken: NDArray[np.uint64], kek: KeyEncryptionKey) -> Iterator[bytes]:
    """All leaves of the hand-over, many at a time: of known people by role, then those that are nobody's."""
    start = head(row.kind, row.entrustment.bytes if row.entrustment else NO_ENTRUSTMENT, row.day)
    yield from labelling.leaves(_blocks(row, start, people, taken, kek), len(taken))
    for first in range(0, people.unknown, PART):
        yield b"".join(nobodys(start, people.secret, range(first, min(first + PART, people.unknown))))


def _blocks(
    row: Bulk, start: bytes, people: People, taken: NDArray[np.uint64], kek: KeyEncryptionKey
) -> Iterator[labelling.Block]:
    events = dict(Event.objects.filter(source=row.id).values_list("role", "data"))
    at = 0
    for role in people.roles:
        known, event = people.of(role), sha256(bytes(events[role])).digest()
        for first in range(0, len(known), PART):
            some = known[first : first + PART]
            numbers = taken[at + first : at + first + len(some)].astype("<u8").tobytes()
            yield labelling.Block(start, event, _keys(some, kek), numbers)
        at += len(known)


def _keys(numbers: NDArray[np.int64], kek: KeyEncryptionKey) -> bytes:
    """List keys, one after another. Who was erased before the hand-over was logged has none; that leaf nobody finds."""
    found = subjects.list_keys(numbers, subjects.generations(numbers), kek)
    return b"".join(key or secrets.token_bytes(32) for key in found)


def _prepare(row: Bulk, by: UUID, at: datetime) -> None:
    log = sequencer.log_of(row.body_id)
    batches.prepare(log_id=log.id, total=row.leaves, batch_id=row.id, by=by, at=at)


def _appended(row: Bulk, by: UUID, at: datetime, progress: Progress) -> None:
    if not sequencer.has_batch(row.id):
        _prepare(row, by, at)
    batches.append_all(batch_id=row.id, read=plan.reader(files.plan(row.id)), by=by, at=at, progress=progress)


def _end(row: Bulk, state: State, by: UUID, at: datetime) -> None:
    """The last entry, which says where the leaves stand, and with it the end of the numbers that were noted."""
    runs = joined([(first, count) for _, first, count in sequencer.batch(row.id).runs])
    rows = row.rows if row.rows >= SMALL_COUNT else None
    entry = LeavesEntry(row.id.hex, bytes(row.manifest).hex(), rows, row.leaves, runs, state)
    close = batches.void if state is State.VOID else batches.release
    with transaction.atomic():
        row.entry_index = close(batch_id=row.id, data=entry.encode(), by=by, at=at)
        row.state = Bulk.State(state.value)
        row.save(update_fields=["state", "entry_index"])
        Reserved.objects.filter(bulk=row).delete()


def _remove(bulk_id: UUID) -> None:
    remove(files.plan(bulk_id))
    remove(files.people(bulk_id))
