"""Replace the key-encryption key: the beginning, after which the new key is the office's, and the end."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from azukari.errors import KeyFileError, StateError
from azukari.stores.keys import KeyEncryptionKey
from azukari.web.accounts import queries as accounts
from azukari.web.accounts.actions import body as bodies
from azukari.web.keyring.actions import root
from azukari.web.keyring.models import ReplacedKey
from azukari.web.keyring.queries import replaced_purpose


def begin(*, old: KeyEncryptionKey, new: KeyEncryptionKey, by: UUID, at: datetime) -> None:
    """From now on ``new`` is the key of every body that ``old`` was; it opens also what ``old`` wrapped.

    In one transaction. Begun before, it changes nothing. The old key is kept wrapped under the new one, never the new
    one under the old: a key that is replaced because others know it must not lead to its successor. KeyFileError if
    ``old`` is no body's key, StateError while another replacement is not at its end.
    """
    with transaction.atomic():
        if ReplacedKey.objects.exclude(key_id=old.key_id).exists():
            raise StateError("another replacement of the key is not at its end")
        moving = [one.id for one in accounts.bodies() if one.key_id == old.key_id]
        if not moving and not ReplacedKey.objects.exists():
            raise KeyFileError("this key belongs to another office")
        for body_id in moving:
            root.keep(body_id=body_id, kek=old, by=by, at=at)
            wrapped = new.wrap_key(old, replaced_purpose(body_id, old.key_id))
            ReplacedKey.objects.create(
                body_id=body_id, key_id=old.key_id, wrapped_key=wrapped, replaced_at=at, replaced_by=by
            )
            bodies.set_key_id(body_id=body_id, key_id=new.key_id, by=by, at=at)


def finish(*, by: UUID, at: datetime) -> None:
    """Forget the key that was replaced: nothing needs it any more."""
    ReplacedKey.objects.all().delete()
