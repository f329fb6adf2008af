"""Rotating the log's key: the old one signs beside the new one until a day that the ledger names."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from azukari.errors import NotFoundError, OptionError, SignatureError, StateError
from azukari.fields.days import day_of
from azukari.ledger.note import Verifier
from azukari.ledger.rotation import KeyChange
from azukari.web.sequencer.actions import entry
from azukari.web.sequencer.models import Log, RetiredKey


def rotate(*, log_id: UUID, vkey: str, wrapped_key: bytes, until: date, by: UUID, at: datetime) -> int:
    """Put the key ``vkey`` in the place of the log's key; returns the index of the entry that says so.

    To the end of ``until`` (the body's date, inclusive) every checkpoint is signed by both, so that whoever
    knows the old key alone can check the entry that names the new one. Raises SignatureError if the new key
    does not bear the origin as its name, StateError if it is or was a key of this log, OptionError for an
    overlap that ends before today, NotFoundError.
    """
    new = Verifier.parse(vkey)
    if until < day_of(at):
        raise OptionError("the overlap of the two keys ends in the past")
    with transaction.atomic():
        log = Log.objects.select_for_update(no_key=True).filter(id=log_id).first()
        if log is None:
            raise NotFoundError("there is no such log")
        if new.name != log.origin:
            raise SignatureError("the log's key does not bear the origin as its name")
        if vkey == log.vkey or RetiredKey.objects.filter(log=log, vkey=vkey).exists():
            raise StateError("this is a key of the log already")
        old = Verifier.parse(log.vkey)
        data = KeyChange(log.origin, vkey, old.key_id.hex(), until.isoformat()).encode()
        index = entry.append(log_id=log_id, data=data, by=by, at=at)
        RetiredKey.objects.create(
            log=log,
            body=log.body,
            vkey=log.vkey,
            wrapped_key=log.wrapped_key,
            until=until,
            entry_index=index,
            replaced_at=at,
            replaced_by=by,
        )
        log.vkey, log.wrapped_key = vkey, wrapped_key
        log.save(update_fields=["vkey", "wrapped_key"])
    return index
