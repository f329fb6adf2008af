"""Take what a source tells: each use becomes a leaf in its person's list, or waits with a reason; nothing is dropped.

A batch is one transaction, the order of its locks is source, counters, log. Whoever is killed tells it again: what was
taken is known by its number, and what waits by what it is.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Final
from uuid import UUID, uuid4

import numpy as np
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import transaction

from azukari.errors import FormatError, NotPermittedError, OptionError
from azukari.stores.keys import KeyEncryptionKey
from azukari.uses import Reason
from azukari.uses.reasons import UnusableError
from azukari.uses.use import Use, Visibility
from azukari.web.accounts import queries as accounts
from azukari.web.keyring import queries as keyring
from azukari.web.leaves.actions import single, uses
from azukari.web.leaves.blocks import Template, pattern_of
from azukari.web.subjects import queries as subjects
from azukari.web.subjects.actions import subject
from azukari.web.subjects.local_ids import plain, pseudonym_key, pseudonyms
from azukari.web.trail import happening, rows, sealed
from azukari.web.trail.elements import Counts, Element
from azukari.web.trail.models import Source, Waiting
from azukari.web.trail.queries import SourceInfo

BATCH: Final = 1_000
"""Uses of one transaction."""
_PATTERNS: Final = 10_000  # kept in memory


@dataclass(frozen=True, repr=False)
class Desk:
    """受付。 Who tells, with which keys, and who takes it in: what every step of one ingest shares."""

    source: SourceInfo
    kek: KeyEncryptionKey
    by: UUID
    at: datetime
    mark_key: bytes
    body: str
    patterns: dict[object, Template] = field(default_factory=dict)


@dataclass(frozen=True, repr=False)
class _Told:
    """告げられた利用。 A use with its id and mark, 16 bytes each."""

    element: Element
    use: Use
    id: bytes
    mark: bytes


@dataclass(repr=False)
class _Sorted:
    """仕分け。 Uses that are taken together, those that are taken alone, what waits, and how many were told before."""

    together: list[_Told] = field(default_factory=list)
    alone: list[_Told] = field(default_factory=list)
    waiting: list[Element] = field(default_factory=list)
    before: int = 0


def take(
    *, source: SourceInfo, elements: Iterable[Element], kek: KeyEncryptionKey, by: UUID, at: datetime
) -> Iterator[Counts]:
    """Take elements, `BATCH` in a transaction; yields what came of each batch once it is durable.

    NotPermittedError for a source that has ended; KeyFileError, StorageError: then the batches before are taken.
    """
    key = keyring.derived(source.body, f"use-mark/{source.id}", kek)
    desk = Desk(source, kek, by, at, key, accounts.body(source.body).name)
    rest = iter(elements)
    while batch := list(islice(rest, BATCH)):
        yield _batch(desk, batch)


def all_of(*, source: SourceInfo, elements: Iterable[Element], kek: KeyEncryptionKey, by: UUID, at: datetime) -> Counts:
    """Take all of them; what came of it. Raises as ``take``."""
    found = Counts()
    for counts in take(source=source, elements=elements, kek=kek, by=by, at=at):
        found.add(counts)
    return found


def _batch(desk: Desk, batch: Sequence[Element]) -> Counts:
    counts = Counts()
    with transaction.atomic():
        _lock(desk)
        found = _sorted(desk, batch)
        counts.taken, counts.before = _together(desk, found), found.before
        _wait(desk, found.waiting, counts)
    for one in found.alone:
        _alone(desk, one, counts)
    return counts


def _lock(desk: Desk) -> None:
    """Two that tell for one source come one after the other; so nothing is told twice at a time."""
    heard = Source.objects.select_for_update(no_key=True).filter(id=desk.source.id, ended_at=None)
    if heard.first() is None:
        raise NotPermittedError("this source has ended")
    heard.update(heard_at=desk.at)


def _sorted(desk: Desk, batch: Sequence[Element]) -> _Sorted:
    found = _Sorted()
    told = [_identified(desk, one, one.judged) for one in batch if isinstance(one.judged, Use)]
    found.waiting += [one for one in batch if not isinstance(one.judged, Use)]
    before = rows.marks([one.id for one in told])
    for one in told:
        mark = before.setdefault(one.id, one.mark)  # the same may stand twice in one batch
        if mark == one.mark and mark is not one.mark:
            found.before += 1
        elif mark != one.mark:
            found.waiting.append(_no_use(one.element, Reason.DIFFERENT, "id"))
        elif one.use.visibility is Visibility.UNANSWERED:  # needs keys of an overseer, which no office has yet
            found.waiting.append(_no_use(one.element, Reason.NO_POOL, "visibility"))
        else:
            (found.together if one.use.visibility is Visibility.SHOWN else found.alone).append(one)
    return found


def _identified(desk: Desk, element: Element, use: Use) -> _Told:
    number = happening.use_id(desk.source.id, use.id)
    return _Told(element, use, number, happening.mark(desk.mark_key, use))


def _together(desk: Desk, found: _Sorted) -> int:
    """Note all whom the body knows; who is not known waits, unless the source adds people."""
    numbers = _numbers(desk, [one.use.subject for one in found.together])
    known = [(one, number) for one, number in zip(found.together, numbers, strict=True) if number]
    strangers = [one for one, number in zip(found.together, numbers, strict=True) if not number]
    found.waiting += [_no_use(one.element, Reason.NOBODY, "subject") for one in strangers]
    given = _side_by_side(desk, [one for one, _ in known], [number for _, number in known])
    stand = uses.note(body_id=desk.source.body, uses=given, kek=desk.kek, by=desk.by, at=desk.at)
    rows.insert(desk.source.body, ((one.id, index, one.mark) for (one, _), index in zip(known, stand, strict=True)))
    return len(known)


def _side_by_side(desk: Desk, told: Sequence[_Told], numbers: Sequence[int]) -> uses.Uses:
    patterns, places = list[Template](), list[int]()
    seen: dict[object, int] = {}
    for one in told:
        what = happening.same(one.use)
        if what not in seen:
            seen[what] = len(patterns)
            patterns.append(_pattern(desk, what, one))
        places.append(seen[what])
    moments = [int(one.use.time.timestamp()) for one in told]
    return uses.Uses(patterns, np.array(numbers, dtype=np.int64), places, moments, [one.id for one in told])


def _pattern(desk: Desk, what: object, one: _Told) -> Template:
    """What this use has in common with others; made once for a whole file, as long as there are not too many of them."""
    if what not in desk.patterns:
        if len(desk.patterns) >= _PATTERNS:
            desk.patterns.clear()
        desk.patterns[what] = pattern_of(happening.events(desk.body)(one.use, one.id))
    return desk.patterns[what]


def _numbers(desk: Desk, local_ids: Sequence[str]) -> list[int]:
    """The number of each person; 0 for nobody."""
    body = desk.source.body
    if desk.source.adds_people and local_ids:
        made = subject.numbers(body_id=body, local_ids=local_ids, kek=desk.kek, by=desk.by, at=desk.at)
        return [int(number) for number in made]
    names = pseudonyms(pseudonym_key(body, desk.kek), map(plain, local_ids))
    found = subjects.numbers_by_pseudonym(body, list(dict.fromkeys(names)))
    return [found.get(name, 0) for name in names]


def _alone(desk: Desk, told: _Told, counts: Counts) -> None:
    """A use that is withheld until a day: a transaction of its own, whose leaf says the day and nothing else."""
    with transaction.atomic():
        _lock(desk)
        if rows.marks([told.id]):  # by another process, since this batch was looked at
            counts.before += 1
            return
        (number,) = _numbers(desk, [told.use.subject])
        index = _noted(desk, told, number) if number else None
        if index is None:
            why = (Reason.VISIBILITY, "reveal_after") if number else (Reason.NOBODY, "subject")
            _wait(desk, [_no_use(told.element, *why)], counts)
            return
        rows.insert(desk.source.body, [(told.id, index, told.mark)])
    counts.taken += 1


def _noted(desk: Desk, told: _Told, number: int) -> int | None:
    """The index of the leaf; None if the day is no later one, or too late to be said."""
    event, who = happening.events(desk.body)(told.use, told.id), subjects.by_number(number).id
    try:
        with transaction.atomic():
            return single.note(
                subject_id=who, event=event, until=told.use.reveal_after, kek=desk.kek, by=desk.by, at=desk.at
            ).index
    except (OptionError, FormatError):
        return None


def _wait(desk: Desk, waiting: Sequence[Element], counts: Counts) -> None:
    """Keep what is no use yet, sealed; the same line once, however often it is told."""
    key, seal = sealed.keys(desk.source.body, desk.kek)
    made = []
    for one in waiting:
        if isinstance(one.judged, UnusableError):
            made.append(_row(desk, one, one.judged, key, seal))
    Waiting.objects.bulk_create(made, ignore_conflicts=True)
    counts.wait((row.place, Reason(row.reason), row.member) for row in made)


def _row(desk: Desk, one: Element, why: UnusableError, key: bytes, seal: AESGCM) -> Waiting:
    row_id = uuid4()
    return Waiting(
        id=row_id,
        body_id=desk.source.body,
        source_id=desk.source.id,
        place=one.place,
        reason=why.reason.value,
        member=why.member,
        mark=hmac.digest(key, one.line, "sha256")[: happening.MARK],
        line=sealed.seal(seal, one.line, row_id),
        told_at=desk.at,
    )


def _no_use(one: Element, reason: Reason, member: str) -> Element:
    return Element(one.place, one.line, UnusableError(reason, member))
