"""The root from which a body's derived keys come."""

from __future__ import annotations

import secrets
from datetime import datetime
from uuid import UUID

from azukari.stores.keys import KEY_BYTES, KeyEncryptionKey
from azukari.web.keyring.models import DerivationRoot
from azukari.web.keyring.queries import root_purpose


def create(*, body_id: UUID, kek: KeyEncryptionKey, by: UUID, at: datetime) -> None:
    """Give a new body a random root. For a body that has derived keys already ``keep`` is the one to call."""
    wrapped = kek.wrap(secrets.token_bytes(KEY_BYTES), root_purpose(body_id))
    DerivationRoot.objects.create(body_id=body_id, wrapped_root=wrapped, created_at=at, created_by=by)


def keep(*, body_id: UUID, kek: KeyEncryptionKey, by: UUID, at: datetime) -> None:
    """Store what this body's keys were derived from up to now, unless it is stored: then nothing changes."""
    if not DerivationRoot.objects.filter(body_id=body_id).exists():
        wrapped = kek.wrap_root(root_purpose(body_id))
        DerivationRoot.objects.create(body_id=body_id, wrapped_root=wrapped, created_at=at, created_by=by)
