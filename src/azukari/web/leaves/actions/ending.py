"""The two ways in which a list ends: another key takes its place, or the person is erased (docs/spec/completeness.md, 10)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction

from azukari.completeness.event import Act, Event
from azukari.completeness.labels import key_id, list_key
from azukari.errors import OptionError, StateError
from azukari.fields.days import day_of
from azukari.stores.keys import KeyEncryptionKey
from azukari.web.accounts import queries as accounts
from azukari.web.leaves.actions import single
from azukari.web.leaves.models import Bulk, Ending, Single
from azukari.web.leaves.queries import reporting
from azukari.web.subjects import queries as subjects
from azukari.web.subjects.actions import subject


def rekey(*, subject_id: UUID, reason: str = "", kek: KeyEncryptionKey, by: UUID, at: datetime) -> single.Noted:
    """Give a person another list key: the old list ends with an entry that names it, the new one begins at 1.

    StateError while the leaves of a hand-over are on their way (their n are of the old list), or once the person was
    erased; NotFoundError, KeyFileError.
    """
    with transaction.atomic():
        known = subjects.subject(subject_id)
        following = list_key(subjects.key(known, kek), known.generation + 1)
        event = _event(known.body, Act.REKEY, reason, at, following=key_id(following).hex())
        noted = single.note(subject_id=subject_id, event=event, kek=kek, by=by, at=at)
        _require_quiet(known.body)
        if subject.next_generation(subject_id=subject_id, by=by, at=at) != known.generation + 1:
            raise StateError("the key was replaced meanwhile")
    return noted


def announce(*, subject_id: UUID, ground: str, kek: KeyEncryptionKey, by: UUID, at: datetime) -> int:
    """Log that the person is erased, and on what ground; once, however often it is called. The index of that leaf. The
    key is still there, for the last report. OptionError without a ground; StateError as `rekey`; NotFoundError, KeyFileError.
    """
    if not ground.strip():
        raise OptionError("erasing needs a ground")
    with transaction.atomic():
        known = subjects.subject(subject_id)
        before = Ending.objects.select_for_update().filter(subject_id=subject_id).first()
        if before is not None:
            return before.index
        event = _event(known.body, Act.ERASURE, ground.strip(), at)
        noted = single.note(subject_id=subject_id, event=event, kek=kek, by=by, at=at)
        Ending.objects.create(
            subject_id=subject_id, body_id=known.body, index=noted.index, announced_at=at, announced_by=by
        )
    return noted.index


def destroy(*, subject_id: UUID, kek: KeyEncryptionKey, by: UUID, at: datetime) -> None:
    """Destroy what the office has of the person: events, openings, key and name. StateError unless it was announced, or
    while the leaves of a hand-over are on their way; NotWitnessedError, NotAuditedError while a last report would not hold
    that leaf; NotFoundError, KeyFileError, StorageError.
    """
    with transaction.atomic():
        row = Ending.objects.select_for_update().filter(subject_id=subject_id).first()
        if row is None:
            raise StateError("the erasure was not logged yet")
        _require_quiet(row.body_id)
        reporting.require_shown(row.body_id, row.index)
        Single.objects.filter(subject_id=subject_id).delete()
        row.delete()
        subject.destroy(subject_id=subject_id, kek=kek, by=by, at=at)


def _require_quiet(body_id: UUID) -> None:
    """No bulk is under way: it may have taken an n of this list, whose leaf needs the key.

    Asked with the log locked by the leaf before, so that a hand-over is logged before this, and seen, or after it.
    """
    if Bulk.objects.filter(body_id=body_id, state=Bulk.State.OPEN).exists():
        raise StateError("the leaves of a hand-over are on their way; try again when it is sealed")


def _event(body_id: UUID, act: Act, basis: str, at: datetime, following: str = "") -> Event:
    return Event(
        act=act,
        basis=basis,
        body=accounts.body(body_id).name,
        country="",
        day=day_of(at),
        entrustment="",
        fields=(),
        id=uuid4().hex,
        next=following,
        party="",
        purpose="",
        role="person",
    )
