"""An event of one person alone: leaf, counter and sealed event in the caller's transaction (docs/spec/completeness.md, 2 to 4, 7)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from uuid import UUID, uuid4

import numpy as np
from django.db import transaction

from azukari.completeness.event import Event
from azukari.completeness.labels import commitment, label, opening
from azukari.completeness.leaf import NO_ENTRUSTMENT, UNSTATED, Leaf
from azukari.errors import OptionError, StateError
from azukari.ledger.entry import canonical
from azukari.stores.keys import KeyEncryptionKey
from azukari.web.leaves.models import Single
from azukari.web.leaves.sealed import place
from azukari.web.sequencer import queries as sequencer
from azukari.web.sequencer.actions import entry
from azukari.web.subjects import queries as subjects
from azukari.web.subjects.actions import counting
from azukari.web.subjects.cells import seal

_SECRET_BYTES = 32


@dataclass(frozen=True)
class Noted:
    """記載した出来事。 The n that it has in the person's list, and the index of its leaf in the ledger."""

    n: int
    index: int


def note(
    *,
    subject_id: UUID,
    event: Event,
    until: date | None = None,
    stated: bool = False,
    kek: KeyEncryptionKey,
    by: UUID,
    at: datetime,
) -> Noted:
    """Note an event in a person's list, in the caller's transaction.

    ``until``: counted from now on, and opened on this day. ``stated``: the leaf names the event's entrustment, which then
    has ten people or more. StateError outside a transaction, or once the person was erased; OptionError for an ``until``
    that is no later day; KeyFileError.
    """
    if not transaction.get_connection().in_atomic_block:
        raise StateError("an event is noted only inside the transaction of what happened")
    known = subjects.subject(subject_id)
    n = int(counting.take(body_id=known.body, numbers=np.array([known.number]), by=by, at=at)[0])
    known = subjects.subject(subject_id)  # again: a change of keys may have ended while the counter was waited for
    key = subjects.list_key(known, kek)
    fresh = opening(key, n) if until is None else secrets.token_bytes(_SECRET_BYTES)
    leaf = _leaf(event, until, stated, key, n, fresh)
    index = entry.append(log_id=sequencer.log_of(known.body).id, data=leaf.encode(), by=by, at=at)
    row = Single(id=uuid4(), body_id=known.body, subject_id=known.id, generation=known.generation, n=n, until=until)
    text = canonical({"event": event.encode().decode(), "opening": "" if until is None else fresh.hex()}).decode()
    row.cell = seal(text, subjects.key(known, kek), place(row.id))
    row.save(force_insert=True)
    return Noted(n, index)


def _leaf(event: Event, until: date | None, stated: bool, key: bytes, n: int, fresh: bytes) -> Leaf:
    name = label(key, n)
    commit = commitment(name, fresh, sha256(event.encode()).digest())
    if until is not None:
        withheld = (until - event.day).days
        if withheld <= 0:
            raise OptionError("an entry is withheld to a later day")
        return Leaf(UNSTATED, NO_ENTRUSTMENT, event.day, withheld, name, commit)
    entrustment = bytes.fromhex(event.entrustment) if stated and event.entrustment else NO_ENTRUSTMENT
    return Leaf(event.act.kind, entrustment, event.day, 0, name, commit)
